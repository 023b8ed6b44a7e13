"""Which names a piece of Java mentions, by syntax alone.

Calls, fields, types, constructors and method references, with what stands before the dot. Types of
expressions are unknown: `a.size()` is a call of some `size`, on something.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rlcf.corpus.java_syntax import COMMENTS, TYPE_NODES, Unit

if TYPE_CHECKING:
    from tree_sitter import Node

_ARGUMENTS = re.compile(r"<[^<>]*>")
_LITERALS = {
    "string_literal": "String",
    "character_literal": "char",
    "true": "boolean",
    "false": "boolean",
    "decimal_integer_literal": "int",
}
UNKNOWN = "?"
"""Stands for what is before the dot where that is not a plain name."""


@dataclass
class Names:
    """What a piece of code mentions. A qualifier is a name, empty (none), `this` or UNKNOWN."""

    calls: dict[tuple[str, str, tuple[str, ...]], None] = field(default_factory=dict)
    """(qualifier, method, arguments' types); insertion order makes results repeatable. A type is
    erased, and empty where it is not plain to see."""
    references: dict[tuple[str, str], None] = field(default_factory=dict)
    """(qualifier, method) of method references, `super` calls aside."""
    fields: dict[tuple[str, str], None] = field(default_factory=dict)
    """(qualifier, field); without a qualifier, any bare name that is not declared inside."""
    types: dict[str, None] = field(default_factory=dict)
    """Simple names of types, and other names that could be one (before a dot)."""
    made: dict[tuple[str, int], None] = field(default_factory=dict)
    """(type, number of arguments) of `new`; type `this` or `super` of constructor calls."""
    local: dict[str, str] = field(default_factory=dict)
    """Parameters and local variables -> erased type, empty if unknown."""

    @property
    def words(self) -> set[str]:
        """Every name, for choosing imports."""
        return (
            set(self.types)
            | {name for _, name, _ in self.calls}
            | {name for _, name in self.fields}
            | {name for _, name in self.references}
        )


def names_in(unit: Unit, node: Node) -> Names:
    """All names mentioned in a node."""
    found = Names()
    stack = [node]
    while stack:
        at = stack.pop()
        visit = _VISITS.get(at.type)
        if visit is not None:
            stack.extend(visit(unit, at, found))
        elif at.type not in COMMENTS:
            stack.extend(at.named_children)
    found.fields = {k: None for k in found.fields if k[0] or k[1] not in found.local}
    found.calls = {
        (qualifier, name, tuple(_type_of(a, found) for a in arguments)): None
        for qualifier, name, arguments in found.calls
    }
    return found


def erased(unit: Unit, kind: Node | None, after: str = "") -> str:
    """A type without type arguments, annotations and package; empty for `var`."""
    if kind is None:
        return ""
    text = _ARGUMENTS.sub("", "".join(unit.code(kind).split()))
    while "<" in text and _ARGUMENTS.search(text):
        text = _ARGUMENTS.sub("", text)
    text = text.rpartition(".")[2]
    return "" if text == "var" else text + after


def _type_of(argument: str, found: Names) -> str:
    """From what `_seen` wrote: a type, or `=name` of a variable."""
    return found.local.get(argument[1:], "") if argument.startswith("=") else argument


def _seen(unit: Unit, argument: Node) -> str:
    if argument.type == "identifier":
        return "=" + unit.raw(argument)
    if argument.type == "cast_expression":
        return erased(unit, argument.child_by_field_name("type"))
    return _LITERALS.get(argument.type, "")


def _call(unit: Unit, node: Node, found: Names) -> list[Node]:
    before, name = node.child_by_field_name("object"), node.child_by_field_name("name")
    arguments = node.child_by_field_name("arguments")
    if name is not None:
        seen = tuple(_seen(unit, a) for a in _arguments(arguments))
        found.calls[_qualifier(unit, before, found), unit.raw(name), seen] = None
    return [n for n in node.named_children if n not in (name, before)] + _rest(before)


def _field(unit: Unit, node: Node, found: Names) -> list[Node]:
    before, name = node.child_by_field_name("object"), node.child_by_field_name("field")
    if name is not None:
        found.fields[_qualifier(unit, before, found), unit.raw(name)] = None
    return _rest(before)


def _made(unit: Unit, node: Node, found: Names) -> list[Node]:
    kind = node.child_by_field_name("type")
    if kind is not None:
        if kind.type == "generic_type":
            kind = kind.named_children[0]
        name = "".join(unit.raw(kind).split())
        found.made[name, _count(node.child_by_field_name("arguments"))] = None
    return node.named_children


def _constructor_call(unit: Unit, node: Node, found: Names) -> list[Node]:
    which, arguments = (
        node.child_by_field_name("constructor"),
        node.child_by_field_name("arguments"),
    )
    if which is not None:
        found.made[unit.raw(which), _count(arguments)] = None
    return [arguments] if arguments is not None else []


def _reference(unit: Unit, node: Node, found: Names) -> list[Node]:
    before, last = node.named_children[0], node.named_children[-1]
    qualifier = _qualifier(unit, before, found)
    if node.children[-1].type == "new":
        found.made[unit.raw(before).partition("<")[0], -1] = None
    elif last is not before:
        found.references[qualifier, unit.raw(last)] = None
    return _rest(before)


def _declared(unit: Unit, node: Node, found: Names) -> list[Node]:
    name = node.child_by_field_name("name")
    if name is not None:
        kind, dimensions = (node.child_by_field_name(f) for f in ("type", "dimensions"))
        after = "".join(unit.raw(dimensions).split()) if dimensions is not None else ""
        known = found.local.get(unit.raw(name), "")
        found.local[unit.raw(name)] = erased(unit, kind, after) or known
    return [n for n in node.named_children if n != name]


def _variables(unit: Unit, node: Node, found: Names) -> list[Node]:
    """A declaration whose names stand in declarators, apart from their type."""
    kind = node.child_by_field_name("type")
    after = ""
    if node.type == "spread_parameter":
        kind, after = next((c for c in node.named_children if c.type != "modifiers"), None), "[]"
    for declarator in node.named_children:
        name = declarator.child_by_field_name("name")
        if declarator.type == "variable_declarator" and name is not None:
            dimensions = declarator.child_by_field_name("dimensions")
            more = "".join(unit.raw(dimensions).split()) if dimensions is not None else ""
            found.local[unit.raw(name)] = erased(unit, kind, after + more)
    return node.named_children


def _lambda(unit: Unit, node: Node, found: Names) -> list[Node]:
    parameters = node.child_by_field_name("parameters")
    rest = [n for n in node.named_children if n != parameters]
    if parameters is None or parameters.type == "formal_parameters":
        return node.named_children
    plain = [parameters] if parameters.type == "identifier" else parameters.named_children
    found.local.update((unit.raw(n), "") for n in plain)
    return rest


def _pattern(unit: Unit, node: Node, found: Names) -> list[Node]:
    """`Type name` of a pattern: the name is a variable."""
    kind, name = node.named_children[0], node.named_children[-1]
    found.local[unit.raw(name)] = erased(unit, kind)
    return [kind]


def _identifier(unit: Unit, node: Node, found: Names) -> list[Node]:
    found.fields["", unit.raw(node)] = None
    return []


def _type_name(unit: Unit, node: Node, found: Names) -> list[Node]:
    found.types[unit.raw(node)] = None
    return []


def _scoped_type(unit: Unit, node: Node, found: Names) -> list[Node]:
    """`Outer.Inner`: named through its outer type."""
    found.types["".join(unit.raw(node).split())] = None
    return node.named_children[:1]


def _annotation(unit: Unit, node: Node, found: Names) -> list[Node]:
    return []  # those that are kept need no import


def _constant(unit: Unit, node: Node, found: Names) -> list[Node]:
    """A constant of an enum: a call of one of its constructors."""
    name, arguments = node.child_by_field_name("name"), node.child_by_field_name("arguments")
    found.made["this", _count(arguments)] = None
    return [n for n in node.named_children if n != name]


def _label(unit: Unit, node: Node, found: Names) -> list[Node]:
    return [n for n in node.named_children if n.type != "identifier"]


def _declaration(unit: Unit, node: Node, found: Names) -> list[Node]:
    """A method or constructor: its own name is no mention of anything."""
    name = node.child_by_field_name("name")
    return [n for n in node.named_children if n != name]


def _qualifier(unit: Unit, before: Node | None, found: Names) -> str:
    if before is None:
        return ""
    if before.type == "this":
        return "this"
    if before.type in ("identifier", "type_identifier"):
        name = unit.raw(before)
        if name[:1].isupper():
            found.types[name] = None
        return name
    return "super" if before.type == "super" else UNKNOWN


def _rest(before: Node | None) -> list[Node]:
    """What is still to be looked at of what stands before a dot."""
    return [] if before is None or before.type in ("this", "super") else [before]


def _arguments(arguments: Node | None) -> list[Node]:
    if arguments is None:
        return []
    return [child for child in arguments.named_children if child.type not in COMMENTS]


def _count(arguments: Node | None) -> int:
    return len(_arguments(arguments))


_VISITS: dict[str, Callable[[Unit, Node, Names], list[Node]]] = {
    "method_invocation": _call,
    "field_access": _field,
    "object_creation_expression": _made,
    "explicit_constructor_invocation": _constructor_call,
    "method_reference": _reference,
    "variable_declarator": _declared,
    "formal_parameter": _declared,
    "catch_formal_parameter": _declared,
    "enhanced_for_statement": _declared,
    "instanceof_expression": _declared,
    "resource": _declared,
    "type_pattern": _pattern,
    "record_pattern_component": _pattern,
    "local_variable_declaration": _variables,
    "spread_parameter": _variables,
    "lambda_expression": _lambda,
    "identifier": _identifier,
    "type_identifier": _type_name,
    "scoped_type_identifier": _scoped_type,
    "marker_annotation": _annotation,
    "annotation": _annotation,
    "labeled_statement": _label,
    "break_statement": _label,
    "continue_statement": _label,
    "method_declaration": _declaration,
    "constructor_declaration": _declaration,
    "compact_constructor_declaration": _declaration,
    "enum_constant": _constant,
    **dict.fromkeys(TYPE_NODES, _declaration),
}
