"""The code in what a chat model says: the one place that finds it.

Fenced blocks follow CommonMark (backticks and tildes of any length, in lists and quotes, line ends
of any kind, closed or cut off), by markdown-it-py, with three liberties: tags such as `<answer>`
begin no block of HTML, which would hide a fence below them; a block of Markdown is looked into; and
if there is no fence at all, a block indented as code counts. What a model thinks aloud in tags such
as `<think>` is no answer: blocks in it are drafts.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_THINKS = re.compile(r"\s*<(think|thinking|thought|reasoning)>")
_OPENED = re.compile(r"<(?:think|thinking|thought|reasoning)>\s*\Z")
# A chat template may have opened the thoughts: then the closing tag is alone in its line.
_ANSWERS = re.compile(
    r"(?:\A|(?<=[\r\n]))[ \t]*</(?:think|thinking|thought|reasoning)>[ \t]*(?=[\r\n]|\Z)"
)
_NAMES = {
    "bash": "bash console sh shell shell-session shellscript terminal zsh",
    "c": "c h",
    "cpp": "c++ cc cpp cxx h++ hpp",
    "csharp": "c# cs csharp",
    "data": "csv diff json output plaintext text toml txt xml yaml yml",
    "go": "go golang",
    "java": "java",
    "javascript": "javascript js jsx mjs node",
    "kotlin": "kotlin kt kts",
    "lua": "lua",
    "markdown": "markdown md",
    "perl": "perl pl",
    "php": "php",
    "python": "py py3 python python3",
    "ruby": "rb ruby",
    "fortran": "f90 fortran",
    "rust": "rs rust",
    "scala": "sc scala",
    "swift": "swift",
    "typescript": "ts tsx typescript",
}
_LANGUAGE_OF = {word: name for name, words in _NAMES.items() for word in words.split()}


@dataclass(frozen=True)
class Line:
    """A line of code, without its end, and where it begins in the answer, in characters."""

    text: str
    at: int


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    info: str
    """What stands behind the opening fence."""
    lines: tuple[Line, ...]
    closed: bool
    """Whether a fence ends it, rather than the end of what contains it."""
    end: int
    """Offset in the answer behind its last line."""
    ended: bool = True
    """Whether the last line of code has a line end; not where the answer is cut off in it."""

    @property
    def code(self) -> str:
        """The lines, without what a list or a quote puts before them, each with a line feed."""
        return "\n".join(line.text for line in self.lines) + "\n" * (
            self.ended and bool(self.lines)
        )

    @property
    def language(self) -> str | None:
        """The language that the info string names first, or None."""
        word = re.match(r"\s*\{?\.?([^\s{},:;=]*)", self.info)
        return _LANGUAGE_OF.get(word[1].lower()) if word else None


def opens_thoughts(prompt: str) -> bool:
    """Whether a chat's prompt ends with the tag that opens them, as some templates have it."""
    return _OPENED.search(prompt) is not None


def thoughts(answer: str, opened: bool = False) -> int:
    """Characters that a model thinks aloud before it answers; all, if it has not ended to.

    Args:
        answer: of the model.
        opened: whether the prompt opened them.
    """
    tag = _THINKS.match(answer)
    if tag is None:
        closed = _ANSWERS.search(answer)
        return closed.end() if closed else len(answer) if opened else 0
    at = answer.find(f"</{tag[1]}>")
    return len(answer) if at < 0 else at + len(tag[1]) + 3


def said(answer: str) -> int:
    """Where the words that are an answer begin: behind thoughts, if something is there.

    Thoughts alone stay, and are rejected as code: nothing at all would be an empty program, which
    some compilers accept.
    """
    begin = thoughts(answer)
    return begin if answer[begin:].strip() else 0


def blocks(answer: str, opened: bool = False) -> list[Block]:
    """The fenced blocks of an answer, in order; none of its thoughts (see `thoughts`)."""
    begin = thoughts(answer, opened)
    lines = [Line(m[1], m.start()) for m in _LINE.finditer(answer, begin)][:-1]  # last: the end
    ended = answer.endswith(("\n", "\r"))
    return list(_blocks(lines, ended, "strict")) or list(_blocks(lines, ended, "indented"))


def chosen(found: Sequence[Block], language: str) -> Block | None:
    """The first block that may be in the language, else the first of all; None without any."""
    return next((b for b in found if b.language in (None, language)), found[0] if found else None)


def fenced(answer: str, language: str, opened: bool = False) -> Block | None:
    """The block of an answer that holds the program, or None if it has no fence."""
    return chosen(blocks(answer, opened), language)


@dataclass(frozen=True)
class FenceEnd:
    """Tells where the block that holds the program is closed."""

    language: str
    opened: bool = False
    """Whether the prompt opened the model's thoughts."""
    mark: ClassVar[str] = "`~"

    def cut(self, text: str) -> str | None:
        """The text up to the end of the closing fence's line, or None."""
        found = (block for block in blocks(text, self.opened) if block.closed)
        ours = (block.end for block in found if block.language in (None, self.language))
        end = next(ours, None)
        return None if end is None else text[:end]


@dataclass(frozen=True)
class Written:
    """The code in a model's answer."""

    text: str
    """To be joined with the judged task's prompt: `judged(task).program(text)`."""
    lines: tuple[tuple[int, int], ...] = ((0, 0),)
    """For each line that is not just where the one before it leads to expect: its offset in the
    answer and in `text`, in characters. The latter is above the former where `text` begins with
    something that the model did not write."""

    @classmethod
    def of_block(cls, block: Block) -> Written:
        """The code of a block."""
        pairs: list[tuple[int, int]] = []
        at = 0
        for line in block.lines:
            if not pairs or line.at - at != pairs[-1][0] - pairs[-1][1]:
                pairs.append((line.at, at))
            at += len(line.text) + 1
        return cls(block.code, tuple(pairs) or ((block.end, 0),))

    def behind(self, text: str, before: str) -> Written:
        """This code, cut to `text`, with `before` put in front of it."""
        moved = tuple((answer, code + len(before)) for answer, code in self.lines)
        return replace(self, text=before + text, lines=moved)

    def places(self, offsets: Sequence[int]) -> list[int]:
        """Where in `text` offsets of the answer are; below 0 or beyond its end outside of it."""
        starts = [answer for answer, _ in self.lines]
        found = []
        for offset in offsets:
            i = max(bisect_right(starts, offset) - 1, 0)
            place = offset - self.lines[i][0] + self.lines[i][1]
            following = self.lines[i + 1 : i + 2]
            found.append(min([place, *(code for _, code in following)]))
        return found


def _blocks(lines: Sequence[Line], ended: bool, kind: str) -> Iterator[Block]:
    text = "\n".join(line.text for line in lines) + "\n" * ended
    for token in _parser(kind).parse(text):
        if token.type != "fence" or token.map is None:
            continue
        block = _block(token, lines, ended)
        inner = list(_blocks(block.lines, block.ended, kind)) if _is_markdown(block) else []
        yield from inner or [block]


def _is_markdown(block: Block) -> bool:
    return block.language == "markdown" and bool(block.lines)


def _block(token: Token, lines: Sequence[Line], ended: bool) -> Block:
    assert token.map is not None
    first, behind = token.map
    content = token.content.split("\n")
    if not content[-1]:  # what is behind the last line feed is no line
        content.pop()
    code = []
    for text, line in zip(content, lines[first + 1 :], strict=False):
        # Containers take characters away in front, and may turn a part of a tab into blanks.
        kept = text if line.text.endswith(text) else text.lstrip(" \t")
        cut = len(line.text) - len(kept)
        code.append(Line(text[: len(text) - len(kept)] + line.text[cut:], line.at + cut))
    closed = behind - first == len(content) + 2
    whole = closed or ended or first + len(content) + 1 < len(lines)
    last = lines[min(behind, len(lines)) - 1]
    return Block(token.info, tuple(code), closed, last.at + len(last.text), whole)


@cache
def _parser(kind: str) -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").disable(["html_block", "reference"])
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser if kind == "strict" else parser.disable("code")
