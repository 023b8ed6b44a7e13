"""Pieces of Perl: its quotes with any delimiter, patterns, here-documents and documentation.

What stands before a slash tells a pattern from a division. Formats, letters as delimiters, and a
comment between a quote's name and its delimiter are not known.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

# Possessive throughout: linear time on hostile text.
_PIECE = re.compile(
    r"""(?P<hidden>\#[^\n]*+
        |^=[a-zA-Z]\w*+(?:(?!^=cut\b).)*+(?:^=cut[^\n]*+)?+
        |"(?:\\.|[^"\\])*+"?+|'(?:\\.|[^'\\])*+'?+|`(?:\\.|[^`\\])*+`?+)
    # Variables, such as $' and $#a, and names that only look like the beginning of a quote.
    |(?P<name>\$\#?+\$*+(?:\w++(?:<<)?+|[^\w\s{}])?+
        |(?:(?:->|\bsub\b)\s*+|::|[@%*-]|(?<!&)&)(?:q[qrwx]?|[msy]|tr)\b
        |(?<!\w)(?:q[qrwx]?|[msy]|tr)(?=\s*+(?:=>|\})))
    |(?P<quote>(?<!\w)(?:q[qrwx]?|[msy]|tr)\b(?:\s++(?!\#))?+(?P<delimiter>[^\w\s]))
    |(?P<document><<(?<![\d)\]]<<)(?P<indented>~?)
        (?:\\?(?P<mark>[A-Za-z_]\w*+)|[ \t]*+(?P<around>["'])(?P<quoted>[^"'\n]*+)(?P=around)))
    |(?P<slash>//?)|(?P<brace>[{}])|(?P<line>\n)""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_FLAGS = re.compile(r"[a-z]*+")
_NEXT = re.compile(r"\s*+(?:\#[^\n]*+\s*+)*+")
_WORD = string.ascii_letters + string.digits + "_"
_BEFORE_PATTERN = frozenset(
    {"and", "cmp", "eq", "ge", "grep", "gt", "if", "join", "le", "lt", "map", "ne", "not", "or"}
    | {"print", "push", "return", "say", "split", "unless", "unshift", "until", "when", "while"}
    | {"x", "xor"}
)


def pieces(text: str) -> Iterator[tuple[int, int, str]]:
    """Where each piece begins and ends, and the brace that it is, or "" if it hides others."""
    at = 0
    documents: list[re.Pattern[str]] = []
    while (found := _PIECE.search(text, at)) is not None:
        start, at, kind = found.start(), found.end(), found.lastgroup
        if kind == "brace":
            yield start, at, found[0]
        elif kind == "document":
            mark = re.escape(found["mark"] or found["quoted"] or "")
            blanks = r"[ \t]*+" if found["indented"] else ""
            documents.append(re.compile(rf"^{blanks}{mark}\r?$", re.MULTILINE))
        elif kind == "line":
            for document in documents:
                end = document.search(text, at)
                at = len(text) if end is None else end.end()
            documents.clear()
        elif kind == "quote":
            at = _behind_quote(text, at, found)
        elif kind == "slash" and not _divides(text, start):
            at = _FLAGS.match(text, _behind(text, start + 1, "/")).end()  # type: ignore[union-attr]
        if kind == "hidden" or at > found.end() or kind == "quote":
            yield start, at, ""


def _behind_quote(text: str, at: int, found: re.Match[str]) -> int:
    """Where a quote ends that begins with its name and a delimiter; some have two parts."""
    delimiter = found["delimiter"]
    at = _behind(text, at, delimiter)
    if found[0][0] in "sty":
        if delimiter in _BRACKETS:
            at = min(_NEXT.match(text, at).end() + 1, len(text))  # type: ignore[union-attr]
            delimiter = text[at - 1]
        at = _behind(text, at, delimiter)
    return _FLAGS.match(text, at).end()  # type: ignore[union-attr]


def _behind(text: str, at: int, delimiter: str) -> int:
    """Just behind the delimiter that closes what another opened before `at`; brackets nest."""
    closing = _BRACKETS.get(delimiter, delimiter)
    depth = 1
    marks = re.compile(rf"\\.|[{re.escape(delimiter + closing)}]", re.DOTALL)
    for found in marks.finditer(text, at):
        if found[0] == closing:
            depth -= 1
        elif found[0] == delimiter:
            depth += 1
        if depth == 0:
            return found.end()
    return len(text)


def _divides(text: str, at: int) -> bool:
    """Whether a slash stands behind a value, so that it begins no pattern."""
    before = text[max(0, at - 99) : at]
    code = before.rstrip()
    stem = code.rstrip(_WORD)
    if word := code[len(stem) :]:
        return word not in _BEFORE_PATTERN or stem.endswith(("$", "@", "%", "&", "->"))
    if code.endswith("}"):  # a block and a pattern, unless the blanks are those of a division
        return code == before or text[at + 1 : at + 2].isspace()
    return code.endswith((")", "]", '"', "'", "`", "++", "--")) or code[-2:-1] == "$"
