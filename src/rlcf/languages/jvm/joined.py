"""Program and tests as one unit, such that it can be told whether the tests are in it as written.

A program ends where it likes: in a comment, a string, or behind an end-of-input mark that the
compiler heeds. So a *probe*, a class that nobody can name beforehand, stands between program and
tests: if it is among the class files, the compiler read the tests as code. Which code is the tests'
is then told by line numbers, which a program cannot choose.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass

_LEADING = re.compile(r"\s*\}")


@dataclass(frozen=True)
class Entry:
    """Where tests begin, and which lines are theirs."""

    main: str
    """Binary name of the class that has their `main`."""
    arguments: bool
    """Whether it takes the arguments of the command line."""
    first_line: int
    last_line: int
    sealed: bool = False
    """Whether only an exit of the tests' own is their end, and the return of `main` is not."""


@dataclass(frozen=True)
class Joined:
    """A unit of a program and its tests."""

    source: str
    first_line: int
    """1-based line from which on every line is the tests'."""
    last_line: int
    probe: str
    """Name of the class between them."""

    def probed(self, classes: Collection[str]) -> str | None:
        """Binary name of the probe among these classes; None if the tests are not in the unit."""
        for name in classes:
            if re.split(r"[.$]", name)[-1] == self.probe:
                return name
        return None

    def entry(self, main: str, arguments: bool) -> Entry:
        """For a `main` in the tests' lines."""
        return Entry(main, arguments, self.first_line, self.last_line)

    def seal(self, main: str) -> Entry:
        """For a `main` that is the program's, where the tests end by an exit."""
        return Entry(main, True, self.first_line, self.last_line, sealed=True)


def join(program: str, tests: str, line_ends: str) -> Joined:
    """One unit; its line numbers are those of `program + tests`, cut at a line's end.

    Args:
        program: as the model wrote it.
        tests: what follows it; they may begin by closing what the program left open.
        line_ends: a regular expression of what ends a line for the compiler.
    """
    probe = f"Tests_{secrets.token_hex(8)}"
    line_end = re.compile(line_ends)
    head = program
    if not line_end.search(program[-1:]):  # its last line may be a comment
        end = line_end.match(tests)
        head, tests = (head + end[0], tests[end.end() :]) if end else (head + "\n", tests)
    closing = _LEADING.match(tests)
    at = closing.end() if closing else 0
    source = f"{head}{tests[:at]} class {probe} {{}}; {tests[at:]}"
    return Joined(
        source,
        first_line=1 + len(line_end.findall(head)),
        last_line=1 + len(line_end.findall(source)),
        probe=probe,
    )
