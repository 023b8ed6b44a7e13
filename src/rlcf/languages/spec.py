"""A row of the registry: a language's name, its tools, a sample, and the engine that judges it."""

from __future__ import annotations

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol

from rlcf.errors import UserError
from rlcf.languages.outcome import Runner
from rlcf.languages.verdict import CompileResult
from rlcf.text import lines_of


@dataclass(frozen=True)
class Tool:
    """A program that a language needs."""

    name: str
    """How the language calls it: `self.tool(name)`."""
    candidates: tuple[str, ...] = ()
    """Names to look for in PATH, best first; `name` where empty."""
    version: tuple[str, ...] = ("--version",)
    """Arguments that make it print its version."""


@dataclass(frozen=True)
class Sample:
    """Programs by which it is seen that a language works here."""

    good: str
    """Accepted, and passes `tests`."""
    bad: str
    """Rejected."""
    tests: str
    """Appended to `good`."""
    entry_point: str = ""


@dataclass(frozen=True)
class EngineOptions:
    """What all engines have in common."""

    seats: int = 0
    """Programs at the same time; 0 means one for each CPU, four at most."""
    deadline_seconds: float = 10.0
    """CPU time that compiling one program may take, and a third of the time by the clock."""

    def count(self) -> int:
        """The number of seats."""
        return self.seats or min(4, (os.cpu_count() or 1))


class Engine(Runner, Protocol):
    """What a `Toolchain` asks."""

    def check(
        self, programs: Sequence[str], names: Sequence[str] | None = None
    ) -> list[CompileResult]:
        """Judge each program; `names` are those of their files without the suffix."""
        ...


class Spec(ABC):
    """One row. Subclasses need no `__init__` unless they have options."""

    name: ClassVar[str]
    """Lower case, as tasks name it."""
    title: ClassVar[str]
    comment: ClassVar[str] = "//"
    """Begins a comment that goes to the end of its line."""
    tools: tuple[Tool, ...] = ()
    install: str = ""
    """The one command that installs what is missing."""
    sample: ClassVar[Sample]

    @abstractmethod
    def engine(self, options: EngineOptions) -> Engine:
        """What judges programs and runs tests; starts nothing yet.

        Raises:
            UserError: the tools are not installed.
        """

    def missing(self) -> str:
        """What is missing here, in words; empty if nothing is."""
        lacking = [tool.name for tool in self.tools if self.find(tool) is None]
        return f"{', '.join(lacking)} not found" if lacking else ""

    def require(self) -> None:
        """Raise UserError if something is missing."""
        missing = self.missing()
        if missing:
            hint = f": {self.install}" if self.install else ""
            raise UserError(f"{self.title} is not ready here, {missing}{hint}")

    def find(self, tool: Tool) -> str | None:
        """Path of a tool, links resolved as far as the jail needs it."""
        for name in tool.candidates or (tool.name,):
            path = shutil.which(name)
            if path is not None:
                return path
        return None

    def tool(self, name: str) -> str:
        """Path of a tool.

        Raises:
            UserError: it is not installed.
        """
        return self._paths[name]

    @cached_property
    def _paths(self) -> dict[str, str]:
        self.require()
        return {tool.name: path for tool in self.tools if (path := self.find(tool))}

    def versions(self) -> list[str]:
        """What each tool says of itself, in a line."""
        return [f"{tool.name}: {version_of(self.tool(tool.name), tool)}" for tool in self.tools]


def version_of(path: str, tool: Tool) -> str:
    """The first line with a digit of what a tool prints of its version."""
    try:
        done = subprocess.run(
            [path, *tool.version], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as e:
        return f"does not answer ({e})"
    for line in lines_of(done.stdout + done.stderr):
        if any(char.isdigit() for char in line):
            return line.strip()
    return "unknown version"
