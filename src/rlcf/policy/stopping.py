"""Where a program written by a model ends, before the end token.

Three choices: `text` (the end token alone), `class` (the brace that closes all that the prompt
leaves open), and `method` (the end of the method that the prompt begins; what else is open is then
closed for the model, so that the program is whole). In Python, which has no braces, a method ends
before the first line that is no further indented than its `def`, and a class at the end token
alone. Other languages without braces end at the end token; fences of chats are `answers`' subject.
"""

from __future__ import annotations

import re
from typing import Protocol

from rlcf.settings import Stop
from rlcf.tasks.blocks import DEF, BlockEnd, DedentEnd, columns
from rlcf.tasks.braces import LANGUAGES, blanked, braces
from rlcf.tasks.task import Task


class End(Protocol):
    """Tells where an answer is complete before the end token."""

    @property
    def mark(self) -> str | None:
        """Characters without any of which no token can complete an answer; None: any token can."""

    def cut(self, text: str) -> str | None:
        """The complete answer, without what follows it, or None while there is more to come."""


def end_of(task: Task, stop: Stop) -> End | None:
    """What tells the end of a completion of a task's prompt; None: the end token alone does."""
    if task.language == "python":
        return DedentEnd.of_prompt(task.prompt) if stop == "method" else None
    end = BlockEnd.of_prompt(task.language, task.prompt, stop)
    if end is None or not task.closing:
        return end
    later = task.closing.count("}")
    return BlockEnd(end.language, end.open_braces, end.left_open, later)


def method_of(task: Task, program: str) -> str | None:
    """A whole program, cut where the method that the task's prompt begins is closed in it.

    The method is known by its head: all from the brace, semicolon or comment before it to its
    opening brace, white space aside; in Python by its name. None while there is no such end.
    """
    if task.language == "python":
        return _python_method(task.prompt, program)
    if task.language not in LANGUAGES:
        return None
    wanted = _head(task.language, task.prompt)
    code = blanked(task.language, program)
    places = [at for at, character in enumerate(code) if not character.isspace()]
    found = "".join(code[at] for at in places).find(wanted) if wanted else -1
    if found < 0:
        return None
    inside = places[found + len(wanted) - 1] + 1
    end = BlockEnd.of_prompt(task.language, program[:inside], "method")
    rest = None if end is None else end.cut(program[inside:])
    return None if rest is None else program[:inside] + rest


def _head(language: str, prompt: str) -> str:
    """What is before the innermost brace that a prompt leaves open, with it, without blanks."""
    opened: list[int] = []
    for at, step in braces(language, prompt):
        if step > 0:
            opened.append(at)
        elif opened:
            opened.pop()
    if not opened:
        return ""
    code = blanked(language, prompt)[: opened[-1]]
    return "".join(re.split(r"[{};]", code)[-1].split()) + "{"


def _python_method(prompt: str, program: str) -> str | None:
    heads = list(DEF.finditer(prompt))
    if not heads:
        return None
    name = heads[-1][2]
    head = next((found for found in DEF.finditer(program) if found[2] == name), None)
    if head is None:
        return None
    rest = DedentEnd(columns(head[1]), mid_line=True).cut(program[head.end() :])
    return None if rest is None else program[: head.end()] + rest
