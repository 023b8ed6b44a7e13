"""Writes an experiment's results: a table and the curves to its page, the rest beside them.

    python -m experiments.page docs/results/mathqa_java_1m.json \\
        --page docs/experiments/mathqa_java.md

NAME is the result file's stem. What stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->`
is replaced; the words around it are written by hand. Curves go to NAME.svg beside the page; all
tables and sample programs to NAME_tables.md beside the result.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from experiments.command import run
from experiments.curves import figure
from rlcf.errors import UserError
from rlcf.text import decimal

RATES = {
    "compile_rate": "compiles",
    "execution_rate": "runs",
    "pass@1": "pass@1",
    "pass@5": "pass@5",
    "pass@10": "pass@10",
    "pass@100": "pass@100",
}
GUARDS = {
    "length_ratio": "length / solution",
    "degenerate_share": "degenerate",
    "distinct_share": "distinct",
}
DRAWN = ("compile_rate", "length_ratio", "kl", "distinct")


@dataclass(frozen=True)
class Args:
    """Write an experiment's results into its page."""

    result: Annotated[Path, tyro.conf.Positional]
    """JSON file that experiments.arms wrote."""
    page: Path
    """Markdown file that holds the two marks."""


def main(args: Args) -> None:
    """Replace what is between the marks; write all tables beside the result."""
    result, name = json.loads(args.result.read_text(encoding="utf-8")), args.result.stem
    around = surroundings(args.page, name)
    full = args.result.with_name(f"{name}_tables.md")
    full.write_text(f"# {name}: all tables\n\n{tables(result)}\n{programs(result)}\n", "utf-8")
    drawing = args.page.parent / f"{name}.svg"
    parts = [headline(result)]
    if any(arm["curves"] for arm in result["arms"].values()):
        drawing.write_text(figure(result["arms"], DRAWN), encoding="utf-8")
        parts.append(f"![Curves of training: {', '.join(DRAWN)}, by step]({drawing.name})\n")
    folder = Path(os.path.relpath(args.result.parent, args.page.parent)).as_posix()
    parts.append(
        f"[All tables and sample programs]({folder}/{full.name}); "
        f"[all numbers]({folder}/{args.result.name})."
    )
    args.page.write_text("\n".join(parts).join(around), encoding="utf-8")
    print(f"wrote {args.page} and {full}")


def surroundings(page: Path, name: str) -> tuple[str, str]:
    """What stands before and after a result's place on a page, with its marks.

    Raises:
        UserError: the page lacks the marks.
    """
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if begin not in text or end not in text:
        raise UserError(f"{page} lacks the marks {begin} and {end}")
    return f"{text.split(begin)[0]}{begin}\n", f"\n{end}{text.split(end)[1]}"


def headline(result: Mapping[str, Any]) -> str:
    """What compiles and what passes, per arm, and how far that is from the base."""
    settings, rows = result["experiment"], []
    for name, arm in result["arms"].items():
        rates, minus = arm["sampled"]["rates"], arm["sampled"].get("minus_base", {})
        cells = [interval(rates.get(m)) for m in ("compile_rate", "pass@1")]
        cells += [interval(minus.get(m), signed=True) for m in ("compile_rate", "pass@1")]
        rows.append([name, *cells, f"{arm['tokens'] / 1e6:.1f}" if arm["tokens"] else ""])
    head = ["arm", "compiles", "pass@1", "compiles, minus base", "pass@1, minus base"]
    said = (
        f"{result['tasks']} problems, {settings['n']} programs per problem at temperature "
        f"{settings['temperature']}. Percent, and points for differences (paired over problems); "
        "means over seeds, with 95 % intervals over problems.\n"
    )
    return f"{said}\n{table([*head, 'million tokens'], rows)}"


def tables(result: Mapping[str, Any]) -> str:
    """Rates, differences to the base, spread over seeds, guards, error classes."""
    arms, settings = result["arms"], result["experiment"]
    many = f"temperature {settings['temperature']}, {settings['n']} programs per problem"
    parts = [
        f"{result['tasks']} problems. Means over seeds, with 95 % intervals over problems.\n",
        f"**Sampled** ({many})\n",
        rate_table(arms, "sampled", "rates", "million tokens"),
        "\n**Greedy** (one program per problem)\n",
        rate_table(arms, "greedy", "rates"),
        "\n**Minus the base**, sampled, points, paired over problems\n",
        rate_table(arms, "sampled", "minus_base"),
        "\n**Seed by seed**, sampled, percent\n",
        seed_table(arms),
        "\n**Guards**, sampled; the length on held-out problems that have solutions\n",
        guard_table(arms),
        "\n**Errors by class**, percent of sampled programs (a program can have several)\n",
        error_table(arms),
    ]
    if result["differences"]:
        parts += ["\n**Arm against arm**, sampled, points, paired\n", difference_table(result)]
    return "\n".join(parts) + "\n"


def rate_table(arms: Mapping[str, Any], how: str, what: str, cost: str = "") -> str:
    """One row per arm, one column per rate."""
    shown = {n: a[how][what] for n, a in arms.items() if what in a[how]}
    names = [m for m in RATES if any(m in rates for rates in shown.values())]
    signed = what != "rates"
    head = ["arm", *(RATES[m] for m in names), *([cost] if cost else [])]
    rows = []
    for arm, rates in shown.items():
        cells = [interval(rates.get(m), signed=signed) for m in names]
        tokens = arms[arm]["tokens"]
        rows.append([arm, *cells, *([f"{tokens / 1e6:.1f}" if tokens else ""] if cost else [])])
    return table(head, rows)


def seed_table(arms: Mapping[str, Any]) -> str:
    """Compile rate and pass@1 of each seed, for arms with several."""
    rows = []
    for name, arm in arms.items():
        if len(arm["seeds"]) > 1:
            by_seed = arm["sampled"]["by_seed"]
            rates = [f"{100 * s['compile_rate']:.1f}" for s in by_seed]
            passes = [f"{100 * s['pass@1']:.1f}" for s in by_seed if "pass@1" in s]
            rows.append([name, ", ".join(rates), ", ".join(passes)])
    return table(["arm", "compiles", "pass@1"], rows) if rows else "One seed each.\n"


def guard_table(arms: Mapping[str, Any]) -> str:
    """Signs of cheating."""
    rows = []
    for name, arm in arms.items():
        rates = dict(arm["sampled"]["rates"])
        rates |= {k: v for k, v in arm.get("length", {}).get("rates", {}).items() if k in GUARDS}
        cells = []
        for guard in GUARDS:
            value = rates.get(guard)
            cells.append("" if value is None else f"{value['mean']:.3f}")
        kl = arm["curves"].get("kl")
        cells.append(f"{sum(s[-1] or 0 for s in kl) / len(kl):.3f}" if kl else "")
        rows.append([name, *cells])
    return table(["arm", *GUARDS.values(), "KL at the end (nats per token)"], rows)


def error_table(arms: Mapping[str, Any]) -> str:
    """Share of programs with an error of each class."""
    classes = list(dict.fromkeys(c for arm in arms.values() for c in arm["error_classes"]))
    rows = [
        [name, *(f"{100 * arm['error_classes'].get(c, 0):.2f}" for c in classes)]
        for name, arm in arms.items()
    ]
    return table(["arm", *(c.replace("_", " ") for c in classes)], rows)


def difference_table(result: Mapping[str, Any]) -> str:
    """Each pair of arms once."""
    rows, seen = [], set()
    for pair, values in result["differences"].items():
        one, other = pair.split(" - ")
        if (other, one) in seen:
            continue
        seen.add((one, other))
        names = ("compile_rate", "execution_rate", "pass@1")
        rows.append([f"{one} − {other}", *(interval(values.get(n), signed=True) for n in names)])
    return table(["arms", "compiles", "runs", "pass@1"], rows)


def interval(value: Mapping[str, float] | None, *, signed: bool = False) -> str:
    """In percent, or points with a sign."""
    if value is None:
        return ""
    form = "+.1f" if signed else ".1f"
    mean, low, high = (decimal(100 * value[k], form) for k in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"


def programs(result: Mapping[str, Any]) -> str:
    """Sample programs of the base and of the arms, folded."""
    arms = [n for n in result["arms"] if any(n in row for row in result["programs"])]
    shown = [n for n in arms if n == "base" or not n.startswith("base-")]
    rows = {row["task_id"]: {name: row[name] for name in shown} for row in result["programs"]}
    return folded(rows)


def folded(programs: Mapping[str, Mapping[str, Any]]) -> str:
    """Task -> arm -> program, a fold per task."""
    parts = []
    for task_id, arms in programs.items():
        parts.append(f'<details markdown="1"><summary>{task_id}</summary>\n')
        for name, said in arms.items():
            errors = f": {'; '.join(said['errors'])}" if said["errors"] else ""
            fence = "`" * max(3, 1 + longest_fence(said["completion"]))
            body = said["completion"].rstrip()
            parts.append(f"{name} ({said['outcome']}{errors})\n\n{fence}java\n{body}\n{fence}\n")
        parts.append("</details>")
    return "\n".join(parts)


def longest_fence(text: str) -> int:
    """Length of the longest run of backticks."""
    return max((len(run) for run in re.findall("`+", text)), default=0)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    run(main, Args, __doc__)
