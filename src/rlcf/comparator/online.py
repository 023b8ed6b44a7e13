"""Training the comparator while the policy moves.

Pairs (solution, sample) in random order, the logistic (Bradley-Terry) loss with label smoothing,
replay of older pairs, and a band for its accuracy: above it, the comparator is ahead of the policy
and its update is skipped; below it, it gets a second one.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional as F

from rlcf.comparator.model import Comparator, Program


@dataclass(frozen=True)
class OnlineConfig:
    """How the comparator is trained."""

    lr: float = 3e-4
    """Learning rate of AdamW."""
    batch_size: int = 32
    """Pairs per update."""
    replay: int = 2048
    """Pairs kept for replay."""
    fresh_share: float = 0.5
    """Share of a batch that is drawn from the newest rollouts."""
    label_smoothing: float = 0.1
    """Keeps g inside +-(1 - 2 x this), so that tanh does not saturate."""
    low: float = 0.6
    """Below this running accuracy, update twice."""
    high: float = 0.95
    """Above this running accuracy, skip the update."""


@dataclass(frozen=True)
class Pair:
    """A reference and a generated program for one prompt."""

    prompt: str
    reference: str
    sample: str


def pair_loss(
    difference_B: torch.Tensor, target_B: torch.Tensor, label_smoothing: float
) -> torch.Tensor:
    """Bradley-Terry loss of score differences h0 - h1.

    P(program 0 is the reference) = sigmoid(2 (h0 - h1)) = (1 + tanh(h0 - h1)) / 2, so the
    grounding's tanh is the calibrated probability, rescaled to (-1, 1).

    Args:
        difference_B: h0 - h1 of each pair.
        target_B: 1 where program 0 is the reference, else 0.
        label_smoothing: share of doubt about every label.
    """
    soft_B = target_B * (1 - 2 * label_smoothing) + label_smoothing
    return F.binary_cross_entropy_with_logits(2 * difference_B, soft_B)


class ComparatorTrainer:
    """Keeps a comparator up with the policy."""

    def __init__(self, comparator: Comparator, config: OnlineConfig, seed: int) -> None:
        self.comparator, self.config, self.seed = comparator, config, seed
        self.optimizer = torch.optim.AdamW(
            comparator.parameters(), lr=config.lr, betas=(0.9, 0.98), weight_decay=0.01
        )
        self.replay: deque[Pair] = deque(maxlen=config.replay)
        self.accuracy = (config.low + config.high) / 2
        """Running accuracy on fresh pairs, seen before they are trained on."""
        self.skipped = self.doubled = 0
        """Refreshes so far that the accuracy band left out, or did twice."""

    def update(self, fresh: Sequence[Pair], step: int) -> dict[str, float]:
        """Measure on fresh pairs, then train as often as the accuracy band asks for.

        Pairs whose sample equals the reference teach nothing and are left out.
        """
        fresh = [p for p in fresh if p.reference.split() != p.sample.split()]
        rng = random.Random(f"comparator-{self.seed}-{step}")
        metrics: dict[str, float] = {"comparator/pairs": float(len(fresh))}
        if not fresh:
            return metrics
        probe = rng.sample(fresh, min(len(fresh), self.config.batch_size))
        difference_B = self._differences(probe)
        hits = (difference_B > 0).float().mean().item()
        self.accuracy = 0.8 * self.accuracy + 0.2 * hits
        metrics["comparator/accuracy"] = hits
        metrics["comparator/accuracy_running"] = self.accuracy
        updates = self.updates_due()
        self.skipped += updates == 0
        self.doubled += updates == 2
        losses = [self._train_once(fresh, rng) for _ in range(updates)]
        metrics["comparator/updates"] = float(updates)
        metrics["comparator/skipped"] = float(self.skipped)
        metrics["comparator/doubled"] = float(self.doubled)
        if losses:
            metrics["comparator/loss"] = sum(losses) / len(losses)
        self.replay.extend(fresh)
        return metrics

    def accuracy_on(self, pairs: Sequence[Pair]) -> float:
        """Share of pairs in which the reference scores higher."""
        return (self._differences(pairs) > 0).float().mean().item()

    def updates_due(self) -> int:
        """0 above the band, 1 inside, 2 below."""
        if self.accuracy > self.config.high:
            return 0
        return 2 if self.accuracy < self.config.low else 1

    def _differences(self, pairs: Sequence[Pair]) -> torch.Tensor:
        score_B = self.comparator.score(
            [Program(p.prompt, p.reference) for p in pairs]
            + [Program(p.prompt, p.sample) for p in pairs]
        )
        return score_B[: len(pairs)] - score_B[len(pairs) :]

    def _train_once(self, fresh: Sequence[Pair], rng: random.Random) -> float:
        new = min(len(fresh), max(1, round(self.config.batch_size * self.config.fresh_share)))
        if not self.replay:
            new = min(len(fresh), self.config.batch_size)
        batch = rng.sample(list(fresh), new)
        batch += rng.sample(self.replay, min(len(self.replay), self.config.batch_size - new))
        return self.train_on(batch, rng)

    def train_on(self, pairs: Sequence[Pair], rng: random.Random) -> float:
        """One optimiser step on pairs, each shown in random order; returns the loss."""
        torch.manual_seed(rng.getrandbits(62))  # dropout, the same when a run is resumed
        self.comparator.train()
        swapped = [rng.random() < 0.5 for _ in pairs]
        sides = [
            (p.sample, p.reference) if s else (p.reference, p.sample)
            for p, s in zip(pairs, swapped, strict=True)
        ]
        score_B = self.comparator(
            [Program(p.prompt, a) for p, (a, _) in zip(pairs, sides, strict=True)]
            + [Program(p.prompt, b) for p, (_, b) in zip(pairs, sides, strict=True)]
        )
        target_B = torch.tensor([0.0 if s else 1.0 for s in swapped], device=score_B.device)
        difference_B = score_B[: len(pairs)] - score_B[len(pairs) :]
        loss = pair_loss(difference_B, target_B, self.config.label_smoothing)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.comparator.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs to go on as if it had never stopped."""
        return {
            "model": self.comparator.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "replay": [(p.prompt, p.reference, p.sample) for p in self.replay],
            "accuracy": self.accuracy,
            "skipped": self.skipped,
            "doubled": self.doubled,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self.comparator.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.replay = deque((Pair(*p) for p in state["replay"]), maxlen=self.config.replay)
        self.accuracy = state["accuracy"]
        self.skipped, self.doubled = state["skipped"], state["doubled"]
