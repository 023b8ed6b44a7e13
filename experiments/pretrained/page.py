"""Writes the table of a proof on pretrained models into its page.

    python -m experiments.pretrained.page docs/results/pretrained_mbjp.json \\
        --page docs/experiments/pretrained.md

What stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->` is replaced, where NAME is the
result file's stem; the words around it are written by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from experiments.command import run
from experiments.page import interval, table
from rlcf.errors import UserError

RATES = {"compile_rate": "compiles", "execution_rate": "runs", "pass@1": "pass@1"}


@dataclass(frozen=True)
class Args:
    """Write a result's tables into its page."""

    result: Annotated[Path, tyro.conf.Positional]
    """JSON file that experiments.pretrained.proof wrote."""
    page: Path
    """Markdown file that holds the two marks."""


def main(args: Args) -> None:
    """Replace what is between the marks."""
    result, name = json.loads(args.result.read_text(encoding="utf-8")), args.result.stem
    text = args.page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if begin not in text or end not in text:
        raise UserError(f"{args.page} lacks the marks {begin} and {end}")
    head, tail = text.split(begin)[0], text.split(end)[1]
    args.page.write_text(f"{head}{begin}\n{tables(result)}{end}{tail}", encoding="utf-8")
    print(f"wrote {args.page}")


def tables(result: Mapping[str, Any]) -> str:
    """Rates of every arm, and differences: to its base, and of arms to their rivals."""
    policies = {name: arms for name, arms in result.items() if name != "environment"}
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
