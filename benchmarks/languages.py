"""Verdicts of every language on all of MBXP, against plain tools (`language_baseline`).

Model samples and canonical solutions; each difference is listed. Takes hours the first time,
nearly all of it the baseline's; `--log` keeps the baseline's answers, so that it can be stopped
and resumed. Speed is another script's business (`languages_speed.py`), and so is Java's
(`java_agreement.py`, `java_score.py`).

    python benchmarks/languages.py --data ../shared/data/mbxp --log baseline.jsonl
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from language_baseline import LIMITS, Baseline, Item, Plain, items_of, job_of
from rlcf.languages import CompileResult, RunResult, Toolchain
from rlcf.languages.registry import load

LANGUAGES = [
    "python",
    "php",
    "perl",
    "ruby",
    "javascript",
    "csharp",
    "go",
    "cpp",
    "typescript",
    "scala",
    "kotlin",
]
RESULTS = Path(__file__).parent / "results" / "languages.json"


def update(path: Path, name: str, entry: dict[str, Any]) -> None:
    """Put what was measured of a language beside what the file has of it."""
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    results[name] = {**results.get(name, {}), **entry}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def compare(name: str, items: list[Item], baseline: Baseline) -> dict[str, Any]:
    """Our verdicts, the baseline's, and where they differ."""
    jobs = [job_of(item) for item in items]
    with Toolchain(name) as toolchain:
        checked = toolchain.check([job.program for job in jobs])
        ran = toolchain.run(jobs, LIMITS)
    base = baseline.judge(jobs)
    differences = [
        found
        for item, c, r, b in zip(items, checked, ran, base, strict=True)
        if (found := difference(item, c, r, b))
    ]
    return {
        "rows": len(jobs),
        "accepted": sum(c.verdict == "accepted" for c in checked),
        "passed": sum(r.outcome == "passed" for r in ran),
        "unscored": sum(c.verdict == "unscored" for c in checked)
        + sum(r.outcome == "unscored" for r in ran),
        "baseline_compiled": sum(b.compiled for b in base),
        "baseline_passed": sum(b.passed for b in base),
        "agreement": round(1 - len(differences) / len(jobs), 4),
        "differences": differences,
    }


def difference(item: Item, c: CompileResult, r: RunResult, b: Plain) -> dict[str, Any] | None:
    """None where both agree on the program with its tests: does it compile, does it pass?

    A program that compiles alone, but not with its tests, is accepted by `check`; the baseline
    never sees it alone, so that the verdict on both together is what is compared.
    """
    together = r.compile is not None and r.compile.verdict == "accepted"
    compiled = c.verdict == "accepted" and together
    if (compiled, r.outcome == "passed") == (b.compiled, b.passed):
        return None
    return {
        "task_id": item[0]["task_id"],
        "ours": [str(c.verdict), str(r.outcome)],
        "said": (c.errors[0].message if c.errors else c.reason or r.detail)[:300],
        "baseline": [b.compiled, b.passed],
        "baseline_said": b.said[-300:],
    }


def main() -> None:
    """Compare and write the results after each language."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--log", type=Path, help="the baseline's answers, to resume from")
    parser.add_argument("--limit", type=int, help="only so many of each set")
    parser.add_argument("--languages", nargs="*", default=LANGUAGES)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    for name in args.languages:
        language = load(name)()
        if language.missing():
            print(f"{name}: {language.missing()}", flush=True)
            continue
        baseline = Baseline(name, args.log, quick=True)
        canonical, samples = (items[: args.limit] for items in items_of(args.data / name))
        entry: dict[str, Any] = {"tools": language.versions()}
        for kind, items in (("samples", samples), ("canonical", canonical)):
            if not items:
                continue
            entry[kind] = compare(name, items, baseline)
            shown = {k: v for k, v in entry[kind].items() if k != "differences"}
            print(name, kind, shown, flush=True)
            update(args.out, name, entry)


if __name__ == "__main__":
    main()
