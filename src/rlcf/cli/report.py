"""`rlcf report`: the page of a run that was measured before and after.

Covers run directories with before.json and after.json (`rlcf quickstart` leaves them), or with
measurements given. Does not measure (`rlcf evaluate --json`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from rlcf.cli.compare import PAGE, load_scores, read_settings, write_page
from rlcf.cli.runs import measured_tasks
from rlcf.errors import UserError
from rlcf.outputs import Output
from rlcf.settings import Checked, Seed


@dataclass(frozen=True)
class Args(Checked):
    """Write one HTML file, without any network, that shows what a run changed.

    Examples:
      rlcf report runs/quickstart
      rlcf report runs/mine --before base.json --after mine.json --tasks mbjp
    """

    run: Annotated[Path, tyro.conf.Positional]
    """The run directory."""
    tasks: str | None = None
    """The tasks that were measured; by default the run's own."""
    before: Path | None = None
    """Scores before training; RUN/before.json by default."""
    after: Path | None = None
    """Scores after training; RUN/after.json by default."""
    out: Path | None = None
    """The file; RUN/report.html by default."""
    title: str | None = None
    """Heading of the page; the run's name by default."""
    seed: Seed = 0
    """Of the drawing of programs, and of the bootstrap."""

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
    before = load_scores(args.before or _measured(args, "before"))
    after = load_scores(args.after or _measured(args, "after"))
    title = args.title or args.run.resolve().name
    tasks = args.tasks or measured_tasks(read_settings(args.run, "config"), after)
    write_page(args.page, title, before, after, tasks, args.run, args.seed)
    print(f"wrote {args.page}")
    return 0


def _measured(args: Args, side: str) -> Path:
    file = args.run / f"{side}.json"
    if not args.run.is_dir():
        raise UserError(f"{args.run}: no such folder")
    if not file.exists():
        config = read_settings(args.run, "config")
        model = config.get("model", "MODEL") if side == "before" else args.run / "policy"
        tasks = args.tasks or "TASKS"
        raise UserError(
            f"{file} is not there: rlcf evaluate --model {model} --tasks {tasks} --json {file}"
        )
    return file
