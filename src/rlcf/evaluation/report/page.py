"""The page put together: template, style, script and the parts that the run gives.

The page carries a content security policy against itself: only its own style and script run, known
by their hashes, and nothing can be fetched. Its size is limited here, too.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from rlcf.evaluation.report import measures
from rlcf.evaluation.report.curves import GUARDS, TRAINING, curves, logged
from rlcf.evaluation.report.programs import Browsed, browsed
from rlcf.evaluation.report.rollouts import Rollouts, rollouts
from rlcf.evaluation.report.tables import steps_table
from rlcf.evaluation.report.text import safe
from rlcf.evaluation.results import ScoreReport, compare
from rlcf.evaluation.signs import verdict
from rlcf.evaluation.statistics import Estimate
from rlcf.outputs import write
from rlcf.tasks.task import Task

SIZE = 4_900_000
"""Bytes of the page at most."""

_SCRIPTS = ("code", "address", "programs", "rollouts", "curves", "theme")
_GUARDING = """<p class="soft">A compiler alone rewards short and empty programs. A run whose
compile rate climbs while its programs get shorter, poorer or all alike is cheating.</p>"""


_Differences = Mapping[str, Estimate]


@dataclass(frozen=True)
class Measured:
    """Measurements of the same tasks before and after."""

    before: ScoreReport
    after: ScoreReport
    tasks: Sequence[Task]
    """Those that both are about."""
    names: tuple[str, str] = ("Before", "After")
    """What the two sides are called."""


@dataclass(frozen=True)
class Run:
    """What a training run left."""

    metrics: Sequence[Mapping[str, Any]]
    """Rows of metrics.jsonl, oldest first."""
    rollouts: Mapping[int, Path]
    """The file of each step's completions, in order."""
    settings: Mapping[str, Any]
    """`config` and `environment`: all settings and versions, shown on demand."""


@dataclass(frozen=True)
class _Section:
    name: str
    heading: str
    content: str
    link: str
    """What the navigation calls it."""


def write_report(
    path: Path,
    *,
    title: str,
    facts: Mapping[str, str],
    measured: Measured | None = None,
    run: Run | None = None,
    seed: int = 0,
) -> None:
    """Write the report, replacing an older one at once when it is complete.

    Args:
        path: the HTML file.
        title: heading of the page.
        facts: what a reader needs to know of the run (model, tasks, seed, time), as text.
        measured: the untouched model and the trained one on tasks; None: the page is of the
            training alone.
        run: the training; None: the page is of the measurements alone.
        seed: of the drawing of programs and of the bootstrap.

    Raises:
        ValueError: there is neither, or the measurements have no task in common.
    """
    if measured is None and run is None:
        raise ValueError("a page of nothing: give measurements or a run")
    write(path, _page(title, facts, measured, run, seed))


def _page(
    title: str,
    facts: Mapping[str, str],
    measured: Measured | None,
    run: Run | None,
    seed: int,
) -> str:
    differences = compare(measured.before, measured.after, seed=seed) if measured else {}
    sections = [*_rates(measured, differences), *_training(run)]
    sections += [*_guards(measured, differences, run), *_errors(measured)]
    data: list[str] = []
    room = SIZE - len("".join(s.content for s in sections).encode()) - 100_000
    if measured is not None:
        # Half of the room at most, where there are other programs too.
        part = room // 2 if run is not None and run.rollouts else room
        section, source = _programs(measured, seed, part)
        sections.append(section)
        data.append(source)
        room -= len(source.encode())
    kept = rollouts(run.rollouts, seed=seed, budget=room) if run is not None else None
    if kept is not None:
        sections.append(_rollouts(kept, seed))
        data.append(f'<script type="application/json" id="rollout-data">{kept.json}</script>')
    style = _resource("page.css")
    script = "\n".join(_resource(f"page.{name}.js") for name in _SCRIPTS)
    return Template(_resource("page.html")).substitute(
        title=safe(title),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        facts="".join(f"<div><dt>{safe(k)}</dt><dd>{safe(v)}</dd></div>" for k, v in facts.items()),
        verdict=_verdict(run),
        settings=_settings(run.settings if run is not None else None),
        first=sections[0].name,
        links="\n".join(f'<a href="#{s.name}">{s.link}</a>' for s in sections),
        sections="\n".join(map(_drawn, sections)),
        data="\n".join(data),
    )


def _rates(measured: Measured | None, differences: _Differences) -> list[_Section]:
    if measured is None:
        return []
    before, after, names = measured.before, measured.after, measured.names
    legend = (
        f'<p class="legend"><span class="key before"></span>{safe(names[0])} '
        f'<span class="key after"></span>{safe(names[1])} '
        '<span class="soft">\N{MIDDLE DOT} bars are 95 % intervals</span></p>'
    )
    content = (
        legend
        + measures.tiles(before, after, differences, names)
        + measures.table(before, after, differences, names)
        + measures.saved(before, after, differences, names)
    )
    return [_Section("results", "Results", content, "Results")]


def _training(run: Run | None) -> list[_Section]:
    metrics = run.metrics if run is not None else []
    drawn = logged(metrics, TRAINING) | logged(metrics, GUARDS)
    if not drawn:
        return []
    content = curves(metrics) + steps_table(metrics, drawn)
    return [_Section("training", "Training", content, "Training")]


def _guards(
    measured: Measured | None, differences: _Differences, run: Run | None
) -> list[_Section]:
    content = ""
    if measured is not None:
        content = measures.guards(measured.before, measured.after, differences, measured.names)
    content += curves(run.metrics if run is not None else [], GUARDS)
    if not content:
        return []
    content = f'{_GUARDING}<div class="guards">{content}</div>'
    return [_Section("guards", "Guards against cheating", content, "Guards")]


def _errors(measured: Measured | None) -> list[_Section]:
    if measured is None:
        return []
    table = measures.errors(measured.before, measured.after, measured.names)
    content = (
        f'<div class="wide" tabindex="0" role="region" aria-label="Errors by class">{table}</div>'
    )
    return [_Section("errors", "What the compiler objected to", content, "Errors")]


def _programs(measured: Measured, seed: int, room: int) -> tuple[_Section, str]:
    """The browser of programs before and after, and its data."""
    before, after = measured.before, measured.after
    known = [t for t in measured.tasks if t.task_id in before.by_task or t.task_id in after.by_task]
    programs = browsed(known, before, after, seed=seed, budget=room)
    names = dict(zip(("before", "after"), map(safe, measured.names), strict=True))
    content = Template(_resource("page.programs.html")).substitute(
        names, which=_browsed(programs, seed)
    )
    source = (
        f'<script type="application/json" id="programs" data-before="{names["before"]}" '
        f'data-after="{names["after"]}">{programs.json}</script>'
    )
    return _Section("browser", "Programs", content, "Programs"), source


def _rollouts(kept: Rollouts, seed: int) -> _Section:
    which = f"All {kept.known} programs of {kept.steps} steps"
    if kept.shown < kept.known:
        which = (
            f"{kept.shown} of {kept.known} programs of {kept.steps} steps, drawn at random "
            f"(seed {seed}), as many as the size of this page allows; "
            "<code>rlcf report RUN --step N</code> makes one of step N"
        )
    which += ", as they were drawn in training. What the compiler objects to is underlined."
    content = Template(_resource("page.rollouts.html")).substitute(which=which)
    return _Section("rollouts", "Programs of each step", content, "Steps")


def _verdict(run: Run | None) -> str:
    if run is None or not run.metrics:
        return ""
    found = verdict(run.metrics, run.settings.get("config") or {})
    tone = {True: "bad", False: "good", None: "soft"}[found.cheating]
    sentence = safe(found.sentence).replace(" %", "\N{NO-BREAK SPACE}%")
    return f'<p class="verdict {tone}">{sentence}</p>'


def _drawn(section: _Section) -> str:
    name = section.name
    return (
        f'<section aria-labelledby="{name}"><h2 id="{name}">{section.heading}</h2>'
        f"{section.content}</section>"
    )


def _resource(name: str) -> str:
    return files("rlcf.evaluation.report").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As Content-Security-Policy names an inline script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _settings(settings: Mapping[str, Any] | None) -> str:
    if not settings:
        return ""
    text = json.dumps(settings, indent=2, ensure_ascii=False, default=str)
    return f"<details><summary>All settings and versions</summary><pre>{safe(text)}</pre></details>"


def _browsed(programs: Browsed, seed: int) -> str:
    if programs.pairs == programs.known:
        which = f"All {programs.pairs} pairs of programs of {programs.tasks} tasks"
    else:
        which = (
            f"{programs.pairs} of {programs.known} pairs of programs, drawn at random, as many as "
            "the size of this page allows"
        )
    return f"{which}, in random order (seed {seed}). What the compiler objects to is underlined."
