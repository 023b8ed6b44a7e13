"""From finished quickstarts to one result file and the tables of docs/experiments/languages.md.

    .venv/bin/python recipes/embedded/languages_result.py runs/quickstart-python* \\
        runs/quickstart-cpp* --out docs/results/languages.json

The page's words are written by hand.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Annotated, Any

import tyro

from rlcf.evaluation.numbers import digits, unit
from rlcf.evaluation.results import ScoreReport, compare

MEASURES = {
    "compile_rate": "compiles",
    "execution_rate": "runs to the end of its tests",
    "pass@1": "passes all tests (pass@1)",
    "length_ratio": "length / solution's length",
    "degenerate_share": "degenerate",
    "distinct_share": "distinct programs",
}
KEPT = (
    *("language", "seed", "steps", "prompts_per_step", "samples_per_prompt", "lr", "kl_coef"),
    *("comparator_weight", "limit"),
)


@dataclass(frozen=True)
class Args:
    """Put the results of quickstarts together."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Run directories of finished quickstarts."""
    out: Path = Path("docs/results/languages.json")
    """The file to write."""
    programs: int = 0
    """Also print so many programs of each run, before and after."""


def main(args: Args) -> None:
    """Write the file, print the tables."""
    results = [result(run) for run in args.runs if (run / "summary.json").exists()]
    args.out.write_text(json.dumps(results, indent=1) + "\n")
    for found in results:
        print("\n".join(table(found)), "\n")
    for run in args.runs if args.programs else ():
        print("\n".join(programs(run, args.programs)), "\n")


def result(run: Path) -> dict[str, Any]:
    """What is kept of a run."""
    before, after = (ScoreReport.load(run / f"{name}.json") for name in ("before", "after"))
    config, environment = (read(run / f"{name}.json") for name in ("config", "environment"))
    steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    differences = compare(before, after)
    measures = {
        name: {
            "before": interval(before.totals[name]),
            "after": interval(after.totals[name]),
            "difference": interval(differences.get(name)),
        }
        for name in MEASURES
    }
    return {
        "config": {name: config[name] for name in KEPT},
        "environment": environment,
        "tasks": before.tasks,
        "samples": len(before.rows),
        "unscored": {"before": before.unscored, "after": after.unscored},
        "measures": measures,
        "error_classes": {"before": before.error_classes, "after": after.error_classes},
        "outcomes": {"before": before.outcomes, "after": after.outcomes},
        "training": {
            "seconds_a_step": median(step["seconds/step"] for step in steps),
            "comparator_accuracy": ends(steps, "comparator/accuracy"),
            "kl": ends(steps, "kl"),
            "degenerate": ends(steps, "degenerate"),
        },
    }


def ends(steps: Sequence[dict[str, Any]], name: str) -> list[float]:
    """Mean of a metric over the first and over the last five steps."""
    values = [step[name] for step in steps if name in step]
    return [mean(values[:5]), mean(values[-5:])]


def interval(estimate: Any) -> dict[str, float] | None:
    """An estimate as JSON."""
    return None if estimate is None else estimate.to_json()


def table(found: dict[str, Any]) -> list[str]:
    """Rows of Markdown."""
    config = found["config"]
    lines = [
        f"{config['language']}, seed {config['seed']}, {found['tasks']} held-out tasks, "
        f"{found['samples']} programs, comparator's accuracy "
        + " to ".join(f"{100 * v:.0f} %" for v in found["training"]["comparator_accuracy"]),
        "",
        "| | before | after | difference (points) | 95 % interval, paired over tasks |",
        "|---|---|---|---|---|",
    ]
    for name, label in MEASURES.items():
        sides = [found["measures"][name][side] for side in ("before", "after", "difference")]
        cells = [digits(name, side["mean"]) + unit(name) for side in sides[:2]]
        change = [digits(name, sides[2][k], signed=True) for k in ("mean", "low", "high")]
        lines.append(
            f"| {label} | {' | '.join(cells)} | {change[0]} | {change[1]} to {change[2]} |"
        )
    return lines


def programs(run: Path, count: int) -> list[str]:
    """Programs of different tasks, drawn from those that training changed."""
    before, after = (ScoreReport.load(run / f"{name}.json").rows for name in ("before", "after"))
    language = read(run / "config.json")["language"]
    fence = "text" if language == "python" else language  # as it is, not as a formatter wants it
    pairs = list(zip(before, after, strict=True))
    random.Random(0).shuffle(pairs)
    different = {b.task_id: (b, a) for b, a in reversed(pairs) if b.completion != a.completion}
    lines = []
    for task_id in list(different)[::-1][:count]:
        lines.append(f"`{task_id}`")
        for name, row in zip(("before", "after"), different[task_id], strict=True):
            errors = [d["message"].splitlines()[0] for d in row.diagnostics]
            said = f" ({errors[0]})" if errors and not row.compiled else ""
            lines += ["", f"{name}: {row.outcome}{said}", "", f"```{fence}"]
            lines += [*row.completion.rstrip().splitlines(), "```"]
        lines.append("")
    return lines


def read(file: Path) -> Any:
    """A JSON file."""
    return json.loads(file.read_text())


if __name__ == "__main__":
    main(tyro.cli(Args))
