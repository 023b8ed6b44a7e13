"""Which release of Java a program's syntax asks for, so that an old JDK can be named as the reason.

Knows the final features of the language from Java 14 on, not what a release's library has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rlcf.corpus.java_syntax import parse

if TYPE_CHECKING:
    from tree_sitter import Node

# The final release of each feature, after https://openjdk.org/jeps/0.
_NODES = {
    "yield_statement": (14, "switch expressions"),
    "switch_rule": (14, "switch expressions"),
    "record_declaration": (16, "records"),
    "sealed": (17, "sealed types"),
    "non-sealed": (17, "sealed types"),
    "permits": (17, "sealed types"),
    "record_pattern": (21, "record patterns"),
    "type_pattern": (21, "patterns in switch"),
    "underscore_pattern": (22, "unnamed variables"),
}


def newest_syntax(program: str) -> tuple[int, str]:
    """The release that the newest feature in a program came with, and the feature; (0, "") if none.

    Raises:
        UserError: tree-sitter is not installed.
    """
    return max(_features(parse(program.encode("utf-8", "replace"))), default=(0, ""))


def _features(root: Node) -> Iterator[tuple[int, str]]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in _NODES:
            yield _NODES[node.type]
        elif node.type == "string_literal" and (node.text or b"").startswith(b'"""'):
            yield 15, "text blocks"
        elif node.type == "instanceof_expression" and node.child_by_field_name("name") is not None:
            yield 16, "patterns in instanceof"
        stack.extend(node.children)
