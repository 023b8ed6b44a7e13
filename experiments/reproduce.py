"""Repeats a small experiment and compares it with the committed result.

    python -m experiments.reproduce recipes/mathqa_java/small.toml --data DATA \\
        --committed docs/results/mathqa_java_small.json --runs runs/small

DATA is a folder with `train.jsonl` and `test.jsonl` (or `test_even.jsonl`) of MathQA-Java. Prints
both sides of every rate, and ends with status 1 if an interval of one does not meet that of the
other. On the machine that wrote the committed file the numbers are the same; on others rounding
differs, and training with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from experiments import arms
from experiments.agreement import Agreement, report
from experiments.command import run
from rlcf.errors import UserError

COMPARED = ("compile_rate", "execution_rate", "pass@1")
DIVIDED = Path("runs/mathqa")
"""Where the TOML files of recipes/mathqa_java look for fit.jsonl and held_out.jsonl."""
SPLIT = Path(__file__).parents[1] / "recipes" / "mathqa_java" / "split.py"


@dataclass(frozen=True)
class Args:
    """Repeat a small experiment and compare it with the committed result."""

    experiment: Annotated[Path, tyro.conf.Positional]
    """A TOML file such as recipes/mathqa_java/small.toml."""
    data: Path
    """Folder with the data."""
    committed: Path
    """The result to compare with."""
    runs: Path
    """Folder for what is computed; what exists is reused."""
    write: bool = False
    """Write the committed result instead of comparing with it."""
    threads: int = 0
    """Cores for torch; 0 takes all."""


def main(args: Args) -> int:
    """Run and compare; returns the exit status."""
    train, test = find(args.data, "train.jsonl"), find(args.data, "test.jsonl", "test_even.jsonl")
    if not (DIVIDED / "held_out.jsonl").exists():
        subprocess.run([sys.executable, str(SPLIT), str(train), str(DIVIDED)], check=True)
    out = args.runs / "result.json"
    arms.main(
        arms.Args(args.experiment, args.runs, out, set=(f"test={test}",), threads=args.threads)
    )
    result = json.loads(out.read_text(encoding="utf-8"))
    if args.write:
        result["experiment"]["test"] = test.name
        args.committed.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {args.committed}")
        return 0
    committed = json.loads(args.committed.read_text(encoding="utf-8"))
    return report(compare(committed["arms"], result["arms"]))


def find(folder: Path, *names: str) -> Path:
    """The first of these files that is there.

    Raises:
        UserError: none is.
    """
    for name in names:
        if (folder / name).exists():
            return folder / name
    raise UserError(f"no {' nor '.join(names)} in {folder}: give the folder of MathQA-Java's files")


def compare(committed: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[Agreement]:
    """Every rate of every arm."""
    for arm, before in committed.items():
        for rate in COMPARED:
            sides = (side["sampled"]["rates"][rate] for side in (before, here[arm]))
            yield Agreement.of(f"{arm:<18} {rate:<15}", *sides)


if __name__ == "__main__":
    run(main, Args, __doc__)
