"""Makes the embedded comparator: a small ModernBERT, another kind of model than the policy.

First it learns Java by telling original tokens of the training references from replaced ones
(Clark et al. 2020, ELECTRA, arXiv 2003.10555; the replacements are drawn, not modelled), then to
tell references from compiling samples of the embedded policy. Run from the repository's root,
after the policy was made:

    .venv/bin/python recipes/embedded/make_comparator.py --out runs/comparator

Makes the committed default and, with --tasks and --policy, small ones for other tasks; any Hugging
Face encoder can take their place.
"""

from __future__ import annotations

import json
import os
import random
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
import tyro
from torch.nn.functional import binary_cross_entropy_with_logits
from transformers import ModernBertConfig, ModernBertModel

from rlcf.assets import embedded_policy
from rlcf.comparator.model import Comparator, what_counts
from rlcf.comparator.online import ComparatorTrainer, OnlineConfig, Pair
from rlcf.device import resolve_autocast, use_threads
from rlcf.languages import Toolchain
from rlcf.languages.verdict import Verdict
from rlcf.policy.model import load_policy
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.policy.tokenizer import train_tokenizer
from rlcf.tasks import load_tasks
from rlcf.tasks.task import Task


@dataclass(frozen=True)
class Args:
    """Make the embedded comparator."""

    out: Path = Path("runs/comparator")
    """Folder to write."""
    architecture: Path = Path("recipes/embedded/comparator.json")
    """ModernBERT config."""
    policy: str = "embedded"
    """The policy whose samples it learns to tell from references."""
    tasks: str = "embedded:train"
    """Where references come from: a JSONL file or a name; all are of one language."""
    limit: int = 8000
    """References to learn from; 0 takes all."""
    vocab_size: int = 2048
    """Tokens of its own tokenizer."""
    epochs: float = 5.0
    """Passes of telling replaced tokens."""
    lr: float = 2e-3
    """Peak learning rate of that."""
    sampled_tasks: int = 2500
    """Tasks that the policy writes two samples for."""
    max_new_tokens: int = 160
    """Longest sample in tokens."""
    pair_epochs: int = 3
    """Passes over the pairs."""
    seed: int = 0
    """Same seed, same machine: same comparator."""


def main(args: Args) -> None:
    """Train and save."""
    started = time.monotonic()
    use_threads()
    torch.manual_seed(args.seed)
    tasks = load_tasks(args.tasks, limit=args.limit or None, seed=args.seed)
    tasks = [t for t in tasks if t.reference]
    tokenizer = train_tokenizer((t.program(t.reference or "") for t in tasks), args.vocab_size)
    config = ModernBertConfig(
        **json.loads(args.architecture.read_text()),
        vocab_size=len(tokenizer),
        **{
            f"{kind}_token_id": tokenizer.pad_token_id
            for kind in ("pad", "bos", "eos", "cls", "sep")
        },
    )
    autocast = resolve_autocast("auto", torch.device("cpu"))
    comparator = Comparator(
        ModernBertModel(config),
        tokenizer,
        max_tokens=config.max_position_embeddings,
        autocast=autocast,
    )
    last_loss = find_replaced(comparator, tasks, args)
    accuracy, pairs = tell_apart(comparator, tasks[: args.sampled_tasks], args)
    args.out.mkdir(parents=True, exist_ok=True)
    comparator.save(args.out, half=True)
    facts = {
        "replaced_loss": last_loss,
        "pair_accuracy": accuracy,
        "pairs": pairs,
        "seconds": time.monotonic() - started,
    }
    (args.out / "made.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(facts)


def find_replaced(comparator: Comparator, tasks: list[Task], args: Args) -> float:
    """Train encoder and head to see replaced tokens; returns the loss of the last 50 steps."""
    rng, size = random.Random(args.seed), 32
    rows = [encode(comparator.tokenizer, task) for task in tasks]
    rows = [row for row in rows if len(row[0]) + len(row[1]) <= comparator.max_tokens]
    steps = round(args.epochs * len(rows) / size)
    optimizer = torch.optim.AdamW(comparator.parameters(), lr=args.lr, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, args.lr, total_steps=steps, pct_start=0.1
    )
    losses: list[float] = []
    for step in range(steps):
        pool = sorted(rng.sample(rows, size * 4), key=lambda row: len(row[0]) + len(row[1]))
        start = rng.randrange(4) * size  # like lengths: little padding
        loss = replaced_loss(comparator, pool[start : start + size], rng)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(comparator.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % 50 == 49:
            mean = sum(losses[-50:]) / 50
            print(f"replaced tokens, step {step + 1}/{steps}  loss {mean:.3f}", flush=True)
    return sum(losses[-50:]) / 50


def encode(tokenizer: Any, task: Task) -> tuple[list[int], list[int]]:
    """Tokens of prompt and reference."""
    body = what_counts(task.reference or "")
    return (
        tokenizer(task.prompt, add_special_tokens=False)["input_ids"],
        tokenizer(body, add_special_tokens=False)["input_ids"],
    )


def replaced_loss(
    comparator: Comparator, batch: list[tuple[list[int], list[int]]], rng: random.Random
) -> torch.Tensor:
    """Cross-entropy, over the programs' tokens, of telling original tokens from replaced ones.

    A replacement comes from the same program and prompt, or from another program: names,
    numbers and operators that could stand there but do not.
    """
    width = max(len(prompt) + len(body) for prompt, body in batch)
    ids_BL = torch.full((len(batch), width), comparator.tokenizer.pad_token_id)
    mask_BL = torch.zeros((len(batch), width), dtype=torch.long)
    weight_BL, original_BL = torch.zeros(len(batch), width), torch.ones(len(batch), width)
    for i, (prompt, body) in enumerate(batch):
        end = len(prompt) + len(body)
        ids_BL[i, :end] = torch.tensor(prompt + body)
        mask_BL[i, :end] = 1
        weight_BL[i, len(prompt) : end] = 1
        other = rng.choice(batch)[1]
        for at in rng.sample(range(len(prompt), end), max(1, len(body) // 15)):
            token = rng.choice(rng.choice([prompt, body, body, other]))
            if token != ids_BL[i, at]:
                ids_BL[i, at] = token
                original_BL[i, at] = 0
                weight_BL[i, at] = 4  # replaced tokens are few
    logit_BL = comparator.head(comparator.states(ids_BL, mask_BL))[:, :, 0]
    loss_BL = binary_cross_entropy_with_logits(logit_BL, original_BL, reduction="none")
    return (loss_BL * weight_BL).sum() / weight_BL.sum()


def tell_apart(comparator: Comparator, tasks: list[Task], args: Args) -> tuple[float, int]:
    """Train on (reference, compiling sample) pairs; returns held-out accuracy and pairs used."""
    policy = load_policy(embedded_policy(args.policy))
    drawn = sample_tasks(
        policy, tasks, 2, SamplingConfig(1.0, None, args.max_new_tokens), seed=args.seed
    )
    flat = [(t, s.text) for t, group in zip(tasks, drawn, strict=True) for s in group]
    compiler = Toolchain(tasks[0].language)
    results = compiler.check([t.program(text) for t, text in flat])
    compiler.close()
    pairs = [
        Pair(t.prompt, t.reference or "", text)
        for (t, text), result in zip(flat, results, strict=True)
        if result.verdict is Verdict.ACCEPTED and text.split() != (t.reference or "").split()
    ]
    held_out, pairs = pairs[:128], pairs[128:]
    trainer = ComparatorTrainer(comparator, OnlineConfig(), args.seed)
    rng = random.Random(args.seed)
    for epoch in range(args.pair_epochs):
        rng.shuffle(pairs)
        losses = [trainer.train_on(pairs[i : i + 32], rng) for i in range(0, len(pairs) - 31, 32)]
        hits = trainer.accuracy_on(held_out)
        print(
            f"pairs epoch {epoch + 1}: {len(pairs)} pairs, loss {sum(losses) / len(losses):.3f}, "
            f"held-out accuracy {hits:.3f}",
            flush=True,
        )
    return hits, len(pairs)


if __name__ == "__main__":
    main(tyro.cli(Args))
