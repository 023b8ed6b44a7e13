"""`rlcf report`: the page of a training run, with what was measured before and after it.

Takes run directories with before.json and after.json (`rlcf quickstart` leaves them), with
measurements given, or with none.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from rlcf.cli.compare import PAGE, load_scores, measured, write_page
from rlcf.cli.runs import measured_tasks
from rlcf.errors import UserError
from rlcf.outputs import Output
from rlcf.runfiles import RunFiles, read_settings
from rlcf.settings import Checked, Count, Seed

if TYPE_CHECKING:
    from rlcf.evaluation.report import Measured

_SIDES = ("before", "after")


@dataclass(frozen=True)
class Args(Checked):
    """Write one self-contained HTML file that shows what a run did and changed.

    Curves, guards and the programs of each step come from the training; rates need measurements.

    Examples:
      rlcf report runs/quickstart
      rlcf report runs/mine --step 40           all programs of one step
      rlcf report runs/mine --before base.json --after mine.json --tasks mbjp
    """

    run: Annotated[Path, tyro.conf.Positional]
    """The run directory."""
    tasks: str | None = None
    """The tasks that were measured; by default the run's own."""
    before: Path | None = None
    """Scores before training; RUN/before.json by default, if both are there."""
    after: Path | None = None
    """Scores after training; RUN/after.json by default, if both are there."""
    out: Path | None = None
    """The file; RUN/report.html by default."""
    title: str | None = None
    """Heading of the page; the run's name by default."""
    step: Count | None = None
    """Show the programs of this step alone; by default of each step as many as a page of 5 MB
    allows."""
    seed: Seed = 0
    """Seed of the choice of programs and of the bootstrap."""

    @property
    def page(self) -> Path:
        """The file that is written."""
        return self.out or self.run / "report.html"

    def outputs(self) -> list[Output]:
        """The page; none where there is no such run."""
        from rlcf.tasks.loaders import path_of

        reads = (self.run, self.before, self.after, self.tasks and path_of(self.tasks))
        known = self.out is not None or self.run.is_dir()
        return [Output(self.page, reads=reads, begins=PAGE)] if known else []


def main(args: Args) -> int:
    """Write the page."""
    if not args.run.is_dir():
        raise UserError(f"{args.run}: no such folder")
    title = args.title or args.run.resolve().name
    found = _measurements(args)
    write_page(args.page, title, found, args.run, args.seed, args.step)
    print(f"wrote {args.page}")
    if found is None:
        missing = next(s for s in _SIDES if not (args.run / f"{s}.json").exists())
        print(f"for rates before and after on held-out tasks: {_how_to_measure(args, missing)}")
    return 0


def _measurements(args: Args) -> tuple[Measured, dict[str, str]] | None:
    """What was measured; None where the page is to be of the training alone."""
    files = [
        given or args.run / f"{side}.json"
        for given, side in zip((args.before, args.after), _SIDES, strict=True)
    ]
    there = [file.exists() for file in files]
    if not all(there) and not (args.before or args.after or args.tasks):
        return None
    for file, side, found in zip(files, _SIDES, there, strict=True):
        if not found:
            raise UserError(f"{file} is not there: {_how_to_measure(args, side)}")
    before, after = map(load_scores, files)
    tasks = args.tasks or measured_tasks(read_settings(RunFiles(args.run).config), after)
    return measured(before, after, tasks)


def _how_to_measure(args: Args, side: str) -> str:
    config = read_settings(RunFiles(args.run).config)
    model = config.get("model", "MODEL") if side == "before" else args.run / "policy"
    tasks, file = args.tasks or "TASKS", args.run / f"{side}.json"
    return f"rlcf evaluate --model {model} --tasks {tasks} --json {file}"
