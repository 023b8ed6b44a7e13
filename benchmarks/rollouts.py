"""Rollouts: tokens per second against `model.generate` of transformers.

Both draw from the same model, prompts and distribution (temperature 1, no top-k or top-p), stop at
the end token or after as many new tokens, and are counted alike: tokens up to and with the end
token. `small` is the embedded policy (trained, so that completions end by themselves); `medium` is
a Llama of 25 M parameters with random weights, whose completions nearly all run to the limit. The
two take turns, each in processes of its own, so that neither meets a quieter machine or what the
other left in memory.

    python benchmarks/rollouts.py small
    python benchmarks/rollouts.py medium
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: see docs/scaling.md

import torch

from java_common import HERE, environment, write
from rlcf.assets import embedded_policy
from rlcf.device import precision_context
from rlcf.policy.model import Policy, load_policy, new_policy
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.tasks import load_tasks
from rlcf.tasks.task import Task

MEDIUM = {
    "model_type": "llama",
    "hidden_size": 512,
    "num_hidden_layers": 8,
    "num_attention_heads": 8,
    "num_key_value_heads": 8,
    "intermediate_size": 1360,
    "max_position_embeddings": 768,
    "tie_word_embeddings": True,
}


def the_policy(size: str, precision: str) -> Policy:
    """The model of that size."""
    policy = load_policy(embedded_policy("embedded"), precision=precision)
    if size == "small":
        return policy
    with TemporaryDirectory() as folder:
        file = Path(folder, "config.json")
        file.write_text(json.dumps(MEDIUM), encoding="utf-8")
        return new_policy(file, policy.tokenizer, seed=0, precision=precision)


def ours(policy: Policy, tasks: list[Task], samples: int, limit: int, seed: int) -> int:
    """Tokens drawn by rlcf."""
    config = SamplingConfig(1.0, None, limit)
    groups = sample_tasks(policy, tasks, samples, config, seed=seed)
    return sum(len(s.token_ids) for group in groups for s in group)


def theirs(policy: Policy, tasks: list[Task], samples: int, limit: int, seed: int) -> int:
    """Tokens drawn by `generate`, all rows in one batch, in the precision the user would get."""
    torch.manual_seed(seed)
    tokenizer = policy.tokenizer
    prompts = [t.prompt for t in tasks]
    batch = tokenizer(prompts, padding=True, padding_side="left", return_tensors="pt")
    with precision_context(policy.device, policy.autocast):
        out_BL = policy.model.generate(
            input_ids=batch["input_ids"].to(policy.device),
            attention_mask=batch["attention_mask"].to(policy.device),
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            num_return_sequences=samples,
            max_new_tokens=limit,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    new_BT = out_BL[:, batch["input_ids"].shape[1] :].tolist()
    eos = tokenizer.eos_token_id
    return sum(row.index(eos) + 1 if eos in row else len(row) for row in new_BT)


SIDES = {"rlcf": ours, "generate": theirs}


def one_side(args: argparse.Namespace) -> None:
    """What the process of a side does: warm up, measure some rounds, print."""
    threads = args.threads or len(os.sched_getaffinity(0))
    torch.set_num_threads(threads)
    policy = the_policy(args.size, args.precision)
    # As a language without a rule of its own for where a program ends: both stop alike.
    tasks = [
        replace(t, language="text") for t in load_tasks("embedded:test", limit=args.prompts, seed=0)
    ]
    rates, counts = [], []
    for turn in range(args.rounds + 1):
        start = time.perf_counter()
        count = SIDES[args.side](policy, tasks, args.samples, args.max_new_tokens, turn)
        if turn:  # the first is for warming up
            rates.append(count / (time.perf_counter() - start))
            counts.append(count / args.prompts / args.samples)
    found = {
        "rates": rates,
        "tokens": counts,
        "parameters": policy.parameters_count,
        "device": str(policy.device),
        "precision": "bf16 autocast" if policy.autocast else "fp32",
        "threads": threads,
    }
    print("RESULT " + json.dumps(found))


def in_own_process(side: str, args: argparse.Namespace) -> dict[str, Any]:
    """Run one side in a fresh process: one's memory allocator does not meet the other's leavings.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    flags = [
        f"--{name.replace('_', '-')}={value}"
        for name, value in vars(args).items()
        if name not in ("side", "out", "size", "processes")
    ]
    command = [sys.executable, __file__, args.size, "--side", side, *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    line = next(x for x in done.stdout.splitlines() if x.startswith("RESULT "))
    found: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    return found


def main() -> None:
    flags = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    flags.add_argument("size", choices=("small", "medium"))
    flags.add_argument("--side", choices=SIDES, help="only this one, and print; used inside")
    flags.add_argument("--prompts", type=int, default=0, help="0: 32 small, 8 medium")
    flags.add_argument("--samples", type=int, default=8, help="completions per prompt")
    flags.add_argument("--max-new-tokens", type=int, default=192)
    flags.add_argument("--rounds", type=int, default=3, help="a process; the median counts")
    flags.add_argument("--processes", type=int, default=2, help="a side; the sides take turns")
    flags.add_argument("--precision", default="auto", choices=("auto", "fp32", "bf16"))
    flags.add_argument("--threads", type=int, default=0)
    flags.add_argument("--out", type=Path)
    args = flags.parse_args()
    args.prompts = args.prompts or (32 if args.size == "small" else 8)
    if args.side:
        one_side(args)
        return
    out = args.out or HERE / "results" / f"rollouts_{args.size}.json"
    result: dict[str, Any] = {"environment": environment(), "torch": torch.__version__}
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    for _ in range(args.processes):
        for side in SIDES:
            found[side].append(in_own_process(side, args))
    about = found["rlcf"][0]
    result |= {k: about[k] for k in ("parameters", "device", "precision", "threads")}
    result |= {k: getattr(args, k) for k in ("size", "prompts", "samples", "max_new_tokens")}
    median = {}
    for side, runs in found.items():
        rates = [rate for run in runs for rate in run["rates"]]
        median[side] = statistics.median(rates)
        result[side] = {
            "tokens_a_second": round(median[side], 1),
            "tokens_a_second_by_round": [round(r, 1) for r in rates],
            "mean_tokens_a_completion": round(
                statistics.mean(t for run in runs for t in run["tokens"]), 1
            ),
        }
    result["ratio"] = round(median["rlcf"] / median["generate"], 2)
    write(out, result)


if __name__ == "__main__":
    main()
