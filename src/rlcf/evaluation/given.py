"""What a sample's text is: a completion, a whole program, or a chat's answer.

Recognition goes by the prompt and by the definition of the function asked for, not by what would
pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from rlcf.policy.answers import Block, fenced, said
from rlcf.tasks.blocks import BlockEnd
from rlcf.tasks.task import Task

Answers = Literal["auto", "completion", "program", "chat"]

_KEYWORDS = r"\b(?:def|function|func|fn|fun|sub)\s+"
_NAMED = re.compile(_KEYWORDS + r"(\w+)")
_OPENED = re.compile(r"(\w+)\s*\([^()]*\)[^()\n]*\{\s*\Z")
_NO_TYPES = {"return", "assert", "print", "new", "else", "in", "is", "not", "and", "or"}


@dataclass(frozen=True)
class Given:
    """A sample's text, ready to be judged."""

    text: str
    whole: bool = False
    """Whether it is a whole program, to be judged as `whole_program(task)` says."""
    chat: bool = False
    """Whether it was taken from a fenced block."""
    repeats: bool = False
    """Whether it repeated the prompt, which is cut."""


def whole_program(task: Task) -> Task:
    """The task as whole programs are judged for it: nothing comes before them."""
    reference = None if task.reference is None else task.prompt + task.reference
    return replace(task, prompt="", reference=reference)


def read(task: Task, text: str, answers: Answers = "auto") -> Given:
    """What a sample gave.

    Args:
        task: that it is for.
        text: as the model or a tool wrote it.
        answers: what it is; `auto` and `chat` look.
    """
    if answers == "completion":
        return Given(text)
    if answers == "program":
        return _program(task, text) or Given(_reopened(task, text), whole=True)
    text = text[said(text) :]
    block = fenced(text, task.language)
    if block is None or not (answers == "chat" or _is_answer(task, text, block)):
        return _written(task, text, bare=False)
    return replace(_written(task, block.code, bare=True), chat=True)


def _written(task: Task, text: str, *, bare: bool) -> Given:
    """`bare`: it comes from a fenced block, where a program is likelier than a completion."""
    found = _program(task, text)
    if found is not None:
        return found
    if _defines(task, text) or (bare and not _continues(task, text)):
        return Given(_reopened(task, text), whole=True)
    return Given(text)


def _is_answer(task: Task, text: str, block: Block) -> bool:
    """Whether a fence holds the answer, rather than following a completion that has ended."""
    before = text[: block.lines[0].at] if block.lines else text
    end = BlockEnd.of_prompt(task.language, task.prompt)
    if end is not None and end.find(before) is not None:
        return False
    return block.closed or text.lstrip().startswith(("```", "~~~"))


def _program(task: Task, text: str) -> Given | None:
    """The completion behind a repeated prompt; white space may differ. None without one."""
    wanted = "".join(task.prompt.split())
    if not wanted:
        return None
    if text.startswith(task.prompt):
        return Given(_reopened(task, text[len(task.prompt) :]), repeats=True)
    seen = 0
    for at, character in enumerate(text):
        if character.isspace():
            continue
        if character != wanted[seen]:
            return None
        seen += 1
        if seen == len(wanted):
            return Given(_reopened(task, text[at + 1 :]), repeats=True)
    return None


def _reopened(task: Task, text: str) -> str:
    """Without the last braces, where the task closes the program itself."""
    braces = task.closing.count("}")
    if not braces:
        return text
    end = BlockEnd.of_prompt(task.language, task.prompt)
    if end is not None and end.find(text) is None and not _defines(task, text):
        return text
    return re.sub(rf"(?:\}}\s*){{{braces}}}\Z", "", text)


def _continues(task: Task, text: str) -> bool:
    """Whether it looks like what comes behind the prompt."""
    end = BlockEnd.of_prompt(task.language, task.prompt)
    return _indented(text) if end is None else end.find(text) is not None


def _indented(text: str) -> bool:
    return text.lstrip("\r\n")[:1] in (" ", "\t")


def _defines(task: Task, text: str) -> bool:
    """Whether it defines the function that its prompt has begun, in the place of the prompt."""
    name = _function(task)
    if name is None:
        return False
    kinds = "|".join(map(re.escape, _types(task.prompt, name)))
    typed = rf"|(?:^|(?<=\W))(?:{kinds})\s+[*&]*\s*{name}\s*\(" if kinds else ""
    assigned = rf"|\b(?:const|let|var|local)\s+{name}\s*="
    found = re.search(rf"{_KEYWORDS}{name}\b{assigned}{typed}", text, re.MULTILINE)
    if found is None or re.match(r"\s*return\b", text):
        return False
    if BlockEnd.of_prompt(task.language, task.prompt) is not None:
        return BlockEnd(task.language, 1).find(text[: found.start()]) is None
    return not _indented(text)


def _function(task: Task) -> str | None:
    if task.entry_point:
        return re.escape(re.split(r"[.:]", task.entry_point)[-1])
    found = list(_NAMED.finditer(task.prompt)) or list(_OPENED.finditer(task.prompt))
    return found[-1][1] if found else None


def _types(prompt: str, name: str) -> set[str]:
    """The words before the function's name in its prompt, such as its type."""
    words = re.findall(rf"([^\s()]+)\s+[*&]*\s*{name}\s*\(", prompt)
    return {word for word in words if re.search(r"\w", word)} - _NO_TYPES
