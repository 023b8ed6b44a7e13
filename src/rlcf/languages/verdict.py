"""Verdicts and diagnostics: the contract that every compiler of ours keeps.

Imports nothing heavy: the verdict alone must be cheap to have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class Verdict(StrEnum):
    """What is known of a program's validity."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNSCORED = "unscored"
    """Our infrastructure failed; says nothing about the program and never becomes a reward."""


class ErrorClass(StrEnum):
    """Language-neutral kinds of diagnostics, so that reports and credit work alike everywhere."""

    SYNTAX = "syntax"
    UNRESOLVED_NAME = "unresolved_name"
    TYPE_MISMATCH = "type_mismatch"
    MISSING_RETURN = "missing_return"
    UNINITIALISED = "uninitialised"
    UNREACHABLE = "unreachable"
    UNREPORTED_EXCEPTION = "unreported_exception"
    OTHER = "other"


@dataclass(frozen=True)
class Diagnostic:
    """One message of a compiler about one place of a program."""

    severity: str
    """`error` or `warning`."""
    code: str
    """The compiler's own key, e.g. `compiler.err.cant.resolve.location`."""
    error_class: ErrorClass
    message: str
    """The compiler's words, in English."""
    line: int
    """1-based line in the program as given; 0 if the diagnostic has no place."""
    column: int
    """1-based column in characters (a tab is one); 0 if there is none."""
    start: int
    """Offset of the first character concerned, in Python characters; -1 if there is none."""
    end: int
    """Offset one past the last character concerned; -1 if there is none."""

    def to_json(self) -> dict[str, Any]:
        """The layout that `rlcf check --json` prints."""
        return {
            "severity": self.severity,
            "code": self.code,
            "class": str(self.error_class),
            "message": self.message,
            "line": self.line,
            "column": self.column,
            "start": self.start,
            "end": self.end,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Diagnostic:
        """The inverse of `to_json`."""
        rest = {name: v for name, v in value.items() if name != "class"}
        return cls(**rest, error_class=ErrorClass(value["class"]))


@dataclass(frozen=True)
class CompileResult:
    """What the compiler said of one program."""

    verdict: Verdict
    diagnostics: tuple[Diagnostic, ...] = ()
    seconds: float = 0.0
    """Time the compiler spent on this program alone."""
    reason: str = ""
    """Why the program is unscored; empty otherwise."""

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that caused a rejection."""
        return tuple(d for d in self.diagnostics if d.severity == "error")


class Compiler(Protocol):
    """Judges programs of one language. Batched, ordered, reentrant."""

    language: str

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        """Judge each program; the i-th result is the i-th program's. Never raises for bad ones."""
        ...

    def close(self) -> None:
        """Release processes; the next `check` starts them anew."""
        ...
