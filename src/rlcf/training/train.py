"""RLCF: a loop whose step is draw, judge, reward, advantages, update.

Deterministic: every random choice of step n follows from (seed, n) alone, so that a resumed run
equals one that never stopped. What the parts are made of is in `parts`; the whole method without
options in `examples/rlcf_minimal.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from rlcf.atomic import copy_folder, mend_folder, replace_folder
from rlcf.comparator.online import ComparatorTrainer, OnlineConfig, Pair
from rlcf.device import use_threads
from rlcf.errors import UserError
from rlcf.grounding import Grounding
from rlcf.grounding.ahead import Judge
from rlcf.languages import Toolchain, options_for
from rlcf.languages.outcome import Runner
from rlcf.policy.completion import Batch
from rlcf.policy.model import Policy
from rlcf.policy.roundtrip import check_references
from rlcf.policy.sampling import sample_tasks
from rlcf.tasks.task import Task
from rlcf.training.algorithms.base import Metrics
from rlcf.training.checkpoint import load_checkpoint, newest_checkpoint, save_checkpoint
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes
from rlcf.training.earlystop import Selection
from rlcf.training.interrupt import Interrupted, stop_on_signal
from rlcf.training.parts import (
    check_names,
    comparator_of,
    open_tasks,
    similarity_of,
    training_tasks,
    with_validation,
)
from rlcf.training.progress import StepPrinter
from rlcf.training.redraw import replaced
from rlcf.training.rundir import NoRunDir, RunDir
from rlcf.training.schedule import Schedule
from rlcf.training.stepmetrics import Clock, batch_metrics
from rlcf.training.trackers import Trackers
from rlcf.training.turns import with_turns
from rlcf.training.update import Learner, NonFiniteError


def train(
    config: TrainConfig, console: Console | None = None, without: Collection[str] = ()
) -> Path:
    """Run RLCF as configured; returns the folder of the trained policy.

    Args:
        config: the settings.
        console: what is told of the run goes there.
        without: ids of tasks that are held out of the training.

    Raises:
        UserError: bad input, named in one line.
        Interrupted: Ctrl-C, after a checkpoint was written.
    """
    console = console or Console(highlight=False)
    check_names(config)
    processes = Processes.join()
    console.quiet = console.quiet or not processes.first
    if processes.first:
        RunDir.check(Path(config.out), config, resume=config.resume)
    processes.divide_cores()
    use_threads(config.run.threads)
    options = options_for([config.data.language], config.data.class_path)
    toolchain = Toolchain(config.data.language, **options[config.data.language])
    try:
        tasks = training_tasks(config, toolchain, console)
        tasks = [task for task in tasks if task.task_id not in without]
        trainer = build(config, tasks, toolchain, processes, console)
        with trainer.run.starting():
            _run(trainer, processes, console)
    finally:
        toolchain.close()
    step, best = trainer.save_policy(), trainer.selection
    if best.exhausted:
        console.print(
            f"stopped after step {trainer.step}: {best.since} validations without improvement "
            f"on {best.best:.3f}, at step {best.step} (--patience)"
        )
    if step != trainer.step:
        what = f"that of step {step}" if step else "the untrained model"
        console.print(f"policy/ is {what}, the best by validation (--select-best)")
    processes.leave()
    return trainer.run.policy


def _run(trainer: Trainer, processes: Processes, console: Console) -> None:
    """Train to the end, or on to it, with printer and trackers."""
    config = trainer.config
    if config.resume and trainer.resume():
        console.print(f"going on after step {trainer.step}")
    names = config.run.tracker if processes.first else "none"
    trackers = Trackers.open(names, trainer.run.path, config)
    printer = StepPrinter(console, trainer.step, config.steps)

    def report(step: int, metrics: dict[str, float]) -> None:
        printer(step, metrics)
        trackers.log(step, metrics)

    trainer.train(report)
    trackers.close()


def build(
    config: TrainConfig,
    tasks: list[Task],
    toolchain: Runner,
    processes: Processes | None = None,
    console: Console | None = None,
) -> Trainer:
    """Load the models and join the parts; the run directory is made when all else is there."""
    processes, console = processes or Processes(), console or Console(quiet=True)
    if config.prompts_per_step < processes.count:
        raise UserError(
            f"--prompts-per-step {config.prompts_per_step} is less than the number of processes "
            f"({processes.count}): each needs a prompt"
        )
    own = processes.device if config.loading.device == "auto" else None
    policy = config.loading.load(config.model, device=own)
    check_references(policy, tasks)
    comparator = comparator_of(config, policy)
    tasks, validate = with_validation(config, tasks, toolchain, console)
    schedule = Schedule(config, tasks, open_tasks(config, console))
    where = RunDir if processes.first else NoRunDir
    run = where.open(Path(config.out), config, resume=config.resume)
    with run.starting():
        cache = run.path / "comparator" if processes.first else None
        judged = [policy.judged(task) for task in tasks]
        similarity = similarity_of(config, comparator, judged, cache, console)
        grounding = Grounding(
            toolchain, similarity, config.reward, config.comparator.weight, config.comparator.ranks
        )
        learning = None
        if comparator is not None and config.comparator.mode == "online":
            settings = OnlineConfig(lr=config.comparator.lr)
            learning = ComparatorTrainer(comparator, settings, config.seed)
        return Trainer(config, policy, schedule, grounding, learning, run, validate, processes)


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
        self.judge = Judge(grounding.compiler)
        """Fills in verdicts, on which it begins while others are still drawn."""
        self.validate = validate
        self.processes = processes or Processes()
        self.learner = Learner(config, policy, self.processes)
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
        with stop_on_signal() as stop, self.judge:
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

    def _one_step(self, step: int) -> Metrics:
        """Draw, judge, reward, advantages, update."""
        clock = Clock()
        with clock.stage("rollout"):
            batch = self.draw(step)
        with clock.stage("compile"):
            self.judge(batch)
        with clock.stage("grounding"):
            batch = self.reward(batch)
        metrics = batch_metrics(batch)
        roll_out = partial(self._roll_out, step, clock)
        batch, idle, told = replaced(batch, step, self.schedule, roll_out)
        batch, mended = with_turns(batch, step, self.config, roll_out)
        metrics |= told | mended | {"programs": float(len(batch) + sum(map(len, idle)))}
        with clock.stage("update"):
            metrics |= self.advantages(batch)
            metrics |= self.update(batch, step)
        # After the policy's update, so that a step refused there has changed nothing at all.
        every = self.config.comparator.every
        if self.comparator is not None and every and step % every == 0:
            with clock.stage("comparator"):
                metrics |= self.comparator.update(self._pairs(batch), step)
        self.run.write_rollouts(step, Batch([*batch.groups, *idle]).rows())
        return metrics | clock.times()

    def draw(self, number: int, others: Sequence[Task] = (), name: str = "") -> Batch:
        """Completions of this process's share of a batch's prompts, or of others in their place.

        Each goes to the compiler as soon as it is finished. Batches are numbered by their step;
        those that warm the comparator up come before: 0, -1, ...
        """
        tasks = self.processes.share(others or self.schedule.prompts(number))
        return Batch(
            sample_tasks(
                self.policy,
                tasks,
                self.config.samples_per_prompt,
                self.config.sampling,
                seed=random.Random(f"rollout-{self.config.seed}-{number}{name}").getrandbits(62),
                on_finished=self.judge.begin,
            )
        )

    def reward(self, batch: Batch) -> Batch:
        """Compiler's verdict and comparator's similarity become one number per completion.

        Returns the whole batch, of which `batch` was this process's share.

        Raises:
            UserError: no program of the step could be judged; a checkpoint is saved.
        """
        self.grounding.reward(batch)
        whole = self._gathered(batch)
        if np.isnan(whole.rewards_PG).all():
            self.save()
            raise UserError("no program of this step could be judged; see the run's rollouts")
        return whole

    def _roll_out(self, step: int, clock: Clock, tasks: Sequence[Task], name: str) -> Batch:
        """Draw, judge and reward programs for other tasks than the step's prompts."""
        with clock.stage(name):
            drawn = self.draw(step, tasks, f"-{name}")
            self.judge(drawn)
            return self.reward(drawn)

    def advantages(self, batch: Batch) -> Metrics:
        """How much more or less likely each token is to be made, by the configured algorithm."""
        return self.learner.algorithm.advantages(batch)

    def update(self, batch: Batch, step: int) -> Metrics:
        """Optimiser steps on the batch.

        Raises:
            UserError: loss or gradient is not finite; what was learnt until then is saved.
        """
        try:
            return self.learner.update(batch, step, self.schedule.references(step))
        except NonFiniteError as error:
            raise self._unfit(error) from error

    def _gathered(self, batch: Batch) -> Batch:
        """All processes' completions, in the order of the prompts."""
        return Batch(self.processes.gather(batch.groups))

    def save(self) -> None:
        """Write a checkpoint of the last finished step."""
        if not self.processes.first:
            return
        state = {
            "step": self.step,
            "selection": self.selection.state_dict(),
            "learner": self.learner.state_dict(),
            "comparator": self.comparator.state_dict() if self.comparator else None,
            "schedule": self.schedule.state_dict(),
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
        self.schedule.load_state_dict(state["schedule"])
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
        c = self.config
        if c.validation.every and self.step % c.validation.every == 0:
            metrics.update(self._validated())
        self.run.append_metrics({"step": self.step, **metrics})
        last = self.step == c.steps or self.selection.exhausted
        if self.step % c.run.checkpoint_every == 0 or last:
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

    def _pairs(self, batch: Batch) -> list[Pair]:
        """What the comparator learns from: compiling completions and their references."""
        any_verdict = self.config.reward == "comparator"
        return [
            Pair(c.task.prompt, c.task.reference, c.text)
            for c in batch
            if c.task.reference is not None and (c.compiled == 1 or any_verdict)
        ]

    def _warm_comparator(self, comparator: ComparatorTrainer) -> None:
        """Train the comparator on the untrained policy's samples before it judges any."""
        config, rng = self.config, random.Random(f"warm-up-{self.config.seed}")
        done = 0
        for number in range(0, -config.comparator.warmup, -1):
            if done >= config.comparator.warmup:
                return
            batch = self.draw(number)
            self.judge(batch)
            pairs = [
                p
                for p in self._pairs(self._gathered(batch))
                if p.reference.split() != p.sample.split()
            ]
            rng.shuffle(pairs)
            size = comparator.config.batch_size
            for start in range(0, len(pairs) - size + 1, size):
                comparator.train_on(pairs[start : start + size], rng)
                done += 1
            comparator.replay.extend(pairs)
