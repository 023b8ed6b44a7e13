"""Progress of a run, for people: one line per step, and the time left.

Plain lines, readable in a terminal and in a log file alike.
"""

from __future__ import annotations

import time

from rich.console import Console

from rlcf.text import decimal

_COLUMNS = (
    ("compile", "compile_rate", "6.1%"),
    ("reward", "reward", "+6.3f"),
    ("similar", "similarity", "+6.3f"),
    ("KL", "kl", "6.4f"),
    ("length", "length_ratio", "5.2f"),
    ("cmp.acc", "comparator/accuracy", "5.0%"),
)


def duration(seconds: float) -> str:
    """Seconds as m:ss or h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class StepPrinter:
    """Prints steps of a run of known length."""

    def __init__(self, console: Console, first_step: int, last_step: int) -> None:
        self.console, self.first, self.last = console, first_step, last_step
        self.start = time.monotonic()

    def __call__(self, step: int, metrics: dict[str, float]) -> None:
        """Print one step's line."""
        done = step - self.first
        left = (time.monotonic() - self.start) / max(1, done) * (self.last - step)
        parts = [
            f"{title} {decimal(metrics[name], form)}"
            for title, name, form in _COLUMNS
            if name in metrics
        ]
        speed = metrics["programs"] / metrics["seconds/step"]
        if "validation/select" in metrics:
            parts.append(f"validation {metrics['validation/select']:.3f}")
        line = f"step {step:4}/{self.last}  {'  '.join(parts)}  {speed:4.0f} programs/s"
        self.console.print(f"{line}  {duration(left)} left", highlight=False, soft_wrap=True)
