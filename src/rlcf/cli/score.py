"""`rlcf score`: compiles and tests completions that anybody's model wrote."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rlcf.cli.terminal import progress_bars, show_scores
from rlcf.errors import UserError
from rlcf.evaluation.answered import Answered, with_missing
from rlcf.evaluation.given import Answers
from rlcf.evaluation.results import BEGINS, ScoreReport
from rlcf.languages.classpath import parse_class_path
from rlcf.languages.outcome import Outcome
from rlcf.languages.registry import known
from rlcf.outputs import Output
from rlcf.sandbox.limits import Limits
from rlcf.settings import Checked, Count, Positive, Seed
from rlcf.tasks import Sample, Task, load_tasks, read_samples
from rlcf.tasks.loaders import path_of
from rlcf.tasks.names import common_name


@dataclass(frozen=True)
class Args(Checked):
    """Compile completions, run their tests in a sandbox, and report rates with intervals.

    A sample is a JSON line with `task_id`, `completion` and `language` (mxeval's format); a
    task may have several. The layouts of EvalPlus, HumanEval-X, MultiPL-E and the BigCode harness
    are read too, gzipped or not. Tasks without samples are counted and left out of the rates.
    Intervals (95 %) allow for samples of one task resembling each other. Exit code 0: scored; 2:
    bad input, or no sample could be judged.

    Examples:
      rlcf score --tasks tasks.jsonl --samples samples.jsonl
      rlcf score --tasks mbjp --samples samples.jsonl --json scores.json --k 1,5
    """

    tasks: str
    """File of tasks, `-` for standard input, or a task set (see `rlcf tasks --help`)."""
    samples: Path
    """File of samples; `-` for standard input."""
    json: Path | None = None
    """File to write the scores to, replaced if it exists; by default they are only shown."""
    k: str = "1"
    """The k of pass@k; separate several with commas; a task counts if it has that many samples."""
    answers: Answers = "auto"
    """What samples are: completions of the prompt, whole programs, or answers of a chat with the
    code in a fence. `auto` recognises each and says what it found."""
    language: str = ""
    """Language of the tasks whose rows do not name it."""
    ignore_extra: bool = False
    """Leave out samples of unknown tasks, rather than stop."""
    missing_fail: bool = False
    """Count tasks without samples as failed, rather than leave them out."""
    timeout: Positive = Limits.cpu_seconds
    """CPU seconds that one program's tests may take; wall time: three times that."""
    memory: Count = Limits.memory_mb
    """Heap in MiB that one program may use."""
    class_path: tuple[str, ...] = ()
    """What programs are compiled against: jar files, classes, headers, packages, modules, crates
    (docs/languages.md)."""
    seed: Seed = 0
    """Seed of the length ratio's interval, a bootstrap."""

    def outputs(self) -> list[Output]:
        """The scores."""
        reads = (path_of(self.tasks), self.samples, *parse_class_path(self.class_path))
        return [Output(self.json, "--json", reads=reads, begins=BEGINS)] if self.json else []


def main(args: Args) -> int:
    """Score the samples, print a table and write the JSON."""
    ks = parse_ks(args.k)
    if args.tasks == "-" == str(args.samples):
        raise UserError("standard input is either the tasks or the samples, not both")
    every_task = load_tasks(args.tasks, language=known(args.language) if args.language else None)
    samples = _of_tasks(every_task, _read_samples(args, every_task), args.ignore_extra)
    given = Answered.of(every_task, samples, args.answers)
    given.tell()
    untested = sum(task.tests is None for task in given.tasks)
    if untested:
        print(
            f"{untested} of {len(given.tasks)} tasks have no tests that can be run: only compiled"
        )
    limits = Limits(3 * args.timeout, args.timeout, args.memory)
    with progress_bars({"compile": "compiling", "run": "running tests"}) as progress:
        report = given.score(
            limits=limits,
            ks=ks,
            progress=progress,
            seed=args.seed,
            class_path=args.class_path,
        )
    missing = [task for task in every_task if task.task_id not in report.by_task]
    if missing:
        _tell_missing(len(missing), len(every_task), args.missing_fail)
    if args.missing_fail:
        report = with_missing(report, missing)
    show_scores(report, title=f"{len(report.rows)} samples of {report.tasks} tasks")
    if args.json is not None:
        report.save(args.json)
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


def _read_samples(args: Args, tasks: Sequence[Task]) -> list[Sample]:
    return read_samples(args.samples, [task.task_id for task in tasks])


def _tell_missing(missing: int, tasks: int, fail: bool) -> None:
    what = "count as failed" if fail else "are left out of the rates (--missing-fail counts them)"
    print(f"over {tasks - missing} of {tasks} tasks: {missing} of {tasks} tasks have no sample")
    print(f"and {what}")


def _of_tasks(tasks: Sequence[Task], samples: Sequence[Sample], ignore: bool) -> list[Sample]:
    """The samples of known tasks, checked; those of unknown ones are an error or are ignored."""
    known_tasks = {task.task_id: task for task in tasks}
    extra = [sample for sample in samples if sample.task_id not in known_tasks]
    if extra:
        first = f"{extra[0].where}: no task has the task_id {extra[0].task_id!r}"
        count = f"{len(extra)} of {len(samples)} samples are of unknown tasks"
        if not ignore:
            raise UserError(f"{first}; {count}: --ignore-extra leaves them out")
        print(f"{count} and are left out; first: {first}")
    kept = [sample for sample in samples if sample.task_id in known_tasks]
    if not kept:
        raise UserError("no sample belongs to any of the tasks: are these the right files?")
    for sample in kept:
        task = known_tasks[sample.task_id]
        if sample.language is not None and common_name(sample.language) != task.language:
            raise UserError(
                f"{sample.where}: the sample is {sample.language}, its task {task.language}"
            )
    return kept
