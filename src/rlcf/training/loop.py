"""The loop of RLCF: tasks, rollouts, verdicts, rewards, advantages, update.

Covers one process. Deterministic: every random choice of step n follows from (seed, n) alone,
so that a resumed run equals one that never stopped. Does not cover building the parts (`setup`)
nor evaluation.
"""

from __future__ import annotations

import copy
import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from rlcf.comparator.online import ComparatorTrainer, Pair
from rlcf.errors import UserError
from rlcf.grounding.credit import blame_T, token_ends
from rlcf.grounding.grounding import Grounding, Rewards
from rlcf.policy.logprobs import score_tokens
from rlcf.policy.model import Policy
from rlcf.policy.sampling import Sample, SamplingConfig, sample_tasks
from rlcf.tasks.task import Task
from rlcf.training.advantages import get_algorithm, signal_P
from rlcf.training.checkpoint import load_checkpoint, newest_checkpoint, save_checkpoint
from rlcf.training.config import TrainConfig
from rlcf.training.interrupt import Interrupted, stop_on_signal
from rlcf.training.losses import clipped_policy_loss, kl_to_reference
from rlcf.training.rundir import RunDir
from rlcf.training.stepmetrics import StepMetrics, rollout_rows

Metrics = dict[str, float]


@dataclass
class Rollouts:
    """A step's completions, grouped by prompt, with their rewards."""

    tasks: list[Task]
    groups: list[list[Sample]]
    rewards: Rewards
    advantages_PG: NDArray[np.float32]

    def longest(self, prompt: int) -> int:
        """Tokens of the longest completion of a prompt."""
        return max(len(s.token_ids) for s in self.groups[prompt])

    def shaped(self, values_B: NDArray[np.float32]) -> NDArray[np.float32]:
        """(B,) values as (P, G)."""
        return values_B.reshape(len(self.groups), -1)


class Trainer:
    """Trains a policy on tasks with a grounding."""

    def __init__(
        self,
        config: TrainConfig,
        policy: Policy,
        tasks: Sequence[Task],
        grounding: Grounding,
        comparator: ComparatorTrainer | None,
        run: RunDir,
        validate: Callable[[Policy], Metrics] | None = None,
    ) -> None:
        self.config, self.policy, self.tasks = config, policy, list(tasks)
        self.grounding, self.comparator, self.run = grounding, comparator, run
        self.validate = validate
        self.reference = copy.copy(policy)
        self.reference.model = copy.deepcopy(policy.model).requires_grad_(False).eval()
        self.optimizer = torch.optim.AdamW(
            policy.model.parameters(), lr=config.lr, betas=(0.9, 0.99), weight_decay=0.0
        )
        self.sampling = SamplingConfig(config.temperature, config.top_k, config.max_new_tokens)
        self.step = 0
        self.best = -np.inf

    def train(self, report: Callable[[int, Metrics], None]) -> None:
        """Run to the last step; `report` is called with each step's number and metrics.

        Raises:
            Interrupted: Ctrl-C; the step was finished and a checkpoint written.
            UserError: the loss was not finite or no program could be judged; the checkpoint
                of the step before is there to resume from.
        """
        with stop_on_signal() as stop:
            if self.step == 0 and self.comparator is not None:
                self._warm_comparator(self.comparator)
            while self.step < self.config.steps:
                metrics = self._one_step(self.step + 1)
                self.step += 1
                self._after_step(metrics)
                report(self.step, metrics)
                if stop.set:
                    self.save()
                    raise Interrupted

    def save(self) -> None:
        """Write a checkpoint of the last finished step."""
        state = {
            "step": self.step,
            "best": float(self.best),
            "model": self.policy.model.state_dict(),
            "reference": self.reference.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "comparator": self.comparator.state_dict() if self.comparator else None,
        }
        save_checkpoint(self.run.checkpoints, self.step, state, self.config.keep)

    def resume(self) -> bool:
        """Take up the newest checkpoint, if there is one."""
        newest = newest_checkpoint(self.run.checkpoints)
        if newest is None:
            self.run.forget_after(0)
            return False
        state = load_checkpoint(newest)
        self.step, self.best = state["step"], state["best"]
        self.policy.model.load_state_dict(state["model"])
        self.reference.model.load_state_dict(state["reference"])
        self.optimizer.load_state_dict(state["optimizer"])
        if self.comparator is not None:
            self.comparator.load_state_dict(state["comparator"])
        self.run.forget_after(self.step)
        return True

    def _after_step(self, metrics: Metrics) -> None:
        c = self.config
        if self.validate is not None and c.validate_every and self.step % c.validate_every == 0:
            found = self.validate(self.policy)
            metrics.update({f"validation/{k}": v for k, v in found.items()})
            if found["select"] > self.best:
                self.best = found["select"]
                self.policy.save(self.run.path / "best")
        self.run.append_metrics({"step": self.step, **metrics})
        if self.step % c.checkpoint_every == 0 or self.step == c.steps:
            self.save()

    def _one_step(self, step: int) -> Metrics:
        clock = StepMetrics()
        rollouts = self._roll_out(step, clock)
        metrics = clock.of_rollouts(rollouts.tasks, rollouts.groups, rollouts.rewards)
        metrics["groups_without_signal"] = 1 - float(
            signal_P(rollouts.shaped(rollouts.rewards.score_B)).mean()
        )
        if np.isnan(rollouts.rewards.score_B).all():
            self.save()
            raise UserError("no program of this step could be judged; see the run's rollouts")
        if self.comparator is not None and self.config.comparator_every:
            with clock.stage("comparator"):
                if step % self.config.comparator_every == 0:
                    metrics |= self.comparator.update(self._pairs(rollouts), step)
        with clock.stage("update"):
            metrics |= self._update(rollouts, step)
        self.run.write_rollouts(
            step,
            rollout_rows(rollouts.tasks, rollouts.groups, rollouts.rewards, rollouts.advantages_PG),
        )
        return metrics | clock.times()

    def _roll_out(self, step: int, clock: StepMetrics) -> Rollouts:
        c = self.config
        tasks = self._tasks_of(step)
        with clock.stage("rollout"):
            seed = random.Random(f"rollout-{c.seed}-{step}").getrandbits(62)
            groups = sample_tasks(
                self.policy, tasks, c.samples_per_prompt, self.sampling, seed=seed
            )
        with clock.stage("grounding"):
            rewards = self._ground(tasks, groups)
        advantages_PG = get_algorithm(c.algorithm)(rewards.score_B.reshape(len(tasks), -1))
        return Rollouts(tasks, groups, rewards, advantages_PG)

    def _ground(self, tasks: Sequence[Task], groups: Sequence[Sequence[Sample]]) -> Rewards:
        flat = [(t, s) for t, group in zip(tasks, groups, strict=True) for s in group]
        return self.grounding(
            [t.prompt for t, _ in flat], [s.text for _, s in flat], [t.reference for t, _ in flat]
        )

    def _tasks_of(self, step: int) -> list[Task]:
        """The prompts of a step: slices of a new permutation each epoch."""
        count, size = self.config.prompts_per_step, len(self.tasks)
        chosen = []
        for position in range((step - 1) * count, step * count):
            epoch, offset = divmod(position, size)
            chosen.append(self._permutation(epoch)[offset])
        return [self.tasks[i] for i in chosen]

    def _permutation(self, epoch: int) -> list[int]:
        """Tasks in an order of their own each epoch, which a task more or less does not change."""
        ranks = [
            hashlib.sha256(f"{self.config.seed}-{epoch}-{t.task_id}".encode()).digest()
            for t in self.tasks
        ]
        return sorted(range(len(self.tasks)), key=ranks.__getitem__)

    def _pairs(self, rollouts: Rollouts) -> list[Pair]:
        """What the comparator learns from: compiling samples and their references."""
        flat = [(t, s) for t, g in zip(rollouts.tasks, rollouts.groups, strict=True) for s in g]
        return [
            Pair(t.prompt, t.reference, s.text)
            for (t, s), compiled in zip(flat, rollouts.rewards.compiled_B, strict=True)
            if t.reference is not None and (compiled == 1 or self.config.reward == "comparator")
        ]

    def _warm_comparator(self, comparator: ComparatorTrainer) -> None:
        """Train the comparator on the untrained policy's samples before it judges any."""
        config, rng = self.config, random.Random(f"warm-up-{self.config.seed}")
        done = 0
        for batch in range(config.comparator_warmup):
            if done >= config.comparator_warmup:
                return
            rollouts = self._roll_out(-batch, StepMetrics())
            pairs = [p for p in self._pairs(rollouts) if p.reference.split() != p.sample.split()]
            rng.shuffle(pairs)
            size = comparator.config.batch_size
            for start in range(0, len(pairs) - size + 1, size):
                comparator.train_on(pairs[start : start + size], rng)
                done += 1
            comparator.replay.extend(pairs)

    def _update(self, rollouts: Rollouts, step: int) -> Metrics:
        """Optimiser steps on one batch of rollouts; prompts without signal are left out."""
        c = self.config
        lr = c.lr * min(1.0, step / max(1, c.warmup_steps))
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        order = np.flatnonzero(signal_P(rollouts.shaped(rollouts.rewards.score_B))).tolist()
        random.Random(f"minibatch-{c.seed}-{step}").shuffle(order)
        size = max(1, -(-len(order) // c.minibatches))
        totals: dict[str, float] = dict.fromkeys(("kl", "entropy", "tokens", "grad_norm"), 0.0)
        for start in range(0, len(order), size):
            # Like lengths together: a forward pass is as long as its longest program.
            chosen = sorted(order[start : start + size], key=rollouts.longest)
            tokens = sum(len(s.token_ids) for i in chosen for s in rollouts.groups[i])
            for first in range(0, len(chosen), c.prompts_per_forward):
                part = chosen[first : first + c.prompts_per_forward]
                found = self._backward(rollouts, part, tokens)
                for name, value in found.items():
                    totals[name] += value
            norm = torch.nn.utils.clip_grad_norm_(self.policy.model.parameters(), c.max_grad_norm)
            if not torch.isfinite(norm):
                self.optimizer.zero_grad()
                self.save()
                raise UserError(
                    f"the gradient of step {step} is not finite: lower --lr and --resume "
                    f"from {self.run.path}"
                )
            self.optimizer.step()
            self.optimizer.zero_grad()
            totals["grad_norm"] += norm.item() / c.minibatches
        tokens_seen = max(1.0, totals.pop("tokens"))
        return {
            "kl": totals["kl"] / tokens_seen,
            "entropy": totals["entropy"] / tokens_seen,
            "grad_norm": totals["grad_norm"],
            "lr": lr,
        }

    def _backward(self, rollouts: Rollouts, chosen: Sequence[int], tokens: int) -> Metrics:
        """Add the gradient of some prompts' samples; returns sums over their tokens."""
        c = self.config
        groups = [rollouts.groups[i] for i in chosen]
        with torch.no_grad():
            reference_BT = score_tokens(self.reference, groups, c.temperature).logprobs_BT
        scores = score_tokens(self.policy, groups, c.temperature)
        old_BT = scores.logprobs_BT.detach()
        if c.minibatches > 1:
            old_BT = self._drawn_logprobs(groups, old_BT)
        advantages_BT = self._advantages(rollouts, chosen, old_BT.shape[1]).to(old_BT.device)
        kl = kl_to_reference(scores.logprobs_BT, reference_BT, scores.mask_BT)
        loss = clipped_policy_loss(
            scores.logprobs_BT, old_BT, advantages_BT, scores.mask_BT, c.clip
        )
        ((loss + c.kl_coef * kl) / tokens).backward()  # type: ignore[no-untyped-call]
        return {
            "kl": kl.item(),
            "entropy": scores.entropy_BT.sum().item(),
            "tokens": scores.mask_BT.sum().item(),
        }

    def _advantages(self, rollouts: Rollouts, chosen: Sequence[int], width: int) -> torch.Tensor:
        """(B, T) advantages of the chosen prompts' samples, by the credit strategy."""
        size = self.config.samples_per_prompt
        advantages_BT = np.zeros((len(chosen) * size, width), dtype=np.float32)
        for row, (i, j) in enumerate((i, j) for i in chosen for j in range(size)):
            sample, task = rollouts.groups[i][j], rollouts.tasks[i]
            value = rollouts.advantages_PG[i, j]
            weights_T = np.ones(len(sample.token_ids), dtype=np.float32)
            if self.config.credit == "localised" and value < 0:
                ends = token_ends(self.policy.tokenizer, sample.token_ids)
                result = rollouts.rewards.results[i * size + j]
                weights_T = blame_T(result, task.program(sample.text), len(task.prompt), ends)
            advantages_BT[row, : len(sample.token_ids)] = value * weights_T
        return torch.from_numpy(advantages_BT)

    def _drawn_logprobs(
        self, groups: Sequence[Sequence[Sample]], like_BT: torch.Tensor
    ) -> torch.Tensor:
        """(B, T) log-probabilities that the samples were drawn with."""
        drawn_BT = torch.zeros_like(like_BT)
        for row, sample in enumerate(s for group in groups for s in group):
            drawn_BT[row, : len(sample.logprobs)] = torch.from_numpy(sample.logprobs)
        return drawn_BT
