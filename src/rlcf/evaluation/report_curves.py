"""Small curves of training metrics as inline SVG.

Covers choosing the metrics worth a curve and drawing them. Does not smooth: what is
drawn is what was logged (at most `_POINTS` of the values, evenly spaced).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

CURVES = {
    "Compile rate": ("compile_rate",),
    "Comparator score": ("similarity", "comparator_score"),
    "KL to the reference model": ("kl",),
    "Length against the reference": ("length_ratio",),
    "Entropy (nats a token)": ("entropy",),
    "Mean reward": ("reward", "reward_mean"),
}
"""Heading -> the keys under which the metric may be logged; the first that occurs is drawn."""

_WIDTH, _HEIGHT = 260, 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 38, 8, 8, 18
_POINTS = 400


def curves(metrics: Sequence[Mapping[str, Any]]) -> str:
    """Figures for the metrics that were logged; empty text if none was."""
    figures = []
    for heading, keys in CURVES.items():
        for key in keys:
            points = _points(metrics, key)
            if points:
                figures.append(_figure(heading, points))
                break
    return "".join(figures)


def _points(metrics: Sequence[Mapping[str, Any]], key: str) -> list[tuple[float, float]]:
    points = [
        (float(row.get("step", i)), float(row[key]))
        for i, row in enumerate(metrics)
        if isinstance(row.get(key), int | float) and math.isfinite(row[key])
    ]
    if len(points) <= _POINTS:
        return points
    last = len(points) - 1
    return [points[round(i * last / (_POINTS - 1))] for i in range(_POINTS)]


def _figure(heading: str, points: Sequence[tuple[float, float]]) -> str:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x_low, x_high, y_low, y_high = min(xs), max(xs), min(ys), max(ys)
    flat = y_high == y_low

    def at(x: float, y: float) -> tuple[float, float]:
        across = (x - x_low) / (x_high - x_low) if x_high > x_low else 0.5
        up = 0.5 if flat else (y - y_low) / (y_high - y_low)
        return (
            _LEFT + across * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM),
        )

    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in points))
    end_x, end_y = at(*points[-1])
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    labels = [
        f'<text x="{_LEFT - 4}" y="{_TOP + 8}" text-anchor="end">{_number(y_high)}</text>',
        f'<text x="{_LEFT}" y="{_HEIGHT - 5}">{_number(x_low)}</text>',
        f'<text x="{right}" y="{_HEIGHT - 5}" text-anchor="end">step {_number(x_high)}</text>',
    ]
    if not flat:
        labels.append(
            f'<text x="{_LEFT - 4}" y="{bottom}" text-anchor="end">{_number(y_low)}</text>'
        )
    summary = f"{heading}: {_number(ys[0])} at first, {_number(ys[-1])} at last"
    return (
        f"<figure><figcaption>{escape(heading)} "
        f"<small>{_number(ys[0])} → {_number(ys[-1])}</small></figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(summary)}">'
        f'<path class="axis" d="M{_LEFT} {_TOP}V{bottom}H{right}"/>'
        f'<polyline class="curve" points="{line}"/>'
        f'<circle cx="{end_x:.1f}" cy="{end_y:.1f}" r="2.5"/>{"".join(labels)}</svg></figure>'
    )


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
