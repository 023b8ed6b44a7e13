"""Comments as descriptions: Javadoc to plain text.

Takes the main description (up to the first block tag) with inline tags, HTML and entities. Lists
and tables become plain text.
"""

from __future__ import annotations

import html
import re

_STARS = re.compile(r"^[ \t]*\*+ ?", re.MULTILINE)
_INLINE = re.compile(r"\{@(\w+)\s*([^{}]*)\}")
_TAG = re.compile(r"^[ \t]*@\w+", re.MULTILINE)
_HTML = re.compile(r"</?[a-zA-Z][^<>]*>")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z(`'\"]|$)")


def plain_lines(comment: str) -> str:
    """The comment without its delimiters and leading asterisks."""
    inner = comment.strip().removeprefix("/**").removeprefix("/*").removesuffix("*/")
    lines = _STARS.sub("", "\n" + inner).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")


def description(comment: str) -> str:
    """The main description in plain words, one line; empty if there is none."""
    text = plain_lines(comment)
    tag = _TAG.search(text)
    text = text[: tag.start()] if tag else text
    for _ in range(3):  # inline tags can be nested
        text = _INLINE.sub(_spoken, text)
    return " ".join(html.unescape(_HTML.sub(" ", text)).split())


def first_sentence(text: str) -> str:
    """The first sentence of a description."""
    return _SENTENCE.split(text, maxsplit=1)[0].strip()


def as_comment(text: str, width: int = 88) -> str:
    """A Javadoc comment that says `text`, wrapped."""
    import textwrap

    lines = textwrap.wrap(text.replace("*/", "* /"), width) or [""]
    return "\n".join(["/**", *(f" * {line}" for line in lines), " */"])


def _spoken(match: re.Match[str]) -> str:
    tag, words = match.group(1), match.group(2).strip()
    if tag in ("link", "linkplain"):
        target, _, label = words.partition(" ")
        return label.strip() or target.replace("#", ".").lstrip(".")
    return "" if tag == "inheritDoc" else html.escape(words)
