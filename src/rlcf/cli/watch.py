"""`rlcf watch`: a running (or finished) run in the terminal.

Covers the metrics that training logs. Reads files only, so that it can watch from another terminal.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.live import Live
from rich.table import Table

from rlcf.cli.compare import read_metrics

_BARS = "▁▂▃▄▅▆▇█"
_FIRST = ("reward", "compile_rate", "similarity", "length_ratio", "kl", "entropy", "loss")
_WIDTH = 40


@dataclass(frozen=True)
class Args:
    """Show a run's metrics as they come: the first, the latest, and the way between.

    Examples:
      rlcf watch runs/mine              until Ctrl-C
      rlcf watch runs/mine --once       now, and no more
    """

    run: Annotated[Path, tyro.conf.Positional]
    """The run directory."""
    once: bool = False
    """Show it once and end."""
    every: float = 2.0
    """Seconds between looks."""
    all: bool = False
    """All metrics, not only the most telling."""


def main(args: Args) -> int:
    """Show until stopped."""
    console = Console(highlight=False)
    if args.once:
        console.print(table_of(args.run.name, read_metrics(args.run), args.all))
        return 0
    with Live(console=console, auto_refresh=False) as live:
        while True:
            live.update(table_of(args.run.name, read_metrics(args.run), args.all), refresh=True)
            time.sleep(args.every)


def table_of(name: str, rows: Sequence[dict[str, float]], everything: bool) -> Table:
    """A line for each metric."""
    steps = [row["step"] for row in rows if "step" in row]
    table = Table(title=f"{name}, step {steps[-1] if steps else 0:g}", title_justify="left")
    for title in ("metric", "first", "latest", ""):
        table.add_column(title, justify="right" if title in ("first", "latest") else "left")
    numbers = {k for row in rows for k, v in row.items() if isinstance(v, int | float)} - {"step"}
    chosen = sorted(numbers) if everything else [k for k in _FIRST if k in numbers]
    for metric in chosen:
        values = [float(row[metric]) for row in rows if isinstance(row.get(metric), int | float)]
        table.add_row(metric, f"{values[0]:.4g}", f"{values[-1]:.4g}", sparkline(values))
    return table


def sparkline(values: Sequence[float], width: int = _WIDTH) -> str:
    """Values as bars between their least and their largest, at most `width` of them."""
    known = [v for v in values if v == v]
    if not known:
        return ""
    size = max(1, -(-len(known) // width))
    means = [
        sum(known[i : i + size]) / len(known[i : i + size]) for i in range(0, len(known), size)
    ]
    low, high = min(means), max(means)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BARS[round((v - low) * scale)] for v in means)
