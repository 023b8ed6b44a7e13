"""A task: a prompt, a solution and tests, and how they make one program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Attempt:
    """A program that the compiler rejected."""

    program: str
    errors: str
    """What the compiler said, as text for a model."""


@dataclass(frozen=True)
class Task:
    """One programming problem in the layout of MBXP (mxeval)."""

    task_id: str
    """Unique within its set, e.g. `MBJP/6`."""
    language: str
    """Lower-case language name, e.g. `java`."""
    prompt: str
    """The beginning of the program: imports, class, description, signature, opening brace."""
    reference: str | None = None
    """A completion of the prompt that is known to be right, or None."""
    tests: str | None = None
    """Source to append to a whole program that checks it when run, or None."""
    entry_point: str | None = None
    """Name of the method that the tests call."""
    description: str = ""
    """The problem in one sentence, without code."""
    closing: str = ""
    """Closes the program where completions do not, as in MultiPL-E."""
    tests_close: bool = False
    """Whether the tests go on inside the program's class and close it in place of `closing`."""
    reopens: int = 0
    """Closing braces at the end of a whole program that the tests stand in place of."""
    split: str = ""
    """The part of its set that it belongs to (`train`, `validation`, `test`), where rows say so."""
    attempt: Attempt | None = None
    """What was written before and is to be repaired; shown to the model ahead of its answer."""

    def program(self, completion: str) -> str:
        """The source that the compiler judges."""
        return self.prompt + completion + self.closing

    def tested(self, completion: str) -> str:
        """The source that the tests are appended to."""
        if self.reopens:
            return re.sub(rf"(?:\}}\s*){{{self.reopens}}}\Z", "", self.prompt + completion)
        return self.prompt + completion + ("" if self.tests_close else self.closing)

    def test_program(self, completion: str) -> str:
        """The source that is compiled and run to decide pass or fail.

        Raises:
            ValueError: the task has no tests.
        """
        if self.tests is None:
            raise ValueError(f"task {self.task_id} has no tests")
        return self.tested(completion) + self.tests

    def to_json(self) -> dict[str, Any]:
        """mxeval's row layout (`reference` is called `canonical_solution` there)."""
        row: dict[str, Any] = {
            "task_id": self.task_id,
            "language": self.language,
            "prompt": self.prompt,
            "canonical_solution": self.reference,
            "entry_point": self.entry_point,
            "test": self.tests,
            "description": self.description,
        }
        if self.closing:
            row |= {"closing": self.closing, "tests_close": self.tests_close}
        if self.split:
            row["split"] = self.split
        return row
