"""Writes the tables of docs/languages.md from benchmarks/results/languages.json.

What a difference from the baseline comes from was found by reading the program; those words stand
in language_differences.json.

    python benchmarks/languages_table.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
_HEAD = (
    "| language | model samples: rows | compile | pass | agree "
    "| references: rows | accepted | pass | agree |\n|---|---|---|---|---|---|---|---|---|"
)
_SPEED = "| language | checks/s | runs/s | baseline/s | runs to baseline |\n|---|---|---|---|---|"

_NO_REFERENCES = {"perl", "go", "scala"}


def table(results: dict[str, Any], why: dict[str, str]) -> str:
    """The rows in Markdown, and every difference."""
    verdicts, speeds, differences = [_HEAD], [_SPEED], []
    for name, entry in results.items():
        cells = [c for kind in ("samples", "canonical") for c in _cells(name, kind, entry)]
        verdicts.append(f"| {name} | {' | '.join(cells)} |")
        if "speed" in entry:
            s = entry["speed"]
            speeds.append(
                f"| {name} | {s['checks_per_second']} | {s['runs_per_second']} "
                f"| {s['baseline_per_second']} | {s['ratio']} |"
            )
        for kind in ("samples", "canonical"):
            differences += [_said(kind, d, why) for d in entry.get(kind, {}).get("differences", [])]
    intro = "\nEvery difference from the baseline:\n"
    return "\n".join([*verdicts, "", *speeds, intro, *differences])


def _cells(name: str, kind: str, entry: dict[str, Any]) -> list[str]:
    if kind not in entry:
        none = kind == "canonical" and name in _NO_REFERENCES
        return ["none in the set" if none else "not compared", "", "", ""]
    part = entry[kind]
    rows = part["rows"]
    shares = (part["accepted"] / rows, part["passed"] / rows, part["agreement"])
    return [str(rows), *(f"{100 * share:.1f} %" for share in shares)]


def _said(kind: str, d: dict[str, Any], why: dict[str, str]) -> str:
    what = "reference" if kind == "canonical" else "sample"
    base = "not compiled" if not d["baseline"][0] else "passed" if d["baseline"][1] else "failed"
    words = why.get(f"{d['task_id']} {what}", "not looked into")
    return f"- {d['task_id']}, {what}: ours {', '.join(d['ours'])}; baseline {base}: {words}"


def replaced(page: str, results: dict[str, Any], why: dict[str, str]) -> str:
    """The page with its tables made anew."""
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n{table(results, why)}\n{END}{rest.partition(END)[2]}"


def load() -> tuple[dict[str, Any], dict[str, str]]:
    """The results, and the reasons of differences."""
    results = json.loads((_ROOT / "benchmarks" / "results" / "languages.json").read_text())
    why = json.loads((_ROOT / "benchmarks" / "language_differences.json").read_text())
    return results, why


def main() -> None:
    """Rewrite the page."""
    path = _ROOT / "docs" / "languages.md"
    path.write_text(replaced(path.read_text(encoding="utf-8"), *load()), encoding="utf-8")


if __name__ == "__main__":
    main()
