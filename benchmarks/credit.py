"""Localised credit against terminal credit: programs until a compile rate is reached.

The embedded policy learns from the compiler alone (so that nothing else differs), with the same
prompts in the same order for both arms of a seed. Prompts are not seen twice, so that the compile
rate of a step's own samples, drawn before they are learnt from, is one on unseen tasks. Rates are
means over the last `--window` steps. Runs that were cut short go on; the result is written when
all are done.

    python benchmarks/credit.py --seeds 3
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from pathlib import Path
from typing import Any, Literal, get_args

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: see docs/scaling.md

from rich.console import Console

from java_common import HERE, environment, write

Arm = Literal["terminal", "localised"]
ARMS: tuple[Arm, ...] = get_args(Arm)


def rates_of(arm: Arm, seed: int, args: argparse.Namespace) -> list[float]:
    """Train one arm with one seed; the compile rate of each step."""
    from rlcf.training.config import TrainConfig
    from rlcf.training.train import train

    config = TrainConfig.of(
        model="embedded",
        out=str(args.runs / f"{arm}-{seed}"),
        resume=True,
        limit=args.steps * args.prompts,
        reward="compiler",
        credit=arm,
        steps=args.steps,
        prompts_per_step=args.prompts,
        samples_per_prompt=args.samples,
        max_new_tokens=160,
        lr=args.lr,
        kl_coef=0.05,
        checkpoint_every=5,
        validation="none",
        seed=seed,
    )
    rows = Path(config.out, "metrics.jsonl")
    if not Path(config.out, "policy", "config.json").exists():
        train(config, Console())
    return [json.loads(line)["compile_rate"] for line in rows.read_text().splitlines()]


def smoothed(rates: list[float], window: int) -> list[float]:
    """Mean of each step and the ones before it, `window` in all; shorter at the start left out."""
    return [statistics.mean(rates[i - window : i]) for i in range(window, len(rates) + 1)]


def programs_until(rates: list[float], goal: float, args: argparse.Namespace) -> int | None:
    """Programs drawn when the smoothed rate first reaches the goal, or None."""
    for i, rate in enumerate(smoothed(rates, args.window), args.window):
        if rate >= goal:
            return i * int(args.prompts * args.samples)
    return None


def main() -> None:
    flags = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    flags.add_argument("--seeds", type=int, default=3)
    flags.add_argument("--steps", type=int, default=30)
    flags.add_argument("--prompts", type=int, default=32)
    flags.add_argument("--samples", type=int, default=8)
    flags.add_argument("--lr", type=float, default=1e-4)
    flags.add_argument("--window", type=int, default=4)
    flags.add_argument("--runs", type=Path, default=Path("runs/credit"))
    flags.add_argument("--out", type=Path, default=HERE / "results" / "credit.json")
    args = flags.parse_args()
    seeds: list[dict[str, Any]] = []
    for seed in range(args.seeds):
        rates = {arm: rates_of(arm, seed, args) for arm in ARMS}
        last = {arm: smoothed(rates[arm], args.window)[-1] for arm in ARMS}
        goal = last["terminal"]
        programs = {arm: programs_until(rates[arm], goal, args) for arm in ARMS}
        seeds.append(
            {
                "seed": seed,
                "compile_rate_by_step": {a: [round(r, 4) for r in rates[a]] for a in ARMS},
                "first": {a: round(smoothed(rates[a], args.window)[0], 4) for a in ARMS},
                "last": {a: round(last[a], 4) for a in ARMS},
                "programs_until_terminals_last": programs,
            }
        )
    gains = [s["last"]["localised"] - s["last"]["terminal"] for s in seeds]
    result: dict[str, Any] = {
        "environment": environment(),
        "settings": {k: v for k, v in vars(args).items() if k not in ("runs", "out")},
        "seeds": seeds,
        "last_localised_minus_terminal": {
            "mean": round(statistics.mean(gains), 4),
            "by_seed": [round(g, 4) for g in gains],
        },
    }
    write(args.out, result)


if __name__ == "__main__":
    main()
