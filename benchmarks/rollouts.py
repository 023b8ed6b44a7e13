"""Rollouts: tokens a second against `model.generate` of transformers.

Both draw from the same model, prompts and distribution (temperature 1, no top-k or top-p), stop at
the end token or after as many new tokens, and are counted alike: tokens up to and with the end
token. `small` is the embedded policy (trained, so that completions end by themselves); `medium` is
a Llama of 25 M parameters with random weights, whose completions nearly all run to the limit. The
two take turns, so that neither meets a quieter machine.

    python benchmarks/rollouts.py small
    python benchmarks/rollouts.py medium
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch: see docs/scaling.md

import torch

from java_common import HERE, environment, write
from rlcf.assets import embedded_policy
from rlcf.device import precision_context, use_threads
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
    config = SamplingConfig(1.0, 0, limit)
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


def main() -> None:
    flags = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    flags.add_argument("size", choices=("small", "medium"))
    flags.add_argument("--prompts", type=int, default=0, help="0: 32 small, 8 medium")
    flags.add_argument("--samples", type=int, default=8, help="completions a prompt")
    flags.add_argument("--max-new-tokens", type=int, default=192)
    flags.add_argument("--rounds", type=int, default=5, help="of both; the median counts")
    flags.add_argument("--precision", default="auto", choices=("auto", "fp32", "bf16"))
    flags.add_argument("--threads", type=int, default=0)
    flags.add_argument("--out", type=Path)
    args = flags.parse_args()
    args.prompts = args.prompts or (32 if args.size == "small" else 8)
    out = args.out or HERE / "results" / f"rollouts_{args.size}.json"
    result: dict[str, Any] = {"environment": environment(), "torch": torch.__version__}
    result["threads"] = use_threads(args.threads or None)
    policy = the_policy(args.size, args.precision)
    # As a language without a rule of its own for where a program ends: both stop alike.
    tasks = [
        replace(t, language="text") for t in load_tasks("embedded:test", limit=args.prompts, seed=0)
    ]
    sides = {"rlcf": ours, "generate": theirs}
    rates: dict[str, list[float]] = {name: [] for name in sides}
    counts: dict[str, list[int]] = {name: [] for name in sides}
    for turn in range(args.rounds + 1):  # the first is for warming up
        for name, side in sides.items():
            start = time.perf_counter()
            count = side(policy, tasks, args.samples, args.max_new_tokens, turn)
            if turn:
                rates[name].append(count / (time.perf_counter() - start))
                counts[name].append(count)
    result |= {
        "model": args.size,
        "parameters": policy.parameters_count,
        "device": str(policy.device),
        "precision": "bf16 autocast" if policy.autocast else "fp32",
        "prompts": args.prompts,
        "samples": args.samples,
        "max_new_tokens": args.max_new_tokens,
    }
    for name in sides:
        result[name] = {
            "tokens_a_second": round(statistics.median(rates[name]), 1),
            "tokens_a_second_by_round": [round(r, 1) for r in rates[name]],
            "mean_tokens_a_completion": round(
                statistics.mean(counts[name]) / args.prompts / args.samples, 1
            ),
        }
    ratio = statistics.median(rates["rlcf"]) / statistics.median(rates["generate"])
    result["ratio"] = round(ratio, 2)
    write(out, result)


if __name__ == "__main__":
    main()
