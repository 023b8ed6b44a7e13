"""Which tasks can serve for training: those whose reference the compiler accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlcf.errors import UserError
from rlcf.languages.toolchain import check_until_scored
from rlcf.languages.verdict import Compiler, CompileResult, Verdict
from rlcf.tasks.task import Task
from rlcf.text import first_line


@dataclass(frozen=True)
class RejectedReference:
    """A task that cannot serve as a reference, and why."""

    task: Task
    reason: str
    """One line: no reference, the compiler's first error, or why it is unscored."""


def usable_references(
    tasks: Sequence[Task], compiler: Compiler
) -> tuple[list[Task], list[RejectedReference]]:
    """Split tasks into those whose reference compiles and the others, with reasons.

    Order is kept. A task without a reference, or whose reference is unscored, is left out.

    Raises:
        UserError: no task is left.
    """
    kept: list[Task] = []
    rejected: list[RejectedReference] = []
    programs = [task.program(task.reference) for task in tasks if task.reference is not None]
    results = iter(check_until_scored(compiler.check, programs))
    for task in tasks:
        reason = "no reference" if task.reference is None else _why_not(next(results))
        if reason is None:
            kept.append(task)
        else:
            rejected.append(RejectedReference(task, reason))
    if not kept:
        first = f"; {rejected[0].task.task_id}: {rejected[0].reason}" if rejected else ""
        raise UserError(f"none of {len(tasks)} tasks has a reference that compiles{first}")
    return kept, rejected


def _why_not(result: CompileResult) -> str | None:
    """One line on why a program is not accepted; None if it is."""
    if result.verdict is Verdict.ACCEPTED:
        return None
    if result.verdict is Verdict.UNSCORED:
        return f"unscored ({result.reason})"
    if not result.errors:
        return "rejected"
    error = result.errors[0]
    return f"line {error.line}: {first_line(error.message) or error.code}"
