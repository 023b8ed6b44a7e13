"""Small curves of training metrics as inline SVG.

Chooses the metrics worth a curve and draws them: a dot per logged step (at most `_POINTS`, evenly
spaced), and a line through their running means.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from rlcf.evaluation.report.text import number, safe

TRAINING = {
    "Compile rate": ("compile_rate",),
    "Mean reward": ("reward", "reward_mean"),
    "Comparator score": ("similarity", "comparator_score"),
    "Comparator accuracy": ("comparator/accuracy_running", "comparator/accuracy"),
    "Compile rate in validation": ("validation/compile_rate",),
    "Passes in validation (pass@1)": ("validation/pass@1",),
    "Loss": ("loss",),
    "Loss in validation": ("validation_loss",),
}
"""Heading -> the keys under which the metric may be logged; the first that occurs is drawn."""

GUARDS = {
    "Length against the solution": ("length_ratio",),
    "Degenerate programs": ("degenerate",),
    "Distinct programs": ("distinct",),
    "KL to the reference policy": ("kl",),
    "Entropy (nats per token)": ("entropy",),
    "Groups without signal": ("groups_without_signal",),
}
"""Curves by which cheating and collapse show."""

_WIDTH, _HEIGHT = 320, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 10, 22
_POINTS = 400
_SMOOTHED = 12
"""From how many points on the line is a running mean rather than the points themselves."""

Points = Sequence[tuple[float, float]]


def curves(
    metrics: Sequence[Mapping[str, Any]], wanted: Mapping[str, Sequence[str]] = TRAINING
) -> str:
    """Figures for the metrics that were logged; empty text if none was."""
    found = logged(metrics, wanted)
    figures = [_figure(heading, _points(metrics, key)) for key, heading in found.items()]
    return f'<div class="curves">{"".join(figures)}</div>' if figures else ""


def logged(
    metrics: Sequence[Mapping[str, Any]], wanted: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """The keys that were logged -> the headings of their curves."""
    found = {}
    for heading, keys in wanted.items():
        key = next((key for key in keys if any(_finite(row.get(key)) for row in metrics)), None)
        if key is not None:
            found[key] = heading
    return found


def running_mean(values: Sequence[float], width: int) -> list[float]:
    """Means over a centred window, shorter at the ends."""
    half = width // 2
    windows = (values[max(0, i - half) : i + half + 1] for i in range(len(values)))
    return [sum(window) / len(window) for window in windows]


def ticks(low: float, high: float, most: int = 4) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) inside [low, high]."""
    span = high - low
    if not span > 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(s * power for s in (1, 2, 5, 10) if span / (s * power) <= most)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def _points(metrics: Sequence[Mapping[str, Any]], key: str) -> list[tuple[float, float]]:
    points = [
        (float(row.get("step", i)), float(row[key]))
        for i, row in enumerate(metrics)
        if _finite(row.get(key))
    ]
    if len(points) <= _POINTS:
        return points
    last = len(points) - 1
    return [points[round(i * last / (_POINTS - 1))] for i in range(_POINTS)]


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _figure(heading: str, points: Points) -> str:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    window = max(3, len(ys) // 10) if len(ys) >= _SMOOTHED else 1
    means = running_mean(ys, window)
    place = _Scale(xs, ys)
    line = " ".join(f"{place.x(x):.1f},{place.y(y):.1f}" for x, y in zip(xs, means, strict=True))
    dots = "".join(f"M{place.x(x):.1f} {place.y(y):.1f}h0" for x, y in points)
    summary = f"{heading}: {number(ys[0])} at first, {number(ys[-1])} at last"
    note = f"{number(ys[0])} → {number(ys[-1])}"
    if window > 1:
        summary += f", drawn as the mean of {window | 1} steps"
        note += f" · line: mean of {window | 1} steps"
    return (
        f'<figure data-points="{safe(_read(points, means, place, window))}">'
        f"<figcaption>{safe(heading)} <small>{note}</small></figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{safe(summary)}">'
        f'{place.axes()}<path class="dots" d="{dots}"/>'
        f'<polyline class="curve" points="{line}"/></svg></figure>'
    )


def _read(points: Points, means: Sequence[float], place: _Scale, window: int) -> str:
    """Where the line passes each point, and what is said of it there, as JSON."""
    found = []
    for (x, y), average in zip(points, means, strict=True):
        text = f"step {number(x)}: {number(y)}" + (
            f", mean {number(average)}" if window > 1 else ""
        )
        found.append([round(place.x(x), 1), round(place.y(average), 1), text])
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


class _Scale:
    """From values to places in the drawing."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        self.left, self.right = min(xs), max(xs)
        low, high = min(ys), max(ys)
        margin = 0.08 * (high - low) or 0.5 * abs(high) or 0.5
        self.low, self.high = low - margin, high + margin
        if low >= 0:  # shares, lengths and distances have nothing below zero
            self.low = max(0.0, self.low)

    def x(self, value: float) -> float:
        span = self.right - self.left
        across = (value - self.left) / span if span > 0 else 0.5
        return _LEFT + across * (_WIDTH - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        up = (value - self.low) / (self.high - self.low)
        return _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM)

    def axes(self) -> str:
        """Grid lines with their numbers, and the first and the last step."""
        grid = "".join(
            f'<path class="grid" d="M{_LEFT} {self.y(t):.1f}H{_WIDTH - _RIGHT}"/>'
            f'<text x="{_LEFT - 6}" y="{self.y(t) + 4:.1f}" text-anchor="end">{number(t)}</text>'
            for t in ticks(self.low, self.high)
        )
        return (
            f'{grid}<text x="{_LEFT}" y="{_HEIGHT - 6}">{number(self.left)}</text>'
            f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 6}" text-anchor="end">'
            f"step {number(self.right)}</text>"
        )
