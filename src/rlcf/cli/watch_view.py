"""How `rlcf watch` looks: from what a run's files say to lines in the terminal.

Programs are hostile text: their control characters are made visible before they are printed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.console import ConsoleDimensions, Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from rlcf.cli.watch import Look
from rlcf.evaluation.report.text import visible
from rlcf.evaluation.signs import signs
from rlcf.text import decimal, first_line, lines_of
from rlcf.training.progress import duration

_BARS = "▁▂▃▄▅▆▇█"
_FIRST = (
    "reward",
    "compile_rate",
    "similarity",
    "comparator/accuracy_running",
    "length_ratio",
    "degenerate",
    "distinct",
    "kl",
    "entropy",
    "loss",
    "validation_loss",
    "validation/compile_rate",
)
"""Metrics that are shown without `--all`."""
_PERCENT = frozenset(
    {"compile_rate", "degenerate", "distinct", "unscored", "validation/compile_rate"}
    | {"comparator/accuracy", "comparator/accuracy_running", "finished"}
)
_RECENT = 5
"""Steps that the speed is taken from."""
_UNSCORED = 0.05
"""Share of programs without a verdict that is worth a word."""
_WIDTH = 40
"""Bars of a sparkline at most."""
_LINES = 14
"""Lines of a program at most."""


def view(look: Look, size: ConsoleDimensions, *, everything: bool) -> RenderableType:
    """The run, in at most the terminal's height where the metrics leave room."""
    head = _head(look, size.width)
    if not look.rows:
        waiting = Text("waiting for the first step ...", style="dim")
        return Group(head, _died(look) if look.died else waiting)
    table = metrics_table(look.rows, everything=everything, width=size.width)
    parts: list[RenderableType] = [head, table, *_errors(look.rows[-1]), *_warnings(look)]
    # What is not the program: the lines above, the panel's frame and its message.
    room = size.height - table.row_count - len(parts) - 7
    if look.sample is not None and room >= 3:
        parts.append(_program(look.sample, min(room, _LINES)))
    if look.finished:
        parts.append(Text("finished: the model is in its folder policy", style="green"))
    if look.died:
        parts.append(_died(look))
    return Group(*parts)


def _died(look: Look) -> RenderableType:
    """What to do about a run whose process is gone."""
    told = f"stopped after step {look.step} without an end: no process writes to it any more; "
    return Text(f"{told}the same command with --resume goes on", style="red")


def _head(look: Look, width: int) -> RenderableType:
    planned = int(look.config.get("steps") or 0)
    what = [escape(str(look.config[k])) for k in ("model", "algorithm") if look.config.get(k)]
    steps = f"step {look.step}" + (f" of {planned}" if planned else "")
    facts = [f"[bold]{escape(look.name)}[/bold]", *what, steps, *_speed(look, planned)]
    line = Text.from_markup(" · ".join(facts))
    if not planned:
        return line
    bar = Table.grid()  # a bar by itself does not end its line
    bar.add_row(ProgressBar(total=planned, completed=look.step, width=min(width, 72)))
    return Group(line, bar)


def _speed(look: Look, planned: int) -> list[str]:
    timed = [row for row in look.rows if row.get("seconds/step")][-_RECENT:]
    if not timed:
        return []
    seconds = sum(row["seconds/step"] for row in timed) / len(timed)
    programs = sum(row.get("programs", 0) for row in timed) / len(timed)
    found = [f"{programs / seconds:.0f} programs/s"] if programs else []
    if planned > look.step and not look.ended and not _is_silent(look):
        found.append(f"about {duration(seconds * (planned - look.step))} left")
    return found


def _is_silent(look: Look) -> bool:
    """Whether the next step is long overdue."""
    timed = [row["seconds/step"] for row in look.rows if row.get("seconds/step")]
    return bool(timed) and not look.ended and look.silent > 60 + 5 * max(timed[-_RECENT:])


def metrics_table(rows: Sequence[dict[str, Any]], *, everything: bool, width: int = 80) -> Table:
    """A line for each metric: the first, the latest, and the way between."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("metric", "first", "latest", ""):
        table.add_column(
            title, justify="right" if title in ("first", "latest") else "left", no_wrap=True
        )
    numbers = {k for row in rows for k, v in row.items() if isinstance(v, int | float)} - {"step"}
    chosen = sorted(numbers) if everything else [k for k in _FIRST if k in numbers]
    bars = max(8, min(_WIDTH, width - 54))
    for metric in chosen:
        values = [float(row[metric]) for row in rows if isinstance(row.get(metric), int | float)]
        table.add_row(
            escape(metric),
            _value(metric, values[0]),
            _value(metric, values[-1]),
            sparkline(values, bars),
        )
    return table


def sparkline(values: Sequence[float], width: int = _WIDTH) -> str:
    """Values as bars between their least and their largest, at most `width` of them."""
    known = [v for v in values if math.isfinite(v)]
    if not known:
        return ""
    size = max(1, -(-len(known) // width))
    means = [
        sum(known[i : i + size]) / len(known[i : i + size]) for i in range(0, len(known), size)
    ]
    low, high = min(means), max(means)
    scale = (len(_BARS) - 1) / (high - low) if high > low else 0.0
    return "".join(_BARS[round((v - low) * scale)] for v in means)


def _value(metric: str, value: float) -> str:
    return decimal(value, ".1%" if metric in _PERCENT else ".4g")


def _errors(row: dict[str, Any]) -> list[RenderableType]:
    shares = {k[7:]: v for k, v in row.items() if k.startswith("errors/")}
    if not shares:
        return []
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    text = ", ".join(f"{name.replace('_', ' ')} {share:.1%}" for name, share in ordered)
    return [Text(f"rejected for: {text}")]


def _warnings(look: Look) -> list[RenderableType]:
    """What a cheating, collapsing or silent run looks like."""
    found = signs(look.rows, look.config)
    if _is_silent(look):
        found.insert(0, f"no step for {duration(look.silent)}: was it stopped?")
    unscored = [row["unscored"] for row in look.rows[-_RECENT:] if "unscored" in row]
    if unscored and sum(unscored) / len(unscored) > _UNSCORED:
        share = decimal(100 * sum(unscored) / len(unscored), ".1f")
        found.append(f"{share} % of the programs could not be judged")
    return [Text(f"look here: {text}", style="yellow") for text in found]


def _program(sample: dict[str, Any], lines: int) -> RenderableType:
    verdict = str(sample.get("verdict", ""))
    colour = {"accepted": "green", "rejected": "red"}.get(verdict, "yellow")
    reward = sample.get("reward")
    title = f"{visible(str(sample.get('task_id', '')))} · {verdict}"
    if isinstance(reward, int | float):
        title += f" · reward {decimal(reward, '+.2f')}"
    text = visible(str(sample.get("completion", ""))).rstrip()
    kept = lines_of(text)[:lines]
    if len(lines_of(text)) > lines:
        kept[-1] = "..."
    language = str(sample.get("language") or "java")  # older runs do not name it
    parts: list[RenderableType] = [
        Syntax("\n".join(kept), language, background_color="default", word_wrap=False)
    ]
    errors = [d for d in sample.get("diagnostics") or [] if d.get("severity") == "error"]
    if errors:
        message = first_line(visible(str(errors[0].get("message", ""))))
        parts.append(Text(f"line {errors[0].get('line')}: {message}", style="red"))
    return Panel(
        Group(*parts),
        title=Text(title, overflow="ellipsis"),
        title_align="left",
        border_style=colour,
    )
