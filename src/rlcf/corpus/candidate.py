"""A method that may become a task, as the readers hand it over; the settings of a corpus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rlcf.errors import UserError
from rlcf.settings import Checked, Count, CountOrNone, Need, Share

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
class Why:
    """Why a method, or a whole file, gives no task."""

    reason: str
    """In words that others share: reports count by it."""
    said: str = ""
    """The first diagnostic, in the tool's words; empty where no tool was asked."""
    missing: str = ""
    """A name that nobody had; empty if it is not that."""
    package: str = ""
    """Where that name would come from, if an import from outside the tree says so."""


@dataclass(frozen=True)
class LeftOut:
    """A method or file that gave no task."""

    path: str
    """Relative to the root, with `/`."""
    line: int
    """1-based; 0 of a whole file."""
    name: str
    """Empty of a whole file."""
    why: Why

    def to_json(self) -> dict[str, Any]:
        """A row of `dropped.jsonl`."""
        return {
            "file": self.path,
            "line": self.line,
            "name": self.name,
            "reason": self.why.reason,
            "diagnostic": self.why.said,
        }


@dataclass(frozen=True)
class CorpusOptions(Checked):
    """What becomes a task."""

    language: Literal["java", "python"] = "java"
    """Language of the source tree: java or python."""
    class_path: tuple[str, ...] = ()
    """Java: directories and jar files that programs are compiled against; without any, with
    nothing but the JDK. Python: folders of packages. `auto`: what the project's build file asks
    for. What a task needs of the tree and is not among them is put into its prompt."""
    packages: tuple[str, ...] = ()
    """Python: packages beside the standard library that programs may import. A function that
    needs others is left out; what it needs of the tree is put into its prompt."""
    checker_only: bool = False
    """Python: do not also run each program, with nothing called, in the sandbox; so it is with
    `packages` and no class path to find them on."""
    comments: Literal["full", "short"] = "full"
    """The comment or docstring in the prompt: `full` as it stands, `short` its first sentence."""
    undocumented: bool = False
    """Take methods without a comment too; their prompt is the bare signature."""
    test_code: bool = False
    """Take files below folders named test, tests, example(s), benchmark(s) too, and Python files
    named like tests."""
    self_contained: bool = False
    """Only methods that need nothing of their class, file or tree."""
    encoding: str = "utf-8"
    """Encoding of the source files. A Python file that names its own is read by that."""
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
    """Take only files under these licences (SPDX identifiers); by default all."""

    NEEDS = (
        Need(("packages", "checker_only"), lambda o: o.language == "python", "--language python"),
    )

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
    programs: tuple[Callable[[], Program | Why], ...]
    """Ways to make it a program, the shortest first; where one cannot be, the reason."""
    outside: Mapping[str, str] = field(default_factory=dict)
    """Names that its file imports from outside the tree and the standard library -> package."""

    def left_out(self, why: Why) -> LeftOut:
        """What is noted of it if it gives no task."""
        return LeftOut(self.path, self.line, self.name, why)
