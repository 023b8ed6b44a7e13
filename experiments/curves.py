"""Training curves of several arms as one SVG, small multiples, one line per seed.

Colours hold against white and black backgrounds; each line is named at its side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

COLOURS = ("#3b7dd8", "#d1603d", "#3a9a5b", "#a05bb5", "#8a8a2e", "#c2478a")
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 360, 200, 46, 92, 26, 22


def figure(arms: Mapping[str, Any], metrics: Sequence[str]) -> str:
    """The SVG's text."""
    drawn = [m for m in metrics if any(m in arm["curves"] for arm in arms.values())]
    names = [name for name, arm in arms.items() if arm["curves"]]
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    panels = []
    for i, metric in enumerate(drawn):
        x, y = i % 2 * _WIDTH, i // 2 * _HEIGHT
        lines = {n: arms[n]["curves"].get(metric, []) for n in names}
        panels.append(f'<g transform="translate({x},{y})">{_panel(metric, lines, colours)}</g>')
    width, height = 2 * _WIDTH, -(-len(drawn) // 2) * _HEIGHT
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="11" fill="none" stroke-width="1.3">'
        f"{''.join(panels)}</svg>\n"
    )


def _panel(
    metric: str, lines: Mapping[str, Sequence[Sequence[float | None]]], colours: Mapping[str, str]
) -> str:
    values = [v for runs in lines.values() for run in runs for v in run if v is not None]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    steps = max((len(run) for runs in lines.values() for run in runs), default=1)
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def at(step: int, value: float) -> tuple[float, float]:
        across = step / max(1, steps - 1) * (right - _LEFT)
        return _LEFT + across, bottom - (value - low) / span * (bottom - _TOP)

    parts = [
        f'<text x="{_LEFT}" y="16" fill="#808080" font-weight="bold">{escape(metric)}</text>',
        f'<path d="M{_LEFT} {_TOP}V{bottom}H{right}" stroke="#808080"/>',
        _text(_LEFT - 4, _TOP + 8, f"{high:.3g}", "end"),
        _text(_LEFT - 4, bottom, f"{low:.3g}", "end"),
        _text(right, _HEIGHT - 6, f"step {steps}", "end"),
    ]
    labels: list[tuple[float, str]] = []
    for name, runs in lines.items():
        for run in runs:
            points = [at(i, v) for i, v in enumerate(run) if v is not None]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            parts.append(f'<polyline points="{path}" stroke="{colours[name]}"/>')
        if runs and any(v is not None for v in runs[0]):
            last = [v for v in runs[0] if v is not None][-1]
            labels.append((at(0, last)[1], name))
    place = 0.0
    for y, name in sorted(labels):
        place = max(y + 4, place + 12)  # names do not overlap
        label = escape(name)
        parts.append(f'<text x="{right + 5}" y="{place:.0f}" fill="{colours[name]}">{label}</text>')
    return "".join(parts)


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="#808080">{text}</text>'
