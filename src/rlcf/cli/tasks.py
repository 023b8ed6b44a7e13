"""`rlcf tasks`: list, show, export and verify sets of tasks.

Says what a set holds and whether its solutions compile and pass.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from rlcf.outputs import Output
from rlcf.settings import Checked, Count, CountOrNone, Need, Seed
from rlcf.tasks import Task, known_names, load_tasks, write_tasks


@dataclass(frozen=True)
class Args(Checked):
    """List, show, export and verify a set of tasks.

    A set is a JSONL file (mxeval's layout), or a name: `embedded` (Java, shipped with rlcf, no
    download), `embedded-python`, `embedded-cpp` (the same in those languages), or `mbjp`,
    `mathqa-java`, `humaneval-java` (from the Hugging Face hub).
    NAME:SPLIT picks a split. Exit code 0: fine; 1: with --check, a solution fails; 2: bad input.

    Examples:
      rlcf tasks                                     list the names
      rlcf tasks embedded --show 3                   show three tasks in full
      rlcf tasks embedded:test --count 500 --out test.jsonl
      rlcf tasks my-tasks.jsonl --check              do all solutions compile and pass?
      rlcf tasks mbjp --harbor mbjp-harbor           a folder per task for Harbor
    """

    source: Annotated[str | None, tyro.conf.Positional, tyro.conf.arg(metavar="NAME_OR_PATH")] = (
        None
    )
    """A JSONL file or the name of a set; without it, the names are listed."""
    split: str | None = None
    """The split of a named set: train, validation or test."""
    count: Count | None = None
    """At most this many tasks, chosen at random by the seed."""
    seed: Seed = 0
    """Seed of that choice."""
    out: Path | None = None
    """Write the tasks to this JSONL file; it must not exist."""
    check: bool = False
    """Compile every solution and run its tests."""
    class_path: tuple[str, ...] = ()
    """What references are compiled against (docs/languages.md)."""
    harbor: Path | None = None
    """Write the tasks as task folders of Harbor, whose verifier is rlcf, into this new folder."""
    show: CountOrNone = 0
    """Print this many tasks in full."""

    NEEDS = (
        Need(
            ("split", "count", "seed", "out", "check", "class_path", "harbor", "show"),
            lambda a: a.source,
            "a file or the name of a set",
        ),
        Need(("class_path",), lambda a: a.check or a.harbor, "--check or --harbor"),
    )

    def outputs(self) -> list[Output]:
        """The tasks."""
        found = [] if self.out is None else [Output(self.out, kind="new")]
        if self.harbor is not None:
            found.append(Output(self.harbor, option="--harbor", kind="made"))
        return found


def main(args: Args) -> int:
    """Do what `Args` says."""
    if args.source is None:
        print("task sets by name:", ", ".join(known_names()))
        print("or give the path of a JSONL file; `rlcf tasks --help` tells more")
        return 0
    tasks = load_tasks(args.source, split=args.split, limit=args.count, seed=args.seed)
    print(_describe(args.source, tasks))
    for task in tasks[: args.show]:
        print(_show(task))
    if args.out is not None:
        write_tasks(args.out, tasks)
        print(f"wrote {len(tasks)} tasks to {args.out}")
    if args.harbor is not None:
        print(write_harbor(tasks, args.harbor, args.class_path))
    return _check(tasks, args.class_path) if args.check else 0


def write_harbor(tasks: Sequence[Task], out: Path, class_path: Sequence[str]) -> str:
    """Export tasks to Harbor's layout; returns what to tell of it."""
    from rlcf.adapters.harbor import export, image_name

    folders, image = export(tasks, out, class_path), image_name(tasks[0].language, out)
    return (
        f"wrote {len(folders)} tasks to {out}; build their image once: pip wheel --no-deps "
        f"--wheel-dir {out}/image RLCF_CHECKOUT && docker build -t {image} {out}/image"
    )


def _describe(source: str, tasks: Sequence[Task]) -> str:
    languages = ", ".join(sorted({task.language for task in tasks}))
    references = sum(task.reference is not None for task in tasks)
    tests = sum(task.tests is not None for task in tasks)
    return (
        f"{source}: {len(tasks)} tasks ({languages}), "
        f"{references} with a reference, {tests} with tests"
    )


def _show(task: Task) -> str:
    parts = [f"\n=== {task.task_id} ===", task.prompt.rstrip("\n")]
    parts.append((task.reference or "    (no reference)").rstrip("\n"))
    parts.append(f"--- tests ---\n{task.tests.strip()}" if task.tests else "--- no tests ---")
    return "\n".join(parts)


def _check(tasks: Sequence[Task], class_path: Sequence[str]) -> int:
    from rlcf.cli.terminal import progress_bars
    from rlcf.evaluation.score import score_completions

    references = [[] if task.reference is None else [task.reference] for task in tasks]
    with progress_bars({"compile": "compiling", "run": "running tests"}) as progress:
        report = score_completions(tasks, references, progress=progress, class_path=class_path)
    for row in report.rows:
        if row.compiled is not True:
            errors = [d["message"] for d in row.diagnostics if d["severity"] == "error"]
            why = " ".join((errors[0] if errors else row.detail).split())
            print(f"{row.task_id}: the solution is not accepted: {why}")
        elif row.tested and row.outcome != "passed":
            print(f"{row.task_id}: the solution's tests: {row.outcome} {row.detail}".rstrip())
    accepted = sum(row.compiled is True for row in report.rows)
    tested = sum(row.tested for row in report.rows)
    passed = report.outcomes.get("passed", 0)
    print(
        f"{len(report.rows)} references: {accepted} accepted; {tested} with tests: {passed} passed"
    )
    if report.unscored:
        print(f"rlcf: error: {report.unscored} solutions could not be judged", file=sys.stderr)
        return 2
    return 0 if accepted == len(report.rows) and passed == tested else 1
