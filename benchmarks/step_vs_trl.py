"""A training step: rlcf against TRL's GRPOTrainer, same model, tasks, sampling and compile reward.

Three sides, each in a process of its own so that its peak memory is its own:

    rlcf          rlcf's trainer, reward from the warm compile server while it generates
    trl-javac     GRPOTrainer, the usual reward: one javac process per program, two at a time
    trl-warm      GRPOTrainer with rlcf's warm compile server as the reward function

All do one optimiser step on prompts x samples completions with a KL term to the reference model.
The first step of each is for warming up; the median of the others counts. Needs TRL
(`pip install trl`; `scripts/adapters_test.sh` makes an environment that has it); a GPU is used by
all sides where there is one.

    python benchmarks/step_vs_trl.py
    python benchmarks/step_vs_trl.py --model FOLDER --tasks train.jsonl --name 0.5b --lora-rank 16 \
        --prompts 8 --max-new-tokens 160 --rows 8

With a model of one's own (a folder: TRL loads its reference from there, which it cannot do from a
GGUF file) only the first and the last side are run: TRL's is to have the faster reward. `ratio`
is their time over ours, `ratio_per_token` the same per token drawn, since rlcf stops where a
program is complete and TRL at the end token or the limit. Both hold frozen weights in bfloat16 and
trained ones in fp32, and compute in bfloat16. `--rows` is TRL's micro-batch; rlcf measures its own.
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

if not any(word.startswith("--model") for word in sys.argv):  # as the command line does it
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


def our_config(args: argparse.Namespace, folder: str) -> Any:
    """The settings of our trainer."""
    from rlcf.training.config import TrainConfig

    return TrainConfig.of(
        model=args.model,
        tasks=args.tasks,
        lora_rank=args.lora_rank or None,
        limit=args.prompts * (args.steps + 1),
        out=str(Path(folder, "run")),
        reward="compiler",
        algorithm="grpo",
        steps=args.steps + 1,
        prompts_per_step=args.prompts,
        samples_per_prompt=args.samples,
        max_new_tokens=args.max_new_tokens,
        kl_coef=KL,
        lr=LR,
        precision=args.precision,
        checkpoint_every=args.steps + 1,
    )


def run_rlcf(args: argparse.Namespace) -> dict[str, Any]:
    """Our trainer, step by step."""
    from rich.console import Console

    from rlcf.device import use_threads
    from rlcf.languages import Toolchain
    from rlcf.training.parts import training_tasks
    from rlcf.training.train import build

    use_threads(args.threads or None)
    with tempfile.TemporaryDirectory() as folder:
        config = our_config(args, folder)
        compiler = Toolchain("java")
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
    """The usual way: a fresh directory and a javac process per program, two at a time."""

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
    from rlcf.languages import Toolchain

    compiler = Toolchain("java")
    values = {"accepted": 1.0, "rejected": -1.0, "unscored": None}
    return lambda programs: [values[str(r.verdict)] for r in compiler.check(programs)]


def trl_model(args: argparse.Namespace) -> tuple[Any, Any, Any]:
    """(model, tokenizer, LoRA configuration or None) as TRL is given them."""
    from rlcf.assets import embedded_policy
    from rlcf.policy.model import load_policy

    policy = load_policy(embedded_policy(args.model), trained=not args.lora_rank)
    if not args.lora_rank:
        return policy.model, policy.tokenizer, None
    from peft import LoraConfig

    lora = LoraConfig(  # as in rlcf.policy.lora
        r=args.lora_rank, lora_alpha=2 * args.lora_rank, target_modules="all-linear",
        lora_dropout=0.0, bias="none",
    )  # fmt: skip
    return policy.model, policy.tokenizer, lora


class Rewarded:
    """A reward function for TRL that also notes how long it took, and of what."""

    def __init__(self, judge: Callable[[list[str]], list[Any]], tokenizer: Any) -> None:
        self.judge, self.tokenizer = judge, tokenizer
        self.__name__ = "compiles"
        self.seconds: list[float] = []
        self.lengths: list[int] = []
        self.rates: list[bool] = []

    def __call__(self, prompts: list[str], completions: list[str], **_: Any) -> list[float | None]:
        start = time.perf_counter()
        found = self.judge([p + c for p, c in zip(prompts, completions, strict=True)])
        self.seconds.append(time.perf_counter() - start)
        self.lengths.extend(len(ids) for ids in self.tokenizer(completions)["input_ids"])
        self.rates.extend(r == 1.0 for r in found)
        return list(found)


def trl_config(args: argparse.Namespace, folder: str, bf16: bool) -> Any:
    """The settings of TRL's trainer."""
    import torch
    from trl import GRPOConfig

    return GRPOConfig(
        output_dir=folder,
        use_cpu=not torch.cuda.is_available(),
        bf16=bf16,
        per_device_train_batch_size=args.rows,
        gradient_accumulation_steps=args.prompts * args.samples // args.rows,
        gradient_checkpointing=args.trl_checkpointing,
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


def run_trl(args: argparse.Namespace) -> dict[str, Any]:
    """TRL's trainer with the reward of that name."""
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import GRPOTrainer

    from rlcf.device import pick_device, resolve_autocast, use_threads
    from rlcf.tasks import load_tasks

    use_threads(args.threads or None)
    model, tokenizer, lora = trl_model(args)
    tasks = load_tasks(args.tasks, limit=args.prompts * (args.steps + 1), seed=0)
    reward = Rewarded(warm_reward() if args.side == "trl-warm" else javac_reward, tokenizer)

    class Clock(TrainerCallback):
        starts: list[float] = []  # noqa: RUF012 - one instance

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.starts.append(time.perf_counter())

        def on_step_end(self, *_: Any, **__: Any) -> None:
            seconds.append(time.perf_counter() - self.starts[-1])

    seconds: list[float] = []
    bf16 = resolve_autocast(args.precision, pick_device("auto"))
    with tempfile.TemporaryDirectory() as folder:
        trainer = GRPOTrainer(
            model=model,
            processing_class=tokenizer,
            reward_funcs=reward,
            args=trl_config(args, folder, bf16),
            train_dataset=Dataset.from_list([{"prompt": t.prompt} for t in tasks]),
            callbacks=[Clock()],
            peft_config=lora,
        )
        trainer.train()
    return {
        "seconds": seconds[1:],
        "stages": {"reward": mean(reward.seconds[1:])},
        "tokens_a_completion": mean(reward.lengths),
        "compile_rate": mean(reward.rates),
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
    flags.add_argument("--model", default="embedded")
    flags.add_argument("--tasks", default="embedded:train", help="JSONL file of Java tasks")
    flags.add_argument("--name", default="", help="of the model, for the result's file")
    flags.add_argument("--lora-rank", type=int, default=0, help="0: all weights")
    flags.add_argument("--prompts", type=int, default=32)
    flags.add_argument("--samples", type=int, default=8, help="completions per prompt")
    flags.add_argument("--max-new-tokens", type=int, default=192)
    flags.add_argument("--steps", type=int, default=4, help="that count, after the first")
    flags.add_argument("--rows", type=int, default=64, help="TRL's completions per forward pass")
    flags.add_argument("--trl-checkpointing", type=int, default=1, help="0: more memory, faster")
    flags.add_argument("--precision", default="auto", choices=("auto", "fp32", "bf16"))
    flags.add_argument("--threads", type=int, default=0)
    flags.add_argument("--out", type=Path)
    args = flags.parse_args()
    if args.side:
        one_side(args)
        return
    passed = [
        f"--{name.replace('_', '-')}={value}"
        for name, value in vars(args).items()
        if name not in ("side", "out", "name")
    ]
    real = args.model != "embedded"
    chosen = [side for side in SIDES if not (real and side == "trl-javac")]
    sides = {side: in_own_process(side, passed) for side in chosen}
    seconds = {side: found["seconds_a_step"] for side, found in sides.items()}
    shown = ("trl", "transformers", "torch", "accelerate")
    result: dict[str, Any] = {
        "environment": environment(),
        "versions": {name: metadata.version(name) for name in shown},
        "settings": {k: v for k, v in vars(args).items() if k not in ("side", "out")},
        "sides": sides,
        "memory_ratio": round(sides["rlcf"]["peak_mb"] / sides["trl-warm"]["peak_mb"], 3),
    }
    warm = round(seconds["trl-warm"] / seconds["rlcf"], 2)
    if real:
        drawn = {side: found["tokens_a_completion"] for side, found in sides.items()}
        shares = round(warm * drawn["rlcf"] / drawn["trl-warm"], 2)
        result |= {"ratio": warm, "ratio_per_token": shares}
    else:
        result["ratio_javac_reward"] = round(seconds["trl-javac"] / seconds["rlcf"], 2)
        result["ratio_warm_reward"] = warm
    ending = f"_{args.name}" if args.name else ""
    write(args.out or HERE / "results" / f"step_vs_trl{ending}.json", result)


if __name__ == "__main__":
    main()
