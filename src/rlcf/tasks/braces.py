"""Pieces of source text: the braces that count, and what can hide others from view.

Knows comments, strings (escaped, verbatim, raw, multi-line, with expressions in them), characters,
heredocs and regular expressions, as each language has them. What is unfinished at the end of a text
hides all to its end, since the rest is still to be drawn. Expressions in strings may hold strings
of their own, one level deep. This is no parser: what precedes a slash decides whether it begins a
regular expression, and preprocessors are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

LANGUAGES = frozenset(
    {"java", "c", "cpp", "csharp", "go", "javascript", "kotlin", "perl", "php", "rust", "scala"}
    | {"swift", "typescript"}
)
"""Those whose blocks stand in braces."""

# Possessive throughout: linear time on hostile text.
_SLASHES = r"//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?+"
_NESTED = r"//[^\n]*+|/\*(?:[^*/]|\*(?!/)|/(?!\*)|/\*(?:[^*]|\*(?!/))*+(?:\*/)?+)*+(?:\*/)?+"
_HASH = r"(?<![$\w{])\#[^\n]*+"
_ESCAPED = r'"(?:\\.|[^"\\\n])*+"?+'
_ESCAPED_LINES = r'"(?:\\.|[^"\\])*+"?+'
_SINGLE = r"'(?:\\.|[^'\\\n])*+'?+"
_SINGLE_LINES = r"'(?:\\.|[^'\\])*+'?+"
# One character, or one that the text ends in; any other apostrophe begins nothing (lifetimes).
_CHARACTER = r"'(?:\\[^\n][^'\n]{0,9}+|[^'\\\n])?(?:'|\Z)"
_BLOCK = r'"{3}(?:\\.|(?!"{3}).)*+(?:"{3}|\Z)'
_RAW_BLOCK = r'"{3}(?:(?!"{3}).)*+(?:"{3,5}|\Z)'
_PLAIN_BACKTICK = r"`[^`]*+`?+"
_HEREDOC = (
    r"<<<?~?[ \t]?(?P<quote>[\"']?)(?P<mark>[A-Za-z_]\w*+)(?P=quote)[^\n]*+\n"
    r"(?:(?!^[ \t]*+(?P=mark)\b).)*+(?:^[ \t]*+(?P=mark))?+"
)
_SLASHED = r"/(?![/*\s])(?:\\.|\[(?:\\.|[^]\\\n])*+(?:]|\Z)|[^/\\[\n])++/?+"


def _with_holes(opening: str, quote: str, start: str, plain: str) -> str:
    """A string with expressions in braces, behind `start`; they may hold strings and braces."""
    # A string or a hole that the text ends in is whole as far as it goes.
    inner = r'"(?:\\.|[^"\\\n])*+(?:"|\Z)|`(?:\\.|[^`\\])*+(?:`|\Z)'
    inner += r"|'(?:\\.|[^'\\\n])*+(?:'|\Z)"
    nested = rf"\{{(?:{inner}|[^{{}}\"`'])*+(?:\}}|\Z)"
    hole = rf"{start}(?:{inner}|{nested}|[^{{}}\"`'])*+(?:\}}|\Z)"
    return rf"{opening}(?:\\.|{hole}|{plain})*+{quote}?+"


_TEMPLATE = _with_holes("`", "`", r"\$\{", r"[^`\\]")
_DOLLAR = _with_holes('"', '"', r"\$\{", r'[^"\\\n]')
_INTERPOLATED = _with_holes(r"\$\"", '"', r"\{(?!\{)", r'[^"\\\n]')
_VERBATIM = r'(?:\$@|@\$|@)"(?:""|[^"])*+"?+'
_RAW_CPP = r'R"(?P<tag>[^()\\\s]{0,16}+)\((?:(?!\)(?P=tag)").)*+(?:\)(?P=tag)"|\Z)'
_RAW_RUST = r'\bb?r(?P<tag>\#*+)"(?:(?!"(?P=tag)).)*+(?:"(?P=tag)|\Z)'
# Behind these a slash divides nothing. The blanks between are taken along: a lookbehind has one
# width. A line that begins with a slash goes on with a division, but for one that is not indented.
_BEFORE_REGEX = (
    r"(?:(?:(?<=[(,=:!&|?;[{}>~^%*])|(?<=[^+]\+)|(?<=[^-]-)"
    r"|(?<=\breturn)|(?<=\btypeof)|(?<=\byield)|(?<=\bawait)|(?<=\bcase))\s*+|(?<=^))"
)
_REGEX = rf"{_BEFORE_REGEX}{_SLASHED}"
_PERL_REGEX = (
    rf"(?:(?<=~)|(?<=~\ )|(?<=split\ )|(?<=split\()|(?<=\())(?:m|qr)?(?:{_SLASHED})"
    r"|(?:(?<=~)|(?<=~\ ))(?:s|tr|y)/(?:\\.|[^/\\\n])*+(?:/(?:\\.|[^/\\\n])*+/?+)?+"
)
_POD = r"^=[a-z]\w*+(?:(?!^=cut\b).)*+(?:^=cut)?+"

_HIDING = {
    "java": (_SLASHES, _BLOCK, _ESCAPED, _CHARACTER),
    "c": (_SLASHES, _ESCAPED, _CHARACTER),
    "cpp": (_SLASHES, _RAW_CPP, _ESCAPED, _CHARACTER),
    "csharp": (_SLASHES, _VERBATIM, _RAW_BLOCK, _INTERPOLATED, _ESCAPED, _CHARACTER),
    "go": (_SLASHES, _PLAIN_BACKTICK, _ESCAPED, _CHARACTER),
    "javascript": (_SLASHES, _REGEX, _TEMPLATE, _ESCAPED, _SINGLE),
    "typescript": (_SLASHES, _REGEX, _TEMPLATE, _ESCAPED, _SINGLE),
    "kotlin": (_NESTED, _RAW_BLOCK, _PLAIN_BACKTICK, _DOLLAR, _CHARACTER),
    "scala": (_NESTED, _RAW_BLOCK, _PLAIN_BACKTICK, _DOLLAR, _CHARACTER),
    "swift": (_NESTED, _BLOCK, _PLAIN_BACKTICK, _ESCAPED),
    "rust": (_NESTED, _RAW_RUST, _ESCAPED_LINES, _CHARACTER),
    "php": (_SLASHES, r"\#(?!\[)[^\n]*+", _HEREDOC, _ESCAPED_LINES, _SINGLE_LINES),
    "perl": (_POD, _HASH, _HEREDOC, _PERL_REGEX, _ESCAPED, _SINGLE),
}


@cache
def _pieces(language: str) -> re.Pattern[str]:
    hiding = "|".join(f"(?:{pattern})" for pattern in _HIDING[language])
    return re.compile(f"(?P<hidden>{hiding})|(?P<brace>[{{}}])", re.DOTALL | re.MULTILINE)


def braces(language: str, text: str) -> Iterator[tuple[int, int]]:
    """Each brace that counts: its offset, and 1 where it opens a block, -1 where it closes one."""
    for match in _pieces(language).finditer(text):
        if match["brace"]:
            yield match.start(), 1 if match["brace"] == "{" else -1


def blanked(language: str, text: str) -> str:
    """The text with blanks for comments and for what is in strings: offsets stay."""
    return _pieces(language).sub(lambda m: m["brace"] or " " * len(m[0]), text)
