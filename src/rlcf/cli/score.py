"""`rlcf score`: compile and test completions that anybody's model wrote.

Covers reading both files, matching them, and showing the result. Does not generate
(`rlcf generate`, `rlcf evaluate`).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rlcf.cli.terminal import progress_bars, show_scores
from rlcf.errors import UserError
from rlcf.evaluation.results import ScoreReport
from rlcf.evaluation.score import score_completions
from rlcf.sandbox.base import Limits, Outcome
from rlcf.settings import Checked, Count, Positive, Seed
from rlcf.tasks import Sample, Task, load_tasks, read_samples


@dataclass(frozen=True)
class Args(Checked):
    """Compile completions, run their tests in a sandbox, and report rates with intervals.

    A sample is a JSON line with `task_id`, `completion` and `language` (mxeval's format); a
    task may have several. Tasks without samples are counted and left out of the rates.
    Intervals (95 %) take samples of one task for as alike as they are. Exit code 0: scored; 2: bad
    input, or no sample could be judged.

    Examples:
      rlcf score --tasks tasks.jsonl --samples samples.jsonl --json scores.json
      rlcf score --tasks mbjp --samples samples.jsonl --json scores.json --k 1,5
    """

    tasks: str
    """JSONL file of tasks, or the name of a task set (see `rlcf tasks --help`)."""
    samples: Path
    """JSONL file of samples."""
    json: Path
    """File to write the scores to, replaced if it exists."""
    k: str = "1"
    """The k of pass@k, several with commas; a task counts if it has that many samples."""
    timeout: Positive = Limits.cpu_seconds
    """CPU seconds that one program's tests may take; by the clock, three times that."""
    memory: Count = Limits.memory_mb
    """Heap in MiB that one program may use."""
    class_path: tuple[str, ...] = ()
    """Java: directories and jar files (also `folder/*`) that programs are compiled against."""
    seed: Seed = 0
    """Seed of the length ratio's interval, a bootstrap."""


def main(args: Args) -> int:
    """Score the samples, write the JSON and print a table."""
    ks = parse_ks(args.k)
    if not args.json.parent.is_dir():
        raise UserError(f"{args.json}: the folder {args.json.parent} does not exist")
    every_task = load_tasks(args.tasks)
    tasks, completions = _match(every_task, read_samples(args.samples))
    limits = Limits(3 * args.timeout, args.timeout, args.memory)
    with progress_bars({"compile": "compiling", "run": "running tests"}) as progress:
        report = score_completions(
            tasks,
            completions,
            limits=limits,
            ks=ks,
            progress=progress,
            seed=args.seed,
            class_path=args.class_path,
        )
    report.save(args.json)
    show_scores(report, title=f"{len(report.rows)} samples of {report.tasks} tasks")
    missing = len(every_task) - len(tasks)
    if missing:
        print(f"{missing} of {len(every_task)} tasks have no sample and are left out of the rates")
    print(f"wrote {args.json}")
    if report.unscored:
        print(
            f"rlcf: {report.unscored} of {len(report.rows)} samples could not be judged and are "
            f"left out of the rates; first: {_first_failure(report)}",
            file=sys.stderr,
        )
    return 2 if report.unscored == len(report.rows) else 0


def _first_failure(report: ScoreReport) -> str:
    row = next(row for row in report.rows if row.outcome == Outcome.UNSCORED)
    return f"{row.task_id} sample {row.sample}: {row.detail or 'no reason given'}"


def parse_ks(text: str) -> tuple[int, ...]:
    """`1,5` -> (1, 5).

    Raises:
        UserError: not positive whole numbers with commas.
    """
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise UserError(f"--k takes positive whole numbers with commas, such as 1,5; not {text!r}")
    return tuple(sorted({int(part) for part in parts}))


def _match(tasks: Sequence[Task], samples: Sequence[Sample]) -> tuple[list[Task], list[list[str]]]:
    """The tasks that have samples, and their completions in the file's order."""
    known = {task.task_id: task for task in tasks}
    completions: dict[str, list[str]] = {}
    for sample in samples:
        task = known.get(sample.task_id)
        if task is None:
            raise UserError(f"{sample.where}: no task has the task_id {sample.task_id!r}")
        if sample.language is not None and sample.language.lower() != task.language:
            raise UserError(
                f"{sample.where}: the sample is {sample.language}, its task {task.language}"
            )
        completions.setdefault(sample.task_id, []).append(sample.completion)
    chosen = [task for task in tasks if task.task_id in completions]
    return chosen, [completions[task.task_id] for task in chosen]
