"""A method that may become a task, and the settings of a corpus.

Covers what every language's reader hands over. Does not read sources (`java_methods`,
`python_methods`) nor judge (`build`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rlcf.errors import UserError
from rlcf.settings import Checked, Count, CountOrNone, Share

SPLITS = ("train", "validation", "test")
TOO_LARGE = "needs too much context"


@dataclass(frozen=True)
class Program:
    """Prompt and reference of one method."""

    prompt: str
    reference: str
    context: int
    """Characters of the prompt that are neither imports nor the method's own head."""


@dataclass(frozen=True)
class CorpusOptions(Checked):
    """What becomes a task."""

    language: Literal["java", "python"] = "java"
    """Language of the source tree: java or python."""
    class_path: tuple[str, ...] = ()
    """Java: directories and jar files that programs are compiled against. Without any, a task
    must compile with nothing but the JDK; what it needs of the tree is put into its prompt."""
    packages: tuple[str, ...] = ()
    """Python: packages beside the standard library that programs may import. A function that
    needs others is left out; what it needs of the tree is put into its prompt."""
    checker_only: bool = False
    """Python: do not also run each program, with nothing called, in the sandbox; so it is with
    `packages`, which the sandbox does not have."""
    comments: Literal["full", "short"] = "full"
    """The comment or docstring in the prompt: `full` as it stands, `short` its first sentence."""
    undocumented: bool = False
    """Take methods without a comment too; their prompt is the bare signature."""
    test_code: bool = False
    """Take files below folders named test, tests, example(s), benchmark(s) too, and Python files
    named like tests."""
    self_contained: bool = False
    """Only methods that need nothing of their class, file or tree."""
    min_body: CountOrNone = 20
    """Fewest characters of a body, white space aside: shorter ones teach nothing."""
    max_body: Count = 2000
    """Most characters of a body."""
    max_prompt: Count = 6000
    """Most characters of a prompt."""
    validation: Share = 0.1
    """Share of source files whose tasks are for validation."""
    test: Share = 0.1
    """Share of source files whose tasks are for testing."""
    licences: tuple[str, ...] = ()
    """Take only files under these licences (SPDX identifiers); none given: all."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.validation + self.test >= 1:
            raise UserError(
                f"--validation {self.validation:g} and --test {self.test:g} leave nothing for "
                "training: together they must be below 1"
            )
        if self.min_body > self.max_body:
            raise UserError(f"--min-body {self.min_body} is more than --max-body {self.max_body}")


@dataclass(frozen=True)
class Candidate:
    """One documented method."""

    name: str
    """Its qualified name with parameter types."""
    path: str
    """Its file, relative to the root, with `/`."""
    line: int
    split_key: str
    """What decides the split: the same for copies of a file at several places."""
    licence: str
    """SPDX identifier."""
    entry_point: str
    description: str
    tokens: str
    """Head and body without comments and layout: the same for copies, and for them alone."""
    programs: tuple[Callable[[], Program | str], ...]
    """Ways to make it a program, the shortest first; where one cannot be, the reason."""
