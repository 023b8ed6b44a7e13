"""Supervised fine-tuning on solutions: the baseline, and how small models are made.

Completion-only cross-entropy (or with a weight on the prompt), a cosine schedule, batches of like
length, validation loss, keeping the best by programs written for held-out tasks, resuming. Also
trains models from scratch: a config file and a fresh tokenizer.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console

from rlcf.assets import embedded_policy
from rlcf.atomic import copy_folder, mend_folder, replace_folder
from rlcf.device import pick_device, return_memory, use_threads
from rlcf.errors import UserError
from rlcf.modelplace import locate
from rlcf.policy.footprint import split_rows, tokens_per_forward
from rlcf.policy.model import Policy, new_policy
from rlcf.policy.roundtrip import check_references
from rlcf.policy.sampling import SamplingConfig
from rlcf.policy.tokenizer import train_tokenizer
from rlcf.tasks import load_tasks
from rlcf.tasks.loaders import check_name
from rlcf.tasks.task import Task
from rlcf.text import decimal
from rlcf.training.checkpoint import load_checkpoint, newest_checkpoint, save_checkpoint
from rlcf.training.earlystop import Selection
from rlcf.training.interrupt import Interrupted, stop_on_signal
from rlcf.training.progress import duration
from rlcf.training.references import Example, encode_references, reference_loss
from rlcf.training.rundir import RunDir
from rlcf.training.sftconfig import SftConfig
from rlcf.training.validation import Validation, divide


def run_sft(config: SftConfig, console: Console | None = None) -> Path:
    """Train as configured; returns the folder of the trained model.

    Raises:
        UserError: bad input.
        Interrupted: Ctrl-C, after a checkpoint was written.
    """
    console = console or Console()
    for name in (config.tasks, config.validation.tasks):
        if name not in ("none", "auto"):
            check_name(name)
    pick_device(config.loading.device)
    if config.model is not None:
        locate(embedded_policy(config.model))
    RunDir.check(Path(config.out), config, resume=config.resume)
    use_threads(config.run.threads)
    loaded = load_tasks(
        config.tasks,
        limit=config.learning.limit,
        seed=config.seed,
        default_split="train",
        tell=console.print,
    )
    tasks = [t for t in loaded if t.reference]
    if not tasks:
        raise UserError(f"{config.tasks} has no references to learn from")
    policy = _policy(config, tasks)
    check_references(policy, tasks)
    tasks, held_out = _divided(config, tasks, console)
    most = config.learning.max_tokens
    validation = encode_references(policy, held_out, most)
    examples = encode_references(policy, tasks, most)
    if not examples:
        raise UserError(f"no program of {config.tasks} fits into {most} tokens")
    console.print(
        f"{policy.parameters_count:,} parameters, {len(examples):,} of {len(tasks):,} programs "
        f"(the others are longer than {most} tokens)"
    )
    sampled = _sampled_validation(config, held_out) if config.validation.every else None
    run = RunDir.open(Path(config.out), config, resume=config.resume)
    with run.starting():
        trainer = SftTrainer(config, policy, examples, validation, run, console, sampled)
        trainer.train()
    target, best = run.policy, trainer.selection
    if best.step:
        console.print(f"policy/ is that of step {best.step}, validation {best.best:.3f}")
        copy_folder(run.best, target)
    else:
        replace_folder(target, lambda new: policy.save(new, half=config.run.half))
    return target


class SftTrainer:
    """The supervised loop."""

    def __init__(
        self,
        config: SftConfig,
        policy: Policy,
        examples: list[Example],
        validation: list[Example],
        run: RunDir,
        console: Console,
        sampled: Validation | None = None,
    ) -> None:
        self.sampled, self.selection = sampled, Selection()
        self.config, self.policy, self.examples = config, policy, examples
        self.validation, self.run, self.console = validation, run, console
        self.per_epoch = -(-len(examples) // config.batch_size)
        self.steps = max(1, round(config.epochs * self.per_epoch))
        self.tokens_per_forward = tokens_per_forward(policy)
        self.optimizer = torch.optim.AdamW(
            [p for p in policy.model.parameters() if p.requires_grad],
            lr=config.lr,
            betas=(0.9, 0.95),
            weight_decay=config.learning.weight_decay,
        )

    def train(self) -> None:
        """Run to the last step, from the newest checkpoint if resuming."""
        config, step, started = self.config, self._resume(), time.monotonic()
        end = min(self.steps, config.learning.stop_after or self.steps)
        first, loss_sum, tokens = step, 0.0, 0
        every = config.validation.every
        self.policy.model.train()
        with stop_on_signal() as stop:
            while step < end:
                loss, count = self._one_step(step)
                step, loss_sum, tokens = step + 1, loss_sum + loss * count, tokens + count
                last = step == end
                if self.sampled and every and (step % every == 0 or last):
                    self._validate(step, self.sampled)
                save = step % config.run.checkpoint_every == 0 or last or stop.set
                if save or (self.validation and step % self.per_epoch == 0):
                    left = (time.monotonic() - started) / (step - first) * (end - step)
                    self._report(step, loss_sum / tokens, left)
                    loss_sum, tokens = 0.0, 0
                if save:
                    self._save(step)
                if stop.set and not last:
                    raise Interrupted
        self.policy.model.eval()

    def _one_step(self, step: int) -> tuple[float, int]:
        """One optimiser step; returns the mean loss and the number of tokens it is over."""
        config = self.config
        warm = max(1.0, config.learning.warmup * self.steps)
        decay = 0.55 + 0.45 * math.cos(math.pi * max(0.0, step - warm) / (self.steps - warm + 1))
        for group in self.optimizer.param_groups:
            group["lr"] = config.lr * min((step + 1) / warm, decay)
        torch.manual_seed(config.seed * 1_000_003 + step)  # dropout, the same when resumed
        self.optimizer.zero_grad()
        total = weight = 0.0
        batch = self._batch(step)
        widths = [len(example.ids) for example in batch]
        for rows in split_rows(widths, self.tokens_per_forward, len(batch)):
            loss, of_part = reference_loss(self.policy, batch[rows], config.learning.prompt_loss)
            loss.backward()
            total, weight = total + loss.item(), weight + of_part
        for parameter in self.policy.model.parameters():
            if parameter.grad is not None:
                parameter.grad /= weight
        norm = torch.nn.utils.clip_grad_norm_(self.policy.model.parameters(), 1.0)
        if not torch.isfinite(norm):
            raise UserError(f"the gradient of step {step + 1} is not finite: lower --lr")
        self.optimizer.step()
        return total / weight, round(weight)

    def _batch(self, step: int) -> list[Example]:
        epoch, position = divmod(step, self.per_epoch)
        return self._epoch_batches(epoch)[position]

    def _epoch_batches(self, epoch: int) -> list[list[Example]]:
        """Batches of like length in random order; the last one made is remembered."""
        if getattr(self, "_known", (None, []))[0] != epoch:
            rng = random.Random(f"sft-{self.config.seed}-{epoch}")
            size, order = self.config.batch_size, list(self.examples)
            rng.shuffle(order)
            pool = 16 * size
            mixed = [
                e
                for i in range(0, len(order), pool)
                for e in sorted(order[i : i + pool], key=lambda e: len(e.ids))
            ]
            batches = [mixed[i : i + size] for i in range(0, len(mixed), size)]
            rng.shuffle(batches)
            self._known = (epoch, batches)
        return self._known[1]

    def _report(self, step: int, loss: float, seconds_left: float) -> None:
        row: dict[str, float] = {"step": step, "loss": loss}
        if self.validation:
            row["validation_loss"] = self._validation_loss()
        self.run.append_metrics(row)
        return_memory()
        numbers = "  ".join(f"{k} {decimal(v, '.4f')}" for k, v in row.items() if k != "step")
        self.console.print(
            f"step {step}/{self.steps}  {numbers}  {duration(seconds_left)} left", highlight=False
        )

    def _validate(self, step: int, sampled: Validation) -> None:
        self.policy.model.eval()
        found = sampled(self.policy)
        self.policy.model.train()
        self.run.append_metrics({"step": step, **{f"validation/{k}": v for k, v in found.items()}})
        numbers = "  ".join(f"{k} {decimal(v, '.3f')}" for k, v in found.items() if k != "select")
        self.console.print(f"step {step}/{self.steps}  validation: {numbers}", highlight=False)
        if self.selection.observe(step, found["select"]):
            half = self.config.run.half
            replace_folder(self.run.best, lambda new: self.policy.save(new, half=half))

    @torch.no_grad()
    def _validation_loss(self) -> float:
        self.policy.model.eval()
        total = weight_total = 0.0
        ordered = sorted(self.validation, key=lambda e: len(e.ids))
        for start in range(0, len(ordered), self.config.batch_size):
            loss, weight = reference_loss(
                self.policy, ordered[start : start + self.config.batch_size], 0.0
            )
            total, weight_total = total + loss.item(), weight_total + weight
        self.policy.model.train()
        return total / weight_total

    def _save(self, step: int) -> None:
        state = {
            "step": step,
            "model": self.policy.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "selection": self.selection.state_dict(),
        }
        save_checkpoint(self.run.checkpoints, step, state, keep=1)

    def _resume(self) -> int:
        newest = newest_checkpoint(self.run.checkpoints) if self.config.resume else None
        if newest is None:
            return 0
        state = load_checkpoint(newest)
        self.policy.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.selection.load_state_dict(state["selection"])
        mend_folder(self.run.best)
        self.run.forget_after(state["step"])
        return int(state["step"])


def _policy(config: SftConfig, tasks: Sequence[Task]) -> Policy:
    if (config.model is None) == (config.architecture is None):
        raise UserError("give either --model (go on training) or --architecture (a fresh model)")
    if config.architecture is not None:
        if config.loading.lora_rank or config.loading.chat != "off":
            raise UserError("--lora-rank and --chat are for trained models, not for --architecture")
        texts = (t.program(t.reference or "") for t in tasks)
        tokenizer = train_tokenizer(texts, config.learning.vocab_size)
        return new_policy(
            config.architecture,
            tokenizer,
            seed=config.seed,
            device=config.loading.device,
            precision=config.loading.precision,
        )
    return config.loading.load(config.model or "")


def _divided(
    config: SftConfig, tasks: list[Task], console: Console
) -> tuple[list[Task], list[Task]]:
    """What is learnt, and what is validated on."""
    alone = config.validation.tasks == "auto" and len(tasks) == 1 and not config.validation.every
    if config.validation.tasks == "none" or alone:
        return tasks, []
    count = config.validation.count
    divided = divide(tasks, config.tasks, config.validation.tasks, count, seed=config.seed)
    console.print(f"validating on {divided.said}", highlight=False)
    return divided.training, divided.validation


def _sampled_validation(config: SftConfig, tasks: list[Task]) -> Validation:
    c = config.validation
    sampling = SamplingConfig(c.temperature, None, c.max_new_tokens)
    return Validation(tasks, sampling, config.seed, class_path=c.class_path)
