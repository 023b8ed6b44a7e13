"""Pieces of source text: the braces that count, and what can hide others from view.

Knows comments, strings (escaped, verbatim, raw, multi-line, with expressions in them), characters,
heredocs and regular expressions, as each language has them; `perl` knows Perl's. What is unfinished
at the end of a text hides all to its end, since the rest is still to be drawn. This is no parser:
what precedes a slash decides whether it begins a regular expression; of preprocessors only lines of
free text are known, so that all branches of `#if` count; and comments nest one level deep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from rlcf.tasks import perl

LANGUAGES = frozenset(
    {"java", "c", "cpp", "csharp", "go", "javascript", "kotlin", "perl", "php", "rust", "scala"}
    | {"swift", "typescript"}
)
"""Those whose blocks stand in braces."""

# Possessive throughout: linear time on hostile text.
_LINE = r"//[^\n]*+"
_LINE_OR_CR = r"//[^\r\n]*+"
_LINE_GOES_ON = r"//(?:\\[ \t\r]*+\n|[^\n])*+"
_COMMENT = r"/\*(?:[^*]|\*(?!/))*+(?:\*/)?+"
_NESTED = rf"/\*(?:[^*/]|\*(?!/)|/(?!\*)|{_COMMENT})*+(?:\*/)?+"
_DIRECTIVE = r"\#[ \t]*+(?:error|line|pragma|region|endregion|warning)\b[^\n]*+"
_ESCAPED = r'"(?:\\.|[^"\\\n])*+"?+'
_ESCAPED_LINES = r'"(?:\\.|[^"\\])*+"?+'
_SINGLE = r"'(?:\\.|[^'\\\n])*+'?+"
_SINGLE_LINES = r"'(?:\\.|[^'\\])*+'?+"
# One character, or one that the text ends in; any other apostrophe begins nothing (lifetimes).
_CHARACTER = r"'(?:\\[^\n][^'\n]{0,9}+|[^'\\\n])?(?:'|\Z)"
# One or more; an apostrophe in a number separates digits.
_CHARACTERS = r"'(?:(?<!\w')|(?<=\b[LUu]')|(?<=\bu8'))(?:\\.|[^'\\\n])*+(?:'|\Z)"
_BLOCK = r'"{3}(?:\\.|(?!"{3}).)*+(?:"{3}|\Z)'
_RAW_BLOCK = r'"{3}(?:(?!"{3}).)*+(?:"{3,}+|\Z)'
_RAW_QUOTES = r'(?P<quotes>"{3,}+)(?:(?!(?P=quotes)).)*+(?:(?P=quotes)"*+|\Z)'
_PLAIN_BACKTICK = r"`[^`]*+`?+"
_HEREDOC = (
    r"<<<[ \t]*+(?P<quote>[\"']?)(?P<mark>[A-Za-z_]\w*+)(?P=quote)[ \t\r]*+\n"
    r"(?:(?!^[ \t]*+(?P=mark)\b).)*+(?:^[ \t]*+(?P=mark))?+"
)
_VERBATIM = r'@"(?:""|[^"])*+"?+'
_RAW_CPP = r'R"(?P<tag>[^()\\\s]{0,16}+)\((?:(?!\)(?P=tag)").)*+(?:\)(?P=tag)"|\Z)'
_RAW_RUST = r'\bb?r(?P<tag>\#*+)"(?:(?!"(?P=tag)).)*+(?:"(?P=tag)|\Z)'
# Behind these a slash divides nothing. The blanks between are taken along: a lookbehind has one
# width. A line that begins with a slash goes on with a division, but for one that is not indented.
_BEFORE_REGEX = (
    r"(?:(?:(?<=[(,=:!&|?;[{}>~^%*])|(?<=[^+]\+)|(?<=[^-]-)"
    r"|(?<=\breturn)|(?<=\btypeof)|(?<=\byield)|(?<=\bawait)|(?<=\bcase))\s*+|(?<=^))"
)
_SLASHED = r"/(?![/*\s])(?:\\.|\[(?:\\.|[^]\\\n])*+(?:]|\Z)|[^/\\[\n])++/?+"
_REGEX = rf"{_BEFORE_REGEX}{_SLASHED}"
_REGEX_NEXT = re.compile(rf"\s*+{_SLASHED}", re.DOTALL)
_HEAD = r"(?<![.\w$#])(?:if|while|for(?:\s++await)?+|with)\s*+\("

_HIDING = {
    "java": (_LINE_OR_CR, _COMMENT, _BLOCK, _ESCAPED, _CHARACTER),
    "c": (_LINE_GOES_ON, _COMMENT, _DIRECTIVE, _ESCAPED, _CHARACTERS),
    "cpp": (_LINE_GOES_ON, _COMMENT, _DIRECTIVE, _RAW_CPP, _ESCAPED, _CHARACTERS),
    "csharp": (_LINE_OR_CR, _COMMENT, _DIRECTIVE, _VERBATIM, _RAW_QUOTES, _ESCAPED, _CHARACTER),
    "go": (_LINE, _COMMENT, _PLAIN_BACKTICK, _ESCAPED, _CHARACTER),
    "javascript": (_LINE_OR_CR, _COMMENT, _REGEX, _ESCAPED, _SINGLE),
    "typescript": (_LINE_OR_CR, _COMMENT, _REGEX, _ESCAPED, _SINGLE),
    "kotlin": (_LINE_OR_CR, _NESTED, _PLAIN_BACKTICK, _CHARACTER),
    "scala": (_LINE_OR_CR, _NESTED, _RAW_BLOCK, _ESCAPED, _PLAIN_BACKTICK, _CHARACTER),
    "swift": (_LINE_OR_CR, _NESTED, _PLAIN_BACKTICK),
    "rust": (_LINE, _NESTED, _RAW_RUST, _ESCAPED_LINES, _CHARACTER),
    "php": (_LINE_OR_CR, _COMMENT, r"\#(?!\[)[^\r\n]*+", _HEREDOC, _SINGLE_LINES),
}
_HOLED = {
    "csharp": r'(?:\$@|@\$|\$)"(?!"")|\$(?<!\$\$)\$*+"{3,}+|\$@"|@\$"',
    "javascript": "`",
    "typescript": "`",
    "kotlin": r'"(?:"")?+',
    "scala": r'"(?<=\w")(?:"")?+',
    "swift": r'\#*+"(?:"")?+',
    "php": '"',
}
"""How strings begin that may have holes: expressions in them, in brackets."""


@cache
def _code(language: str) -> re.Pattern[str]:
    """What counts or hides outside of strings with holes."""
    pieces = [f"(?P<holed>{_HOLED[language]})"] if language in _HOLED else []
    pieces.append("(?P<hidden>" + "|".join(f"(?:{p})" for p in _HIDING[language]) + ")")
    if language in ("javascript", "typescript"):
        pieces.append(f"(?P<head>{_HEAD})")
    parentheses = language in ("javascript", "swift", "typescript")
    pieces.append("(?P<bracket>[(){}])" if parentheses else "(?P<bracket>[{}])")
    return re.compile("|".join(pieces), re.DOTALL | re.MULTILINE)


@lru_cache(maxsize=256)
def _inside(language: str, opening: str) -> re.Pattern[str]:
    """What such a string holds up to the next hole, which it takes along, or to its end."""
    quote = opening.lstrip("$@#")
    signs = opening.removesuffix(quote)
    end, hole, escape = quote, r"\$\{", r"\\."
    if language == "swift":
        end, hole, escape = quote + signs, rf"\\{signs}\(", rf"\\{signs}."
    elif language == "php":
        hole = r"\$\{|\{(?=\$)"
    elif "@" in signs:
        end, hole, escape = '"(?!")', r"\{(?!\{)", r'""|\{\{'
    elif language == "csharp" and quote == '"':
        hole, escape = r"\{(?!\{)", r"\\.|\{\{"
    elif language == "csharp":
        end, hole, escape = f'{quote}"*+', rf"\{{{{{len(signs)}}}(?!\{{)", "."
    elif quote == '"""':
        end, escape = '"{3,}+', "."
    if quote == '"' and language != "php" and "@" not in signs:
        end += r"|(?=\n)"
    inside = rf"(?:[\w ]++|(?!{hole}|{end})(?:{escape}|.))*+(?:(?P<hole>{hole})|{end})?+"
    return re.compile(inside, re.DOTALL)


def _pieces(language: str, text: str) -> Iterator[tuple[int, int, str]]:
    """Where each piece begins and ends, and the brace that it is, or "" if it hides others."""
    if language == "perl":
        yield from perl.pieces(text)
        return
    code, at = _code(language), 0
    opened: list[re.Pattern[str] | None] = []  # for each open bracket, what its closing brings
    while (found := code.search(text, at)) is not None:
        start, at, kind = found.start(), found.end(), found.lastgroup
        after = None
        if kind == "hidden":
            yield start, at, ""
        elif kind == "holed":
            after = _inside(language, found[0])
        else:
            bracket = text[at - 1]
            if bracket in "({":
                opened.append(_REGEX_NEXT if kind == "head" else None)
            elif opened:
                after = opened.pop()
            if bracket in "{}":
                yield start, at, bracket
            start = at
        hidden = None if after is None else after.match(text, at)
        if hidden is None:
            continue
        at = hidden.end()
        hole = hidden["hole"].lstrip("$\\#") if hidden.lastgroup == "hole" else ""
        yield start, at - len(hole), ""
        opened += [after, *[None] * (len(hole) - 1)] if hole else []
        yield from ((i, i + 1, "{") for i in range(at - len(hole), at) if text[i] == "{")


def braces(language: str, text: str) -> Iterator[tuple[int, int]]:
    """Each brace that counts: its offset, and 1 where it opens a block, -1 where it closes one.

    Those around an expression in a string count too.
    """
    for start, _, brace in _pieces(language, text):
        if brace:
            yield start, 1 if brace == "{" else -1


def blanked(language: str, text: str) -> str:
    """The text with blanks for comments and for what is in strings: offsets stay."""
    parts, last = [], 0
    for start, end, brace in _pieces(language, text):
        if not brace:
            parts += [text[last:start], " " * (end - start)]
            last = end
    return "".join([*parts, text[last:]])
