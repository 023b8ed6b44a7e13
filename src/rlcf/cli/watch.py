"""`rlcf watch`: a running (or finished) run in the terminal.

Shows what training logs: progress, metrics, errors by class, guards, a program of the latest step.
Only reads files, so it can watch from another terminal. `watch_view` lays it out.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from rlcf.errors import UserError
from rlcf.runfiles import RunFiles, read_rollouts, read_settings
from rlcf.settings import Checked, Need, Positive


@dataclass(frozen=True)
class Args(Checked):
    """Follow a run: progress, metrics and newest programs.

    Ends when the run has written its model, when its process is gone without having done so (exit
    code 1), or with Ctrl-C; the run goes on.

    Examples:
      rlcf watch runs/mine              until it is finished
      rlcf watch runs/mine --once       now, and no more
    """

    run: Annotated[Path, tyro.conf.Positional]
    """The run directory."""
    once: bool = False
    """Show the run once and exit."""
    every: Positive = 2.0
    """Seconds between updates."""
    all: bool = False
    """All metrics, not only the most telling."""

    NEEDS = (Need(("every",), lambda a: not a.once, "looking more than --once"),)


@dataclass(frozen=True)
class Look:
    """What the files of a run say at one moment."""

    name: str
    """The run's name."""
    config: dict[str, Any]
    """config.json."""
    rows: list[dict[str, Any]]
    """metrics.jsonl."""
    silent: float
    """Seconds since something was last logged."""
    finished: bool
    """Whether the run has written its model after its last step."""
    died: bool
    """Whether it has not, and no process is left that could."""
    sample: dict[str, Any] | None
    """A program of the latest step, drawn at random."""

    @property
    def ended(self) -> bool:
        """Whether there is nothing more to come."""
        return self.finished or self.died

    @property
    def step(self) -> int:
        """The last step that was logged; 0 before the first."""
        return max((int(row["step"]) for row in self.rows if "step" in row), default=0)


def main(args: Args) -> int:
    """Show until the run is finished, or the user has seen enough."""
    from rich.console import Console
    from rich.live import Live

    from rlcf.cli.watch_view import view

    console = Console(highlight=False)
    look = look_at(args.run)
    if args.once or look.ended:
        console.print(view(look, console.size, everything=args.all))
        return int(look.died)
    try:
        with Live(console=console, auto_refresh=False) as live:
            while not look.ended:
                live.update(view(look, console.size, everything=args.all), refresh=True)
                time.sleep(args.every)
                look = look_at(args.run)
            live.update(view(look, console.size, everything=args.all), refresh=True)
    except KeyboardInterrupt:  # how one ends a watch: no error
        pass
    return int(look.died)


def look_at(run: Path) -> Look:
    """Read the run's files; lines and rollouts that are being written are left out.

    Raises:
        UserError: this is no run directory.
    """
    files = RunFiles(run)
    # Asked first: a run that ends meanwhile has then written its model.
    going_on = files.is_written()
    newest = next((f for f in (files.metrics_file, files.config) if f.exists()), None)
    if newest is None:
        raise UserError(f"{run}: not a run directory (no metrics.jsonl and no config.json in it)")
    rows, changed = files.metrics(), newest.stat().st_mtime
    finished = files.policy.exists() and bool(rows) and _newest(files.policy) >= changed
    return Look(
        name=run.resolve().name,
        config=read_settings(files.config),
        rows=rows,
        silent=max(0.0, time.time() - changed),
        finished=finished,
        died=going_on is False and not finished,
        sample=_sample(files),
    )


def _newest(folder: Path) -> float:
    return max((file.stat().st_mtime for file in folder.iterdir()), default=0.0)


def _sample(run: RunFiles) -> dict[str, Any] | None:
    """One completion of the newest file that can be read; the same until there is a newer one."""
    for file in list(run.rollout_files().values())[:-3:-1]:
        try:
            return random.Random(file.name).choice(read_rollouts(file))
        except (OSError, ValueError, IndexError):
            continue  # being written: the one before is whole
    return None
