"""A training step: rlcf against TRL's GRPOTrainer, same model, tasks, sampling and compile reward.

Three sides, each in a process of its own so that its peak memory is its own:

    rlcf          rlcf's trainer, reward from the warm compile server while it generates
    trl-javac     GRPOTrainer, the usual reward: one javac process a program, two at a time
    trl-warm      GRPOTrainer with rlcf's warm compile server as the reward function

All do one optimiser step on prompts x samples completions with a KL term to the reference model.
The first step of each is for warming up; the median of the others counts. Needs TRL
(`pip install trl`); a GPU is used by all sides where there is one.

    python benchmarks/step_vs_trl.py
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: see docs/scaling.md

from java_common import HERE, environment, write

SIDES = ("rlcf", "trl-javac", "trl-warm")
KL = 0.05
LR = 1e-5


def peak_mb() -> float:
    """The most resident memory that this process ever had, in MiB."""
    text = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(x for x in text.splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def gpu_peak_mb() -> float:
    """The same of the GPU's memory; 0 without one."""
    import torch

    return torch.cuda.max_memory_allocated() / (1 << 20) if torch.cuda.is_available() else 0.0


def run_rlcf(args: argparse.Namespace) -> dict[str, Any]:
    """Our trainer, step by step."""
    from rich.console import Console

    from rlcf.compilers import get_compiler
    from rlcf.device import use_threads
    from rlcf.training.config import TrainConfig
    from rlcf.training.setup import build, training_tasks

    use_threads(args.threads or None)
    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(
            model="embedded",
            limit=args.prompts * (args.steps + 1),
            out=str(Path(folder, "run")),
            reward="compiler",
            algorithm="grpo",
            steps=args.steps + 1,
            prompts_per_step=args.prompts,
            samples_per_prompt=args.samples,
            prompts_per_forward=max(1, args.rows // args.samples),
            max_new_tokens=args.max_new_tokens,
            kl_coef=KL,
            lr=LR,
            precision=args.precision,
            checkpoint_every=args.steps + 1,
        )
        compiler = get_compiler("java")
        tasks = training_tasks(config, compiler, Console(quiet=True))
        rows: list[dict[str, float]] = []
        build(config, tasks, compiler).train(lambda _, metrics: rows.append(metrics))
        compiler.close()
    rows = rows[1:]
    stages = sorted(k for k in rows[0] if k.startswith("seconds/"))
    return {
        "seconds": [row["seconds/step"] for row in rows],
        "stages": {k.removeprefix("seconds/"): mean(r[k] for r in rows) for k in stages},
        "tokens_a_completion": mean(row["tokens"] for row in rows),
        "compile_rate": mean(row["compile_rate"] for row in rows),
    }


def javac_reward(programs: list[str]) -> list[float]:
    """The usual way: a fresh directory and a javac process a program, two at a time."""

    def judge(program: str) -> float:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "Main.java").write_text(program, encoding="utf-8", errors="replace")
            command = ["javac", "-encoding", "UTF-8", "Main.java"]
            done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        return 1.0 if done.returncode == 0 else -1.0

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(judge, programs))


def warm_reward() -> Callable[[list[str]], list[float | None]]:
    """Our verdicts, in the form that TRL takes."""
    from rlcf.compilers import get_compiler

    compiler = get_compiler("java")
    values = {"accepted": 1.0, "rejected": -1.0, "unscored": None}
    return lambda programs: [values[str(r.verdict)] for r in compiler.check(programs)]


def run_trl(args: argparse.Namespace) -> dict[str, Any]:
    """TRL's trainer with the reward of that name."""
    import torch
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import GRPOConfig, GRPOTrainer

    from rlcf.assets import embedded_policy
    from rlcf.device import resolve_autocast, use_threads
    from rlcf.policy.model import load_policy
    from rlcf.tasks import load_tasks

    use_threads(args.threads or None)
    policy = load_policy(embedded_policy("embedded"))
    tasks = load_tasks("embedded:train", limit=args.prompts * (args.steps + 1), seed=0)
    judge = warm_reward() if args.side == "trl-warm" else javac_reward
    rewarding: list[float] = []
    lengths: list[int] = []
    rates: list[bool] = []

    def reward(prompts: list[str], completions: list[str], **_: Any) -> list[float | None]:
        start = time.perf_counter()
        found = judge([p + c for p, c in zip(prompts, completions, strict=True)])
        rewarding.append(time.perf_counter() - start)
        lengths.extend(len(ids) for ids in policy.tokenizer(completions)["input_ids"])
        rates.extend(r == 1.0 for r in found)
        return list(found)

    class Clock(TrainerCallback):
        starts: list[float] = []  # noqa: RUF012 - one instance

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.starts.append(time.perf_counter())

        def on_step_end(self, *_: Any, **__: Any) -> None:
            seconds.append(time.perf_counter() - self.starts[-1])

    seconds: list[float] = []
    bf16 = resolve_autocast(args.precision, policy.device)
    with tempfile.TemporaryDirectory() as folder:
        config = GRPOConfig(
            output_dir=folder,
            use_cpu=not torch.cuda.is_available(),
            bf16=bf16,
            per_device_train_batch_size=args.rows,
            gradient_accumulation_steps=args.prompts * args.samples // args.rows,
            num_generations=args.samples,
            max_completion_length=args.max_new_tokens,
            max_steps=args.steps + 1,
            beta=KL,
            learning_rate=LR,
            temperature=1.0,
            top_k=0,
            save_strategy="no",
            report_to=[],
            logging_steps=1000,
            disable_tqdm=True,
            dataloader_pin_memory=False,
        )
        trainer = GRPOTrainer(
            model=policy.model,
            processing_class=policy.tokenizer,
            reward_funcs=reward,
            args=config,
            train_dataset=Dataset.from_list([{"prompt": t.prompt} for t in tasks]),
            callbacks=[Clock()],
        )
        trainer.train()
    return {
        "seconds": seconds[1:],
        "stages": {"reward": mean(rewarding[1:])},
        "tokens_a_completion": mean(lengths),
        "compile_rate": mean(rates),
    }


def mean(values: Any) -> float:
    """Arithmetic mean, rounded for reading."""
    return round(float(statistics.mean(list(values))), 4)


def one_side(args: argparse.Namespace) -> None:
    """What the process of a side does: measure and print."""
    found = run_rlcf(args) if args.side == "rlcf" else run_trl(args)
    found |= {"peak_mb": round(peak_mb(), 1), "gpu_peak_mb": round(gpu_peak_mb(), 1)}
    print("RESULT " + json.dumps(found))


def in_own_process(side: str, flags: list[str]) -> dict[str, Any]:
    """Run one side; returns what it measured.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    command = [sys.executable, __file__, "--side", side, *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    line = next(x for x in done.stdout.splitlines() if x.startswith("RESULT "))
    found: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    found["seconds_a_step"] = round(statistics.median(found["seconds"]), 3)
    print(f"{side}: {found['seconds_a_step']} s a step", file=sys.stderr, flush=True)
    return found


def main() -> None:
    flags = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    flags.add_argument("--side", choices=SIDES, help="only this one, and print; used inside")
    flags.add_argument("--prompts", type=int, default=32)
    flags.add_argument("--samples", type=int, default=8, help="completions a prompt")
    flags.add_argument("--max-new-tokens", type=int, default=192)
    flags.add_argument("--steps", type=int, default=4, help="that count, after the first")
    flags.add_argument("--rows", type=int, default=64, help="completions a forward pass")
    flags.add_argument("--precision", default="auto", choices=("auto", "fp32", "bf16"))
    flags.add_argument("--threads", type=int, default=0)
    flags.add_argument("--out", type=Path, default=HERE / "results" / "step_vs_trl.json")
    args = flags.parse_args()
    if args.side:
        one_side(args)
        return
    passed = [
        f"--{name.replace('_', '-')}={value}"
        for name, value in vars(args).items()
        if name not in ("side", "out")
    ]
    sides = {side: in_own_process(side, passed) for side in SIDES}
    seconds = {side: found["seconds_a_step"] for side, found in sides.items()}
    shown = ("trl", "transformers", "torch", "accelerate")
    result = {
        "environment": environment(),
        "versions": {name: metadata.version(name) for name in shown},
        "settings": {k: v for k, v in vars(args).items() if k not in ("side", "out")},
        "sides": sides,
        "ratio_javac_reward": round(seconds["trl-javac"] / seconds["rlcf"], 2),
        "ratio_warm_reward": round(seconds["trl-warm"] / seconds["rlcf"], 2),
        "memory_ratio": round(sides["rlcf"]["peak_mb"] / sides["trl-warm"]["peak_mb"], 3),
    }
    write(args.out, result)


if __name__ == "__main__":
    main()
