"""Writes the tables of a proof on pretrained models into its page.

    python -m experiments.pretrained.page docs/results/pretrained_mbjp.json \\
        --page docs/experiments/pretrained.md

What stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->` is replaced, where NAME is the
result file's stem; the words around it are written by hand. Curves of training go to
NAME_POLICY.svg beside the page, sample programs to NAME_programs.md beside the result.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from experiments.command import run
from experiments.curves import figure
from experiments.page import DRAWN, folded, interval, surroundings, table

RATES = {
    "compile_rate": "compiles",
    "execution_rate": "runs",
    "pass@1": "pass@1",
    "pass@1_computed": "not recited",
}


@dataclass(frozen=True)
class Args:
    """Write a result's tables into its page."""

    result: Annotated[Path, tyro.conf.Positional]
    """JSON file that experiments.pretrained.proof wrote."""
    page: Path
    """Markdown file that holds the two marks."""


def main(args: Args) -> None:
    """Replace what is between the marks."""
    policies, name = json.loads(args.result.read_text(encoding="utf-8")), args.result.stem
    around = surroundings(args.page, name)
    listing = args.result.with_name(f"{name}_programs.md")
    listing.write_text(f"# {name}: programs\n\n{programs(policies)}\n", encoding="utf-8")
    parts = [tables(policies)]
    for policy, arms in policies.items():
        if drawn := {key: arm for key, arm in arms.items() if arm["curves"]}:
            picture = args.page.parent / f"{name}_{policy}.svg"
            picture.write_text(figure(drawn, DRAWN), encoding="utf-8")
            said = f"Curves of training {policy}: {', '.join(DRAWN)}, by step"
            parts.append(f"![{said}]({picture.name})\n")
    folder = Path(os.path.relpath(args.result.parent, args.page.parent)).as_posix()
    parts.append(
        f"[Programs before and after]({folder}/{listing.name}); "
        f"[all numbers]({folder}/{args.result.name})."
    )
    args.page.write_text("\n".join(parts).join(around), encoding="utf-8")
    print(f"wrote {args.page} and {listing}")


def programs(policies: Mapping[str, Any]) -> str:
    """The first program of each arm for some tasks, a heading per policy."""
    parts = []
    for policy, arms in policies.items():
        ids = list(dict.fromkeys(i for arm in arms.values() for i in arm["programs"]))
        rows = {
            i: {n: a["programs"][i] for n, a in arms.items() if i in a["programs"]} for i in ids
        }
        parts.append(f"## {policy}\n\n{folded(rows)}\n")
    return "\n".join(parts)


def tables(policies: Mapping[str, Any]) -> str:
    """Rates of every arm, and differences: to its base, and of arms to their rivals."""
    rates, differences = [], []
    for policy, arms in policies.items():
        for name, arm in arms.items():
            cells = [interval(arm.get(rate)) for rate in (*RATES, "pass@5")]
            length = f"{arm['length_ratio']['mean']:.2f}" if "length_ratio" in arm else ""
            cost = f"{arm['tokens'] / 1e6:.2f}" if arm["tokens"] else ""
            warm = f"{arm['temperature']:g}"
            rates.append([policy, name, str(arm["seeds"]), warm, *cells, length, cost])
            minus = {"base": arm.get("minus_base"), **arm.get("minus", {})}
            for other, values in minus.items():
                if values:
                    shown = [interval(values.get(rate), signed=True) for rate in RATES]
                    differences.append([policy, f"{name} - {other}", *shown])
    head = ["policy", "arm", "seeds", "temperature", *RATES.values(), "pass@5"]
    parts = [table([*head, "length / solution", "million tokens"], rates)]
    if differences:
        parts.append(table(["policy", "arms", *RATES.values()], differences))
    return "\n".join(parts)


if __name__ == "__main__":
    run(main, Args, __doc__)
