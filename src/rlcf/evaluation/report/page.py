"""The page put together: template, style, script and the parts that the run gives.

Covers the policy that the page carries against itself: only its own style and script run,
known by their hashes, and nothing can be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from rlcf.evaluation.report import measures
from rlcf.evaluation.report.curves import GUARDS, curves
from rlcf.evaluation.report.programs import Browsed, browsed
from rlcf.evaluation.report.text import safe
from rlcf.evaluation.results import ScoreReport, compare
from rlcf.outputs import write
from rlcf.tasks.task import Task


def write_report(
    path: Path,
    *,
    title: str,
    facts: Mapping[str, str],
    before: ScoreReport,
    after: ScoreReport,
    tasks: Sequence[Task],
    metrics: Sequence[Mapping[str, Any]],
    settings: Mapping[str, Any] | None = None,
    names: tuple[str, str] = ("Before", "After"),
    seed: int = 0,
) -> None:
    """Write the report, replacing an older one at once when it is complete.

    Args:
        path: the HTML file.
        title: heading of the page.
        facts: what a reader needs to know of the run (model, tasks, seed, time), as text.
        before: scores of the untouched model.
        after: scores of the trained one, over the same tasks.
        tasks: the tasks that both are about.
        metrics: rows of the training log, oldest first; may be empty.
        settings: all settings and versions, shown on demand.
        names: what the two sides are called.
        seed: of the drawing of programs and of the bootstrap.

    Raises:
        ValueError: the two reports have no task in common.
    """
    known = [t for t in tasks if t.task_id in before.by_task or t.task_id in after.by_task]
    differences = compare(before, after, seed=seed)
    programs = browsed(known, before, after, seed=seed)
    figures = curves(metrics)
    style, script = _resource("page.css"), _resource("page.js")
    page = Template(_resource("page.html")).substitute(
        title=safe(title),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
        facts="".join(f"<div><dt>{safe(k)}</dt><dd>{safe(v)}</dd></div>" for k, v in facts.items()),
        settings=_settings(settings),
        before=safe(names[0]),
        after=safe(names[1]),
        tiles=measures.tiles(before, after, differences, names),
        measures=measures.table(before, after, differences, names),
        training=_section("training", "Training", figures),
        training_link='<a href="#training">Training</a>' if figures else "",
        guards=measures.guards(before, after, differences, names) + curves(metrics, GUARDS),
        errors=measures.errors(before, after, names),
        browsed=_browsed(programs, seed),
        programs=programs.json,
    )
    write(path, page)


def _resource(name: str) -> str:
    return files("rlcf.evaluation.report").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """As Content-Security-Policy names an inline script or style."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _section(name: str, heading: str, content: str) -> str:
    if not content:
        return ""
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{heading}</h2>{content}</section>'


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
