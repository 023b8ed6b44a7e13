"""The second half of a step: from judged completions to a changed policy.

Covers reference model, optimiser, epochs, minibatches and micro-batches, the loss, and refusing
a step that is not finite. Every random choice follows from (seed, step). With several processes
each takes a share of the prompts, and the gradients are added: the update is that of one process,
but for the order of sums. Does not cover drawing and judging (`rollouts`), nor what is learnt from
them (`algorithms`), which it is blind to.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import torch

from rlcf.device import return_memory
from rlcf.errors import UserError
from rlcf.policy.footprint import split_rows, tokens_per_forward
from rlcf.policy.logprobs import TokenScores, logprob_gap, score_tokens
from rlcf.policy.model import Policy
from rlcf.policy.sampling import Sample
from rlcf.tasks.task import Task
from rlcf.training.algorithms import Place, Targets, make_algorithm
from rlcf.training.averaging import WeightAverage
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes
from rlcf.training.klcontrol import KlController
from rlcf.training.losses import clipped_policy_loss, kl_to_reference
from rlcf.training.references import Example, beside, reference_loss, whole_example
from rlcf.training.rollouts import Rollouts

Metrics = dict[str, float]
_SUMS = ("kl", "entropy", "tokens", "kl_step", "clipped", "logprob_gap")


class NonFiniteError(UserError):
    """Loss or gradient was not a number; the step was not made."""

    def __init__(self, what: str, step: int, made: int) -> None:
        super().__init__(f"the {what} of step {step} is not finite")
        self.made = made
        """Optimiser steps that were made of the same batch before."""


class Learner:
    """Changes a policy by what its completions were worth."""

    def __init__(
        self, config: TrainConfig, policy: Policy, processes: Processes | None = None
    ) -> None:
        self.config, self.policy = config, policy
        self.processes = processes or Processes()
        self.algorithm = make_algorithm(config, policy, self.processes)
        self.kl = KlController(config.anchor.kl_coef, config.anchor.kl_target)
        self.reference = policy.reference()
        self.tokens_per_forward = tokens_per_forward(policy)
        weights = [p for p in policy.model.parameters() if p.requires_grad]
        self.average = WeightAverage(weights)
        groups = [
            {"params": weights, "peak": config.lr},
            *self.algorithm.parameter_groups(),
        ]
        self.parameters: list[torch.nn.Parameter] = [p for g in groups for p in g["params"]]
        self.optimizer = torch.optim.AdamW(
            groups, lr=config.lr, betas=(0.9, 0.99), weight_decay=0.0
        )

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs."""
        return {
            "model": self.policy.state_dict(),
            "reference": self.reference.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "algorithm": self.algorithm.state_dict(),
            "kl": self.kl.state_dict(),
            "average": self.average.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self.policy.load_state_dict(state["model"])
        self.reference.load_state_dict(state["reference"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.algorithm.load_state_dict(state["algorithm"])
        self.kl.load_state_dict(state["kl"])
        self.average.load_state_dict(state["average"])

    def targets(self, rollouts: Rollouts) -> Targets:
        """What the batch teaches, by the configured algorithm."""
        return self.algorithm.targets(rollouts)

    def update(
        self, rollouts: Rollouts, targets: Targets, step: int, references: Sequence[Task] = ()
    ) -> Metrics:
        """Optimiser steps on one batch of rollouts; prompts without signal are left out.

        `references`: tasks whose references' cross-entropy is added instead of the prompts' own.

        Raises:
            NonFiniteError: loss or gradient is not finite; the policy is as it was before it.
        """
        share = self._share_of_lr(step)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * share
        update = _Update(self, rollouts, targets, step)
        update.hold_on_to(references)
        update.run()
        return_memory(self.policy.parameters_count)
        metrics = update.metrics() | targets.metrics
        metrics["kl_coef"] = self.kl.coefficient
        metrics["lr"] = self.config.lr * share
        if update.steps:
            self.kl.observe(metrics["kl"])
        if (first := self.config.update.average_from) and first <= step:
            self.average.collect()
        return metrics

    def _share_of_lr(self, step: int) -> float:
        c = self.config
        warm = min(1.0, step / max(1, c.update.warmup_steps))
        if c.update.lr_schedule == "constant":
            return warm
        return warm * max(0.0, (c.steps + 1 - step) / max(1, c.steps))


class _Update:
    """The passes over one batch of rollouts."""

    def __init__(self, learner: Learner, rollouts: Rollouts, targets: Targets, step: int) -> None:
        self.learner, self.config, self.processes = learner, learner.config, learner.processes
        self.rollouts, self.targets, self.step = rollouts, targets, step
        self.sums: Counter[str] = Counter()
        self.norm, self.steps, self.stopped = 0.0, 0, False
        self.several = self.config.update.minibatches > 1 or self.config.update.epochs > 1
        self.reference: dict[Place, torch.Tensor] = {}
        self.examples = self._examples() if self.config.anchor.reference_coef else {}
        self.drawn: list[Example] = []
        self.minibatches = 0

    def hold_on_to(self, references: Sequence[Task]) -> None:
        """Take these references, divided among the minibatches, instead of the prompts' own."""
        longest = self.config.sampling.max_new_tokens
        found = (whole_example(self.learner.policy, task, longest) for task in references)
        self.drawn = [example for example in found if example is not None]

    def run(self) -> None:
        """All passes, or as many as the policy's distance allows."""
        c = self.config
        order = list(self.targets.prompts)
        size = max(1, -(-len(order) // c.update.minibatches))
        for epoch in range(c.update.epochs):
            name = f"minibatch-{c.seed}-{self.step}" + (f"-{epoch}" if epoch else "")
            random.Random(name).shuffle(order)
            for start in range(0, len(order), size):
                # Like lengths together: a forward pass is as long as its longest program.
                self._minibatch(sorted(order[start : start + size], key=self.rollouts.longest))
                if self.stopped:
                    return

    def metrics(self) -> Metrics:
        """Means over tokens, summed up over processes."""
        names = sorted({*_SUMS, *self.sums})
        if self.processes.count > 1:
            names = sorted({n for ns in self.processes.gather([names]) for n in ns})
        totals = self.processes.total([self.sums[n] for n in names])
        found = dict(zip(names, totals, strict=True))
        tokens = max(1.0, found.pop("tokens"))
        metrics = {name: value / tokens for name, value in found.items()}
        metrics["grad_norm"] = self.norm / max(1, self.steps)
        if self.several:
            metrics["optimizer_steps"] = float(self.steps)
        else:
            del metrics["kl_step"], metrics["clipped"]  # 0: nothing moves before the only step
        return metrics

    def _minibatch(self, chosen: list[int]) -> None:
        """One optimiser step on some prompts, unless the policy has moved too far already."""
        c, learner = self.config, self.learner
        tokens = sum(len(s.token_ids) for i in chosen for s in self.rollouts.groups[i])
        mine = self.processes.share(chosen)
        loss = moved = 0.0
        seen: Counter[str] = Counter()
        for piece in forward_pieces(
            self.rollouts, mine, c.update.prompts_per_forward, learner.tokens_per_forward
        ):
            part = self._backward(piece, tokens)
            loss += part.pop("loss")
            moved += part["kl_step"]
            seen.update(part)
        examples = self._references_beside(chosen)
        if examples:
            part = self._keep_references(examples, tokens)
            loss += c.anchor.reference_coef * part["reference_loss"]
            seen.update(part)
        learner.processes.add_gradients(learner.parameters)
        loss, moved = self.processes.total([loss, moved])
        norm = torch.nn.utils.clip_grad_norm_(learner.parameters, c.update.max_grad_norm).item()
        for what, value in (("loss", loss), ("gradient", norm)):
            if not math.isfinite(value):
                learner.optimizer.zero_grad()
                raise NonFiniteError(what, self.step, self.steps)
        most = c.anchor.kl_stop
        self.stopped = self.steps > 0 and most is not None and moved / tokens > most
        if not self.stopped:
            learner.optimizer.step()
            self.norm, self.steps = self.norm + norm, self.steps + 1
            self.sums.update(seen)
        learner.optimizer.zero_grad()

    def _backward(self, piece: Piece, tokens: int) -> Metrics:
        """Add the gradient of some samples; returns sums over their tokens."""
        c, learner = self.config, self.learner
        places = [(i, j) for i, numbers in piece for j in numbers]
        groups = [[self.rollouts.groups[i][j] for j in numbers] for i, numbers in piece]
        reference_BT = self._reference(places, groups)
        hidden = learner.algorithm.needs_hidden
        scores = score_tokens(learner.policy, groups, c.sampling.temperature, hidden=hidden)
        logprobs_BT, mask_BT = scores.logprobs_BT, scores.mask_BT
        old_BT = logprobs_BT.detach()
        if self.several:
            old_BT = drawn_logprobs(groups, old_BT)
        advantages_BT = self.targets.padded(places, old_BT.shape[1]).to(old_BT.device)
        kl = kl_to_reference(logprobs_BT, reference_BT, mask_BT)
        loss = clipped_policy_loss(logprobs_BT, old_BT, advantages_BT, mask_BT, c.update.clip)
        loss = loss + learner.kl.coefficient * kl
        extra, sums = learner.algorithm.extra_loss(scores, self.targets, places)
        if extra is not None:
            loss = loss + extra
        (loss / tokens).backward()
        with torch.no_grad():
            moved = kl_to_reference(logprobs_BT, old_BT, mask_BT).item()
            ratio_BT = (logprobs_BT - old_BT).exp()
            clipped = (((ratio_BT - 1).abs() > c.update.clip) * mask_BT).sum().item()
        return sums | {
            "loss": loss.item(),
            "kl": kl.item(),
            "entropy": scores.entropy_BT.sum().item(),
            "tokens": mask_BT.sum().item(),
            "kl_step": moved,
            "logprob_gap": self._gap(scores, groups),
            "clipped": clipped,
        }

    def _examples(self) -> dict[int, Example]:
        """References in tokens, by prompt."""
        rollouts, longest = self.rollouts, self.config.sampling.max_new_tokens
        found = {
            i: beside(self.learner.policy, rollouts.tasks[i], rollouts.groups[i][0], longest)
            for i in self.targets.prompts
        }
        return {i: example for i, example in found.items() if example is not None}

    def _references_beside(self, chosen: list[int]) -> list[Example]:
        """The references that go with a minibatch of prompts."""
        self.minibatches += 1
        if self.drawn:
            parts = self.config.update.minibatches
            return self.drawn[(self.minibatches - 1) % parts :: parts]
        return [self.examples[i] for i in chosen if i in self.examples]

    def _keep_references(self, examples: Sequence[Example], tokens: int) -> Metrics:
        """Add the gradient of references' mean cross-entropy; returns it, times `tokens`."""
        c, learner = self.config, self.learner
        most = c.update.prompts_per_forward * c.samples_per_prompt
        count = sum(len(e.ids) - e.prompt_length for e in examples)
        mine = sorted(self.processes.share(examples), key=lambda e: len(e.ids))
        total = 0.0
        widths = [len(example.ids) for example in mine]
        for rows in split_rows(widths, learner.tokens_per_forward, most):
            loss, _ = reference_loss(learner.policy, mine[rows])
            (c.anchor.reference_coef * loss / count).backward()
            total += loss.item()
        return {"reference_loss": total / max(1, count) * tokens}

    def _gap(self, scores: TokenScores, groups: Sequence[Sequence[Sample]]) -> float:
        """Sum over tokens of how far sampling and training are apart; 0 once the policy moved."""
        if self.steps:
            return 0.0
        return logprob_gap(scores, groups).mean * scores.mask_BT.sum().item()

    @torch.no_grad()
    def _reference(
        self, places: Sequence[Place], groups: Sequence[Sequence[Sample]]
    ) -> torch.Tensor:
        """(B, T) log-probabilities under the reference model, kept for later epochs."""
        c = self.config
        if not all(place in self.reference for place in places):
            scored_BT = score_tokens(
                self.learner.reference, groups, c.sampling.temperature
            ).logprobs_BT
            if c.update.epochs == 1:
                return scored_BT
            self.reference.update(zip(places, scored_BT, strict=True))
        width = max(len(s.token_ids) for group in groups for s in group)
        return torch.stack([_to_width(self.reference[place], width) for place in places])


Piece = list[tuple[int, list[int]]]
"""Samples of one forward pass: numbers of prompts, each with as many numbers of its samples."""


def forward_pieces(
    rollouts: Rollouts, prompts: Sequence[int], most: int, tokens: int
) -> Iterator[Piece]:
    """Divide prompts, in order, into passes of at most `most` prompts and about `tokens` tokens.

    The samples of a prompt that is too large by itself are divided too, like lengths together.
    """
    widths = []
    for i in prompts:
        group = rollouts.groups[i]
        widths.append(rollouts.longest(i) * len(group) + len(group[0].prompt_ids))
    for part in split_rows(widths, tokens, most):
        chosen, group = prompts[part], rollouts.groups[prompts[part][0]]
        count = min(len(group), -(-widths[part.start] // tokens)) if len(chosen) == 1 else 1
        if count == 1:
            yield [(i, list(range(len(group)))) for i in chosen]
            continue
        order = sorted(range(len(group)), key=lambda j: len(group[j].token_ids))
        size = -(-len(group) // count)
        for first in range(0, len(order), size):
            yield [(chosen[0], order[first : first + size])]


def _to_width(row_T: torch.Tensor, width: int) -> torch.Tensor:
    """Padding (0) cut off or added on the right."""
    return torch.nn.functional.pad(row_T, (0, width - len(row_T)))


def drawn_logprobs(groups: Sequence[Sequence[Sample]], like_BT: torch.Tensor) -> torch.Tensor:
    """(B, T) log-probabilities that the samples were drawn with."""
    drawn_BT = torch.zeros_like(like_BT)
    for row, sample in enumerate(s for group in groups for s in group):
        drawn_BT[row, : len(sample.logprobs)] = torch.from_numpy(sample.logprobs)
    return drawn_BT
