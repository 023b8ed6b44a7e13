"""The loop of RLCF: tasks, rollouts, verdicts, rewards, advantages, update.

Covers the order of things, resuming, validation. Deterministic: every random choice of step n
follows from (seed, n) alone, so that a resumed run equals one that never stopped. Does not cover
building the parts (`setup`), the halves of a step (`rollouts`, `learner`) nor evaluation.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np

from rlcf.atomic import copy_folder, mend_folder, replace_folder
from rlcf.comparator.online import ComparatorTrainer, Pair
from rlcf.errors import UserError
from rlcf.grounding.grounding import Grounding
from rlcf.policy.model import Policy
from rlcf.tasks.task import Task
from rlcf.training.advantages import signal_P
from rlcf.training.checkpoint import load_checkpoint, newest_checkpoint, save_checkpoint
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes
from rlcf.training.earlystop import Selection
from rlcf.training.interrupt import Interrupted, stop_on_signal
from rlcf.training.learner import Learner, NonFiniteError
from rlcf.training.rollouts import Rollouts, roll_out
from rlcf.training.rundir import RunDir
from rlcf.training.schedule import Schedule
from rlcf.training.stepmetrics import StepMetrics, rollout_rows

Metrics = dict[str, float]


class Trainer:
    """Trains a policy on tasks with a grounding."""

    def __init__(
        self,
        config: TrainConfig,
        policy: Policy,
        tasks: Sequence[Task] | Schedule,
        grounding: Grounding,
        comparator: ComparatorTrainer | None,
        run: RunDir,
        validate: Callable[[Policy], Metrics] | None = None,
        processes: Processes | None = None,
    ) -> None:
        self.config, self.policy = config, policy
        self.schedule = tasks if isinstance(tasks, Schedule) else Schedule(config, tasks)
        self.grounding, self.comparator, self.run = grounding, comparator, run
        self.validate = validate
        self.processes = processes or Processes()
        self.learner = Learner(config, policy, self.processes)
        self.sampling = config.sampling
        self.step, self._resumed = 0, False
        self.selection = Selection(config.validation.patience)

    def train(self, report: Callable[[int, Metrics], None]) -> None:
        """Run to the last step, or until patience runs out (`selection.exhausted`).

        `report` is called with each step's number and metrics.

        Raises:
            Interrupted: Ctrl-C; the step was finished and a checkpoint written.
            UserError: the loss was not finite or no program could be judged; what was learnt
                until then is saved.
        """
        with stop_on_signal() as stop:
            if self.comparator is not None and not self._resumed:
                self._warm_comparator(self.comparator)
            if self.step == 0 and self.config.validation.every:
                self._validate_untrained()
            while self.step < self.config.steps and not self.selection.exhausted:
                metrics = self._one_step(self.step + 1)
                self.step += 1
                self._after_step(metrics)
                report(self.step, metrics)
                if self.processes.any(stop.set):
                    self.save()
                    raise Interrupted

    def save(self) -> None:
        """Write a checkpoint of the last finished step."""
        if not self.processes.first:
            return
        state = {
            "step": self.step,
            "selection": self.selection.state_dict(),
            "learner": self.learner.state_dict(),
            "comparator": self.comparator.state_dict() if self.comparator else None,
        }
        save_checkpoint(self.run.checkpoints, self.step, state, self.config.run.keep)

    def resume(self) -> bool:
        """Take up the newest checkpoint, if there is one; only the first process reads it."""
        newest = None
        if self.processes.first:
            mend_folder(self.run.best)
            newest = newest_checkpoint(self.run.checkpoints)
        state = self.processes.from_first(load_checkpoint(newest) if newest else None)
        if state is None:
            self.run.forget_after(-1)
            return False
        self.step, self._resumed = state["step"], True
        self.selection.load_state_dict(state["selection"])
        self.learner.load_state_dict(state["learner"])
        if self.comparator is not None:
            self.comparator.load_state_dict(state["comparator"])
        self.run.forget_after(self.step)
        return True

    def save_policy(self) -> int:
        """Write policy/, the model that the run is for; returns the step that it is of.

        It is the best by validation where there was one and the settings ask for it.
        """
        best, target = self.run.best, self.run.policy
        selected = self.config.validation.select_best and self.selection.made
        if self.processes.first:
            if selected and best.exists():
                copy_folder(best, target)
            else:
                with self.learner.average.in_place():
                    replace_folder(target, self.policy.save)
        return self.selection.step if selected else self.step

    def _after_step(self, metrics: Metrics) -> None:
        config, every = self.config, self.config.validation.every
        if every and self.step % every == 0:
            metrics.update(self._validated())
        self.run.append_metrics({"step": self.step, **metrics})
        last = self.step == config.steps or self.selection.exhausted
        if self.step % config.run.checkpoint_every == 0 or last:
            self.save()

    def _validate_untrained(self) -> None:
        """What the training must beat: if it never does, the best policy is that of the start."""
        found = self._validated()
        if found:
            self.run.append_metrics({"step": 0, **found})

    def _validated(self) -> Metrics:
        """Measure the policy as it is, and keep it if it is the best so far."""
        if self.validate is None:
            return {}
        with self.learner.average.in_place():
            found = self.processes.from_first(
                self.validate(self.policy) if self.processes.first else None
            )
            if self.selection.observe(self.step, found["select"]) and self.processes.first:
                replace_folder(self.run.best, self.policy.save)
        return {f"validation/{k}": v for k, v in found.items()}

    def _one_step(self, step: int) -> Metrics:
        clock = StepMetrics()
        rollouts = self._roll_out(step, clock)
        metrics = clock.of_rollouts(rollouts.tasks, rollouts.groups, rollouts.rewards)
        metrics["groups_without_signal"] = 1 - float(signal_P(rollouts.scores_PG).mean())
        if np.isnan(rollouts.rewards.score_B).all():
            self.save()
            raise UserError("no program of this step could be judged; see the run's rollouts")
        with clock.stage("update"):
            targets = self.learner.targets(rollouts)
            try:
                metrics |= self.learner.update(
                    rollouts, targets, step, self.schedule.references(step)
                )
            except NonFiniteError as error:
                raise self._unfit(error) from error
        # After the policy's update, so that a step refused there has changed nothing at all.
        every = self.config.comparator.every
        if self.comparator is not None and every and step % every == 0:
            with clock.stage("comparator"):
                metrics |= self.comparator.update(self._pairs(rollouts), step)
        rows = rollout_rows(
            rollouts.tasks, rollouts.groups, rollouts.rewards, targets.advantages_PG
        )
        self.run.write_rollouts(step, rows)
        return metrics | clock.times()

    def _unfit(self, error: NonFiniteError) -> UserError:
        """Save what there is, and say what to do."""
        if error.made == 0:  # else the policy is no longer that of the step before
            self.save()
        if self.processes.first:
            replace_folder(self.run.policy, self.policy.save)
        return UserError(
            f"{error}: the model before it is in {self.run.path / 'policy'}; start anew, or from "
            f"there, with a lower --lr (now {self.config.lr:g}) or --precision fp32"
        )

    def _roll_out(self, step: int, clock: StepMetrics) -> Rollouts:
        """Completions of the step's prompts; each process makes a share, all get the whole."""
        tasks = self.schedule.prompts(step)
        part = roll_out(
            self.policy,
            self.grounding,
            self.processes.share(tasks),
            self.config.samples_per_prompt,
            self.sampling,
            seed=random.Random(f"rollout-{self.config.seed}-{step}").getrandbits(62),
            clock=clock,
        )
        return part.joined(self.processes, [self.policy.judged(task) for task in tasks])

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
        for batch in range(config.comparator.warmup):
            if done >= config.comparator.warmup:
                return
            rollouts = self._roll_out(-batch, StepMetrics())
            pairs = [p for p in self._pairs(rollouts) if p.reference.split() != p.sample.split()]
            rng.shuffle(pairs)
            size = comparator.config.batch_size
            for start in range(0, len(pairs) - size + 1, size):
                comparator.train_on(pairs[start : start + size], rng)
                done += 1
            comparator.replay.extend(pairs)
