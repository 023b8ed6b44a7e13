"""`rlcf compare`: two measurements of the same tasks, paired.

Reads files that `rlcf evaluate --json` and `rlcf score --json` wrote.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from rlcf.cli.runs import scores_file
from rlcf.errors import UserError
from rlcf.outputs import Output
from rlcf.runfiles import RunFiles, read_settings
from rlcf.settings import Checked, Need, Seed

if TYPE_CHECKING:
    from rlcf.evaluation.report import Measured, Run
    from rlcf.evaluation.results import ScoreReport

PAGE = "<!doctype html>"
"""How a page begins."""


@dataclass(frozen=True)
class Args(Checked):
    """Compare two measurements of the same tasks, with 95 % intervals.

    Differences are AFTER minus BEFORE, paired over the tasks that both have; the interval says how
    they would vary over other tasks, not over other seeds of training. Measurements of several
    turns (`rlcf evaluate --repair`, `--retries`) are also compared at equal tokens.

    Examples:
      rlcf evaluate --model base --tasks mbjp --json base.json
      rlcf evaluate --model runs/mine/policy --tasks mbjp --json mine.json
      rlcf compare base.json mine.json
      rlcf compare base.json mine.json --tasks mbjp --html report.html
      rlcf compare runs/one runs/other          what `after.json` in each says
    """

    before: Annotated[Path, tyro.conf.Positional]
    """The baseline: a file of scores, or the directory of a run that was measured."""
    after: Annotated[Path, tyro.conf.Positional]
    """The measurement to compare with it"""
    tasks: str | None = None
    """The tasks that were measured, for the programs in the HTML page."""
    html: Path | None = None
    """Write a page with curves, errors and programs to this file (needs --tasks)."""
    run: Path | None = None
    """Run directory whose curves the page shows."""
    json: bool = False
    """Print JSON instead of a table."""
    seed: Seed = 0
    """Seed of the bootstrap and of the choice of programs."""

    NEEDS = (
        Need(("run",), lambda a: a.html, "--html"),
        Need(("tasks",), lambda a: a.html, "--html"),
        Need(("html",), lambda a: a.tasks, "--tasks"),
    )

    def outputs(self) -> list[Output]:
        """The page."""
        from rlcf.tasks.loaders import path_of

        reads = (self.before, self.after, self.tasks and path_of(self.tasks), self.run)
        return [Output(self.html, "--html", reads=reads, begins=PAGE)] if self.html else []


def main(args: Args) -> int:
    """Compare, print, and write the page."""
    from rlcf.evaluation.results import compare

    before, after = load_scores(scores_file(args.before)), load_scores(scores_file(args.after))
    try:
        difference = compare(before, after, seed=args.seed)
    except ValueError as exc:
        raise UserError(f"{args.before} and {args.after}: {exc}") from exc
    if args.json:
        print(json.dumps({name: estimate.to_json() for name, estimate in difference.items()}))
    else:
        from rich.console import Console

        from rlcf.cli.terminal import show_at_equal_tokens, show_differences

        console, shared = Console(highlight=False), set(before.by_task) & set(after.by_task)
        title = f"{len(shared)} tasks in both"
        labels = {name: name for name in difference}
        show_differences(console, title, before, after, difference, labels)
        if len(before.by_turn) > 1 and len(after.by_turn) > 1:
            show_at_equal_tokens(console, before, after)
    if args.html is not None and args.tasks is not None:
        title = f"{args.before.stem} and {args.after.stem}"
        names = args.before.stem, args.after.stem
        found = measured(before, after, args.tasks, names)
        write_page(args.html, title, found, args.run, args.seed)
        print(f"wrote {args.html}")
    return 0


def load_scores(path: Path) -> ScoreReport:
    """The scores in a file.

    Raises:
        UserError: it cannot be read, or holds something else.
    """
    from rlcf.evaluation.results import ScoreReport

    try:
        return ScoreReport.load(path)
    except (ValueError, KeyError, TypeError) as exc:
        raise UserError(f"{path}: not scores that `rlcf evaluate --json` wrote") from exc


def measured(
    before: ScoreReport,
    after: ScoreReport,
    tasks: str,
    names: tuple[str, str] = ("Before", "After"),
) -> tuple[Measured, dict[str, str]]:
    """Two measurements for a page, and what it is to say of them.

    Raises:
        UserError: the tasks cannot be read, or are others than those measured.
    """
    from rlcf.evaluation.report import Measured
    from rlcf.tasks import load_tasks

    # With the limit that the measurement had, an embedded set gives the same tasks.
    limit = before.tasks if tasks.startswith("embedded") else None
    known = load_tasks(tasks, limit=limit, default_split="test", seed=before.seed)
    if not any(t.task_id in after.by_task for t in known):
        raise UserError(f"none of the tasks of {tasks} was measured: give the same --tasks")
    facts = {"Measured on": f"{after.tasks} tasks of {tasks}, {len(after.rows)} programs"}
    return Measured(before, after, known, names), facts


def write_page(
    path: Path,
    title: str,
    measurements: tuple[Measured, dict[str, str]] | None,
    run: Path | None,
    seed: int,
    step: int | None = None,
) -> None:
    """The HTML report of measurements, of a run, or of both.

    Args:
        path: the file.
        title: its heading.
        measurements: as `measured` gives them.
        run: the run directory.
        seed: of the drawing of programs, and of the bootstrap.
        step: the only one whose programs are to be in it.

    Raises:
        UserError: the run cannot be read or has no such step.
    """
    from rlcf.evaluation.report import run_facts, write_report

    pair, facts = measurements or (None, {})
    training = None if run is None else trained(run, step)
    if training is not None:
        facts = facts | {
            "Run": str(run),
            **run_facts(**training.settings, metrics=training.metrics),
        }
    write_report(path, title=title, facts=facts, measured=pair, run=training, seed=seed)


def trained(run: Path, step: int | None = None) -> Run:
    """A run's training for a page; with the programs of all steps, or of one.

    Raises:
        UserError: it is no run directory, or has no such step.
    """
    from rlcf.evaluation.report import Run

    there = RunFiles(run)
    metrics, files = there.require_metrics(), there.rollout_files()
    if step is not None:
        if step not in files:
            known = f"those of steps {min(files)} to {max(files)}" if files else "none"
            raise UserError(f"{run} has no programs of step {step}; it has {known}")
        files = {step: files[step]}
    settings = {
        "config": read_settings(there.config),
        "environment": read_settings(there.environment),
    }
    return Run(metrics, files, settings)
