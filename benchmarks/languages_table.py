"""Writes the table of docs/languages.md from benchmarks/results/languages.json.

python benchmarks/languages_table.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
_HEAD = (
    "| language | rows | compiles | passes | agrees | checks/s | runs/s | baseline/s | ratio "
    "| references accepted, passed |\n|---|---|---|---|---|---|---|---|---|---|"
)


def table(results: dict[str, Any]) -> str:
    """The rows in Markdown, and every difference."""
    lines, differences = [_HEAD], []
    for name, entry in results.items():
        if not isinstance(entry, dict):
            continue
        s, c = entry["samples"], entry.get("canonical")
        references = f"{c['accepted']}, {c['passed']} of {c['rows']}" if c else "none in the set"
        lines.append(
            f"| {name} | {s['rows']} | {_share(s['accepted'], s['rows'])} "
            f"| {_share(s['passed'], s['rows'])} | {100 * s['agreement']:.1f} % "
            f"| {s['checks_per_second']} | {s['runs_per_second']} | {s['baseline_per_second']} "
            f"| {s['ratio']} | {references} |"
        )
        differences += [
            f"- {d['task_id']}: ours {', '.join(d['ours'])}; "
            f"baseline {'compiled' if d['baseline'][0] else 'not compiled'}, "
            f"{'passed' if d['baseline'][1] else 'not passed'}"
            + (
                f" (`{_first(d['baseline_said'] or d['said'])}`)"
                if _first(d["said"]) or _first(d["baseline_said"])
                else ""
            )
            for d in s["differences"]
        ]
    return "\n".join([*lines, "", "Every difference from the baseline:", "", *differences])


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


def _first(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[0][:160] if lines else ""


def replaced(page: str, results: dict[str, Any]) -> str:
    """The page with its table made anew."""
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n{table(results)}\n{END}{rest.partition(END)[2]}"


def main() -> None:
    """Rewrite the page."""
    path = _ROOT / "docs" / "languages.md"
    results = json.loads((_ROOT / "benchmarks" / "results" / "languages.json").read_text())
    path.write_text(replaced(path.read_text(encoding="utf-8"), results), encoding="utf-8")


if __name__ == "__main__":
    main()
