"""Writes the tables of docs/languages.md from benchmarks/results/languages.json.

The cause of each difference from the baseline was found by reading the program;
language_differences.json holds it.

    python benchmarks/languages_table.py
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
_HEAD = (
    "| language | model samples: rows | compile | pass | agree "
    "| references: rows | accepted | pass | agree |\n|---|---|---|---|---|---|---|---|---|"
)
_SPEED = "| language | checks/s | runs/s | baseline/s | runs to baseline |\n|---|---|---|---|---|"

_CAUSES = "| rows | ours | baseline | cause | count |\n|---|---|---|---|---|"
_INTRO = (
    "Every difference from the baseline, by cause "
    "([each task](../benchmarks/results/languages.json)):\n"
)
_KINDS = {"samples": "sample", "canonical": "reference"}
_NO_REFERENCES = {"perl", "go", "scala"}


def table(results: dict[str, Any], why: dict[str, str]) -> str:
    """The rows in Markdown, and the differences, counted by cause."""
    verdicts, speeds, differences = [_HEAD], [_SPEED], Counter[str]()
    for name, entry in results.items():
        cells = [c for kind in _KINDS for c in _cells(name, kind, entry)]
        verdicts.append(f"| {name} | {' | '.join(cells)} |")
        if "speed" in entry:
            s = entry["speed"]
            speeds.append(
                f"| {name} | {s['checks_per_second']} | {s['runs_per_second']} "
                f"| {s['baseline_per_second']} | {s['ratio']} |"
            )
        for kind, word in _KINDS.items():
            found = entry.get(kind, {}).get("differences", [])
            differences.update(f"| {name}, {word}s | {_said(word, d, why)}" for d in found)
    causes = [f"{said} | {count} |" for said, count in differences.items()]
    return "\n".join([*verdicts, "", *speeds, "", _INTRO, _CAUSES, *causes])


def _cells(name: str, kind: str, entry: dict[str, Any]) -> list[str]:
    if kind not in entry:
        none = kind == "canonical" and name in _NO_REFERENCES
        return ["none in the set" if none else "not compared", "", "", ""]
    part = entry[kind]
    rows = part["rows"]
    shares = (part["accepted"] / rows, part["passed"] / rows, part["agreement"])
    return [str(rows), *(f"{100 * share:.1f} %" for share in shares)]


def _said(word: str, d: dict[str, Any], why: dict[str, str]) -> str:
    base = "not compiled" if not d["baseline"][0] else "passed" if d["baseline"][1] else "failed"
    words = why.get(f"{d['task_id']} {word}", "not looked into")
    return f"{', '.join(d['ours'])} | {base} | {words}"


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
