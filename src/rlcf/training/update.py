"""The last call of a step: a batch with advantages becomes a changed policy.

Every random choice follows from (seed, step). With several processes each takes a share of the
prompts, and the gradients are added: the update is that of one process, but for the order of sums.
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
from rlcf.policy.completion import Batch, Completion, Group, longest
from rlcf.policy.footprint import split_rows, tokens_per_forward
from rlcf.policy.logprobs import TokenScores, logprob_gap, score_tokens
from rlcf.policy.model import Policy
from rlcf.tasks.task import Task
from rlcf.training.algorithms import ALGORITHMS
from rlcf.training.algorithms.base import Array, Metrics, padded
from rlcf.training.averaging import WeightAverage
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes
from rlcf.training.klcontrol import KlController
from rlcf.training.losses import POLICY_LOSSES, importance_weights, kl_to_reference
from rlcf.training.references import Example, beside, reference_loss, whole_example

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
        self.algorithm = ALGORITHMS[config.update.algorithm](config, policy, self.processes)
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

    def update(self, batch: Batch, step: int, references: Sequence[Task] = ()) -> Metrics:
        """Optimiser steps on the prompts of a batch that teach something.

        `references`: tasks whose references' cross-entropy is added instead of the prompts' own.

        Raises:
            NonFiniteError: loss or gradient is not finite; the policy is as it was before it.
        """
        share = self._share_of_lr(step)
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * share
        update = _Update(self, batch.trained, step)
        update.hold_on_to(references)
        update.run()
        return_memory(self.policy.parameters_count)
        metrics = update.metrics()
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
    """The passes over the prompts of one batch."""

    def __init__(self, learner: Learner, groups: Sequence[Group], step: int) -> None:
        self.learner, self.config, self.processes = learner, learner.config, learner.processes
        self.groups, self.step = groups, step
        self.sums: Counter[str] = Counter()
        self.norm, self.steps, self.stopped = 0.0, 0, False
        self.several = self.config.update.minibatches > 1 or self.config.update.epochs > 1
        self.reference: dict[Completion, torch.Tensor] = {}
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
        order = list(self.groups)
        size = max(1, -(-len(order) // c.update.minibatches))
        for epoch in range(c.update.epochs):
            name = f"minibatch-{c.seed}-{self.step}" + (f"-{epoch}" if epoch else "")
            random.Random(name).shuffle(order)
            for start in range(0, len(order), size):
                # Like lengths together: a forward pass is as long as its longest program.
                self._minibatch(sorted(order[start : start + size], key=longest))
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

    def _minibatch(self, chosen: list[Group]) -> None:
        """One optimiser step on some prompts, unless the policy has moved too far already."""
        c, learner = self.config, self.learner
        tokens = sum(len(one.token_ids) for group in chosen for one in group)
        mine = self.processes.share(chosen)
        loss = moved = 0.0
        seen: Counter[str] = Counter()
        for piece in forward_pieces(mine, c.update.prompts_per_forward, learner.tokens_per_forward):
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

    def _backward(self, groups: Sequence[Group], tokens: int) -> Metrics:
        """Add the gradient of some completions; returns sums over their tokens."""
        c, learner = self.config, self.learner
        completions = [one for group in groups for one in group]
        reference_BT = self._reference(groups)
        hidden = learner.algorithm.needs_hidden
        scores = score_tokens(learner.policy, groups, c.sampling.temperature, hidden=hidden)
        logprobs_BT, mask_BT = scores.logprobs_BT, scores.mask_BT
        sampled_BT = _padded_like(logprobs_BT, [one.logprobs_T for one in completions])
        old_BT = sampled_BT if self.several else logprobs_BT.detach()
        advantages_BT = _padded_like(old_BT, [_advantages_T(one) for one in completions])
        if c.update.importance_cap is not None and not self.several:
            advantages_BT *= importance_weights(logprobs_BT, sampled_BT, c.update.importance_cap)
        kl = kl_to_reference(logprobs_BT, reference_BT, mask_BT)
        policy_loss = POLICY_LOSSES[c.update.loss]
        loss = policy_loss(logprobs_BT, old_BT, advantages_BT, mask_BT, c.update.clip)
        loss = loss + learner.kl.coefficient * kl
        extra, sums = learner.algorithm.extra_loss(scores, completions)
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

    def _references_beside(self, chosen: Sequence[Group]) -> list[Example]:
        """The references that go with a minibatch of prompts."""
        self.minibatches += 1
        if self.drawn:
            return self.drawn[
                (self.minibatches - 1)
                % self.config.update.minibatches :: self.config.update.minibatches
            ]
        if not self.config.anchor.reference_coef:
            return []
        policy, most = self.learner.policy, self.config.sampling.max_new_tokens
        found = (beside(policy, group[0], most) for group in chosen)
        return [example for example in found if example is not None]

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

    def _gap(self, scores: TokenScores, groups: Sequence[Group]) -> float:
        """Sum over tokens of how far sampling and training are apart; 0 once the policy moved."""
        if self.steps:
            return 0.0
        return logprob_gap(scores, groups).mean * scores.mask_BT.sum().item()

    @torch.no_grad()
    def _reference(self, groups: Sequence[Group]) -> torch.Tensor:
        """(B, T) log-probabilities under the reference policy, kept for later epochs."""
        c, completions = self.config, [one for group in groups for one in group]
        if not all(one in self.reference for one in completions):
            scored_BT = score_tokens(
                self.learner.reference, groups, c.sampling.temperature
            ).logprobs_BT
            if c.update.epochs == 1:
                return scored_BT
            self.reference.update(zip(completions, scored_BT, strict=True))
        width = longest(completions)
        return torch.stack([_to_width(self.reference[one], width) for one in completions])


def forward_pieces(groups: Sequence[Group], most: int, tokens: int) -> Iterator[list[Group]]:
    """Divide prompts, in order, into passes of at most `most` prompts and about `tokens` tokens.

    The completions of a prompt that is too large by itself are divided too, like lengths together.
    """
    widths = [longest(group) * len(group) + len(group[0].prompt_ids) for group in groups]
    for part in split_rows(widths, tokens, most):
        chosen = list(groups[part])
        count = min(len(chosen[0]), -(-widths[part.start] // tokens)) if len(chosen) == 1 else 1
        if count == 1:
            yield chosen
            continue
        ordered = sorted(chosen[0], key=lambda one: len(one.token_ids))
        size = -(-len(ordered) // count)
        for first in range(0, len(ordered), size):
            yield [ordered[first : first + size]]


def _advantages_T(completion: Completion) -> Array:
    assert completion.advantages_T is not None, "its prompt is not trained on"
    return completion.advantages_T


def _padded_like(like_BT: torch.Tensor, rows: Sequence[Array]) -> torch.Tensor:
    return padded(rows, like_BT.shape[1]).to(like_BT)


def _to_width(row_T: torch.Tensor, width: int) -> torch.Tensor:
    """Padding (0) cut off or added on the right."""
    return torch.nn.functional.pad(row_T, (0, width - len(row_T)))
