"""How far to go from a base to what was trained from it: held-out rates along the way.

    python -m experiments.shares --base recipes/mathqa_java/base-1m-32 \\
        --models runs/a/policy runs/b/policy --tasks runs/mathqa/held_out.jsonl \\
        --name "two seeds" --out runs/shares.json

Merges the models' weights (`rlcf merge`) at each share and evaluates the result; adds a series to
the file. Without --out it prints only. Does not train, and chooses nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import experiments.waiting  # noqa: F401 - before torch
from experiments.command import run
from rlcf.device import use_threads
from rlcf.evaluation.evaluate import evaluate_policy
from rlcf.outputs import write
from rlcf.policy.merging import merged_policy
from rlcf.policy.sampling import SamplingConfig
from rlcf.tasks import load_tasks

SHOWN = ("compile_rate", "pass@1", "length_ratio")


@dataclass(frozen=True)
class Args:
    """Evaluate merges at several shares."""

    base: str
    """The model that the others were trained from."""
    models: tuple[str, ...]
    """Policies to average."""
    tasks: str
    """Held-out tasks, never those of the final test, by which nothing may be chosen."""
    name: str
    """Name of the series in the file."""
    out: Path | None = None
    """JSON file to add the series to."""
    shares: tuple[float, ...] = (0.25, 0.5, 0.75, 1.0)
    """Shares to try; 0 is the base."""
    n: int = 4
    """Programs per task."""
    temperature: float = 0.8
    """Sampling temperature."""
    max_new_tokens: int = 256
    """Most tokens per program."""
    threads: int = 0
    """Cores for torch; 0 takes all."""


def main(args: Args) -> None:
    """Measure each share, then write."""
    use_threads(args.threads or None)
    tasks = load_tasks(args.tasks)
    sampling = SamplingConfig(args.temperature, None, args.max_new_tokens)
    points: list[dict[str, Any]] = []
    for share in args.shares:
        policy = merged_policy(args.models, base=args.base, share=share)
        report = evaluate_policy(policy, tasks, n=args.n, sampling=sampling, seed=0, ks=(1,))
        rates = {k: v.to_json() for k in SHOWN if (v := report.totals[k]) is not None}
        points.append({"share": share, "rates": rates})
        shown = ", ".join(f"{k} {v['mean']:.3f}" for k, v in rates.items())
        print(f"{args.name}, share {share:g}: {shown}", flush=True)
    if args.out is not None:
        found = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else {}
        series = {"models": len(args.models), "tasks": len(tasks), "n": args.n, "points": points}
        found[args.name] = series
        args.out.parent.mkdir(parents=True, exist_ok=True)
        write(args.out, json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    run(main, Args, __doc__)
