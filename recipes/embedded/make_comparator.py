"""Makes the embedded comparator: a small ModernBERT, another kind of model than the policy.

First it learns Java by filling masked tokens of the training references (masked language
modelling, Devlin et al. 2018), then to tell references from compiling samples of the embedded
policy. Run from the repository's root, after the policy was made:

    .venv/bin/python recipes/embedded/make_comparator.py --out runs/comparator

Covers the committed default only; any Hugging Face encoder can take its place.
"""

from __future__ import annotations

import json
import os
import random
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
import tyro
from transformers import ModernBertConfig, ModernBertForMaskedLM

from rlcf.assets import embedded_policy
from rlcf.comparator.model import Comparator
from rlcf.comparator.online import ComparatorConfig, ComparatorTrainer, Pair
from rlcf.compilers import get_compiler
from rlcf.compilers.base import Verdict
from rlcf.device import precision_context, resolve_autocast, use_threads
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
    limit: int = 8000
    """References to learn from."""
    vocab_size: int = 2048
    """Tokens of its own tokenizer."""
    epochs: float = 1.5
    """Passes of masked language modelling."""
    sampled_tasks: int = 2500
    """Tasks that the policy writes two samples for."""
    pair_epochs: int = 2
    """Passes over the pairs."""
    seed: int = 0
    """Same seed, same machine: same comparator."""


def main(args: Args) -> None:
    """Train and save."""
    started = time.monotonic()
    use_threads()
    torch.manual_seed(args.seed)
    tasks = load_tasks("embedded:train", limit=args.limit, seed=args.seed)
    tokenizer = train_tokenizer((t.program(t.reference or "") for t in tasks), args.vocab_size)
    tokenizer.add_special_tokens({"mask_token": "<|mask|>"})
    config = ModernBertConfig(
        **json.loads(args.architecture.read_text()),
        vocab_size=len(tokenizer),
        **{
            f"{kind}_token_id": tokenizer.pad_token_id
            for kind in ("pad", "bos", "eos", "cls", "sep")
        },
    )
    model = ModernBertForMaskedLM(config)
    masked_loss = fill_masks(model, tokenizer, tasks, args)
    autocast = resolve_autocast("auto", torch.device("cpu"))
    comparator = Comparator(
        model.model, tokenizer, max_tokens=config.max_position_embeddings, autocast=autocast
    )
    accuracy, pairs = tell_apart(comparator, tasks[: args.sampled_tasks], args)
    args.out.mkdir(parents=True, exist_ok=True)
    comparator.save(args.out, half=True)
    facts = {
        "masked_loss": masked_loss,
        "pair_accuracy": accuracy,
        "pairs": pairs,
        "seconds": time.monotonic() - started,
    }
    (args.out / "made.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(facts)


def fill_masks(
    model: ModernBertForMaskedLM, tokenizer: object, tasks: list[Task], args: Args
) -> float:
    """Masked language modelling; returns the mean loss of the last 50 steps, in nats."""
    rng, size = random.Random(args.seed), 32
    ids = [tokenizer(t.program(t.reference or ""))["input_ids"] for t in tasks]  # type: ignore[operator]
    ids = [row for row in ids if len(row) <= model.config.max_position_embeddings]
    steps = round(args.epochs * len(ids) / size)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 1e-3, total_steps=steps, pct_start=0.1
    )
    autocast = resolve_autocast("auto", torch.device("cpu"))
    losses: list[float] = []
    for step in range(steps):
        rows = sorted(rng.sample(ids, size * 4), key=len)  # like lengths: little padding
        start = rng.randrange(4) * size
        batch = rows[start : start + size]
        width = max(map(len, batch))
        pad, mask = config_ids(tokenizer)
        ids_BL = torch.tensor([r + [pad] * (width - len(r)) for r in batch])
        real_BL = (ids_BL != pad).long()
        chosen_BL = (torch.rand(ids_BL.shape) < 0.15) & (real_BL == 1)
        labels_BL = ids_BL.masked_fill(~chosen_BL, -100)
        with precision_context(torch.device("cpu"), autocast):
            loss = model(
                input_ids=ids_BL.masked_fill(chosen_BL, mask),
                attention_mask=real_BL,
                labels=labels_BL,
            ).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % 50 == 49:
            print(f"masked step {step + 1}/{steps}  loss {sum(losses[-50:]) / 50:.3f}", flush=True)
    return sum(losses[-50:]) / 50


def config_ids(tokenizer: object) -> tuple[int, int]:
    """Ids of the padding and the mask token."""
    return tokenizer.pad_token_id, tokenizer.mask_token_id  # type: ignore[attr-defined]


def tell_apart(comparator: Comparator, tasks: list[Task], args: Args) -> tuple[float, int]:
    """Train on (reference, compiling sample) pairs; returns held-out accuracy and pairs used."""
    policy = load_policy(embedded_policy(args.policy))
    drawn = sample_tasks(policy, tasks, 2, SamplingConfig(1.0, 0, 160), seed=args.seed)
    flat = [(t, s.text) for t, group in zip(tasks, drawn, strict=True) for s in group]
    compiler = get_compiler("java")
    results = compiler.check([t.program(text) for t, text in flat])
    compiler.close()
    pairs = [
        Pair(t.prompt, t.reference or "", text)
        for (t, text), result in zip(flat, results, strict=True)
        if result.verdict is Verdict.ACCEPTED and text.split() != (t.reference or "").split()
    ]
    held_out, pairs = pairs[:128], pairs[128:]
    trainer = ComparatorTrainer(comparator, ComparatorConfig(), args.seed)
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
