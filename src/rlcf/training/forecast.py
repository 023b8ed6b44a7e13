"""What a step of training will take on this machine, from a few tokens of the model itself.

The real parts are timed: a few tokens drawn for as many rows as a batch has, and updates on few
programs, of two sizes, which separates what an update costs from what each token costs. Time and
memory are linear in tokens, for programs of the maximum length. Compiler, comparator and validation
come on top.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import mean, median
from typing import Any, TypeVar

import numpy as np
import torch

from rlcf.device import memory_held, memory_peak, threads_for_small_steps
from rlcf.policy.completion import Batch, Completion
from rlcf.policy.footprint import bytes_per_token
from rlcf.policy.model import Policy
from rlcf.policy.sampling import ROWS_PER_BATCH, draw, encode_prompt
from rlcf.tasks.task import Task
from rlcf.training.config import TrainConfig
from rlcf.training.update import Learner

T = TypeVar("T")
READ = 2
"""Prompts that are read."""
ADVANCES = 3
"""Tokens that are timed for each row, after one that is not: the first makes casts and buffers."""
TOKENS = 48
"""Tokens of a program that updates are timed on, and of its prompt, at most."""


@dataclass(frozen=True)
class Forecast:
    """A step, were every program of its batch as long as it may be."""

    drawing: float
    """Seconds."""
    update: float
    """Seconds."""
    held: int
    """Bytes held all the time: weights, reference, moments, and the libraries."""
    cache: int
    """Bytes of keys and values while a batch is drawn."""
    passes: int
    """Bytes of gradients, and of what the largest pass keeps for them."""
    loading: int
    """Bytes at the height of loading and measuring."""

    @property
    def memory(self) -> int:
        """Bytes at the height of a step."""
        return max(self.loading, self.held + max(self.cache, self.passes))


def resting_bytes(config: TrainConfig, parameters: int, *, half: bool) -> int:
    """Bytes of the weights and of all that training holds of each, known before anything is loaded.

    `half`: the weights are held in bfloat16. Adapters are not counted.
    """
    if config.loading.lora_rank:
        return parameters * (2 if half else 4)
    return parameters * 4 * (2 + _state(config))  # beside them the reference


def forecast(config: TrainConfig, policy: Policy, tasks: Sequence[Task]) -> Forecast:
    """Measure a few tokens of these tasks; the policy is changed by it.

    Raises:
        UserError: the model cannot write so many tokens.
    """
    size = _Size.of(config, policy, tasks)
    drawing, cache = _drawing(config, policy, size)
    once = config.but(epochs=1, minibatches=1, reference_coef=0.0, reference_batch=None)
    learner = Learner(once, policy)
    by_itself, per_token = _update(learner, size)
    trained = sum(p.numel() for p in learner.parameters)
    largest = min(
        learner.tokens_per_forward,
        min(config.update.prompts_per_forward, size.prompts) * size.tokens // size.prompts,
    )
    return Forecast(
        drawing=drawing,
        update=config.update.epochs
        * (config.update.minibatches * by_itself + per_token * size.learnt(config)),
        held=memory_held(policy.device),
        cache=cache,
        # The moments are held by now.
        passes=trained * 4 * (_state(config) - 2) + int(largest * bytes_per_token(policy)),
        loading=memory_peak(policy.device),
    )


@dataclass(frozen=True)
class _Size:
    """A batch of programs."""

    read: list[list[int]]
    """Token ids of some of its prompts."""
    prompts: int
    samples: int
    length: int
    """Tokens of a program."""
    prompt: float
    """Tokens of a prompt."""
    reference: float
    """Tokens of a reference."""

    @classmethod
    def of(cls, config: TrainConfig, policy: Policy, tasks: Sequence[Task]) -> _Size:
        """The batch of a step."""
        ids = [encode_prompt(policy, task, config.sampling.max_new_tokens) for task in tasks]
        answers = [len(policy.answer_ids(task)) for task in tasks if task.reference]
        usual = sorted(ids, key=len)[max(0, len(ids) // 2 - READ // 2) :][:READ]
        return cls(
            usual,
            config.prompts_per_step,
            config.samples_per_prompt,
            config.sampling.max_new_tokens,
            mean(map(len, ids)),
            mean(answers) if answers else 0.0,
        )

    @property
    def tokens(self) -> int:
        """Of the whole batch; a prompt is read once for its programs."""
        return int(self.prompts * (self.prompt + self.samples * self.length))

    def learnt(self, config: TrainConfig) -> float:
        """Tokens that an update goes over, references beside the programs included."""
        if not config.anchor.reference_coef:
            return self.tokens
        references = config.anchor.reference_batch or self.prompts
        return self.tokens + references * (self.prompt + self.reference)


def _state(config: TrainConfig) -> int:
    """Numbers held for each weight that is trained: gradient, two moments, perhaps a mean."""
    return 3 + bool(config.update.average_from)


def _drawing(config: TrainConfig, policy: Policy, size: _Size) -> tuple[float, int]:
    """Seconds of drawing a batch, and bytes of the cache of the rows drawn at a time."""
    at_once = min(size.prompts, max(1, ROWS_PER_BATCH // size.samples))
    group = max(1, at_once * size.samples // len(size.read))
    few = threads_for_small_steps(policy.device, policy.parameters_count)
    sampling = config.sampling
    with torch.no_grad(), policy.precision(), policy.drawing(), few:
        reading, rows = _timed(policy, lambda: policy.family.read(policy, size.read, group))
        bytes_a_token = _cache_bytes(rows.cache)
        rows.grow_in_place()
        uniform_B = torch.full((len(rows.states_BS),), 0.5, device=policy.device)
        states_BS = rows.states_BS

        def advance() -> torch.Tensor:
            token_B, _ = draw(policy.head.logits(states_BS), uniform_B, sampling)
            return rows.advance(token_B[:, None])[:, -1]

        seconds = []
        for _ in range(min(1 + ADVANCES, size.length)):
            took, states_BS = _timed(policy, advance)
            seconds.append(took)
    read = sum(map(len, size.read))
    batches = -(-size.prompts // at_once)
    each = median(seconds[1:] or seconds)
    kept = at_once * (size.prompt + size.samples * size.length)
    drawing = reading / read * size.prompts * size.prompt + each * size.length * batches
    return drawing, int(bytes_a_token * kept)


def _cache_bytes(cache: Any) -> float:
    """Bytes of one token's keys and values, in all layers."""
    layers = getattr(cache, "self_attention_cache", cache).layers
    held = [t for layer in layers for t in (layer.keys, layer.values) if t is not None]
    return float(sum(t.nbytes / (t.shape[0] * t.shape[-2]) for t in held))


def _update(learner: Learner, size: _Size) -> tuple[float, float]:
    """Seconds that an update takes by itself, and seconds that it takes for each token."""
    length = min(size.length, TOKENS)
    prompt = size.read[0][-TOKENS:]
    few, more = (_programs(prompt, count, length) for count in (2, 6))
    _learn(learner, few)  # makes the moments
    few_s, more_s = (_timed(learner.policy, partial(_learn, learner, r))[0] for r in (few, more))
    few_n, more_n = (len(prompt) + len(r.groups[0]) * length for r in (few, more))
    per_token = (more_s - few_s) / (more_n - few_n)
    if not 0 < per_token * few_n <= few_s:  # so little that what is left over is noise
        return 0.0, more_s / more_n
    return few_s - per_token * few_n, per_token


def _learn(learner: Learner, batch: Batch) -> None:
    learner.algorithm.advantages(batch)
    learner.update(batch, 1)


def _programs(prompt: Sequence[int], count: int, length: int) -> Batch:
    """As many programs of that many tokens, every other one rejected."""
    ids, task = tuple(prompt[i % len(prompt)] for i in range(length)), Task("forecast", "java", "")
    group = [Completion(task, "", tuple(prompt), ids, finished=False) for _ in range(count)]
    for i, completion in enumerate(group):
        completion.logprobs_T, completion.reward = np.zeros(length, "float32"), 2.0 * (i % 2) - 1
    return Batch([group])


def _timed(policy: Policy, work: Callable[[], T]) -> tuple[float, T]:
    """Seconds that some work took, with its result."""
    start = time.perf_counter()
    made = work()
    if policy.device.type == "cuda":
        torch.cuda.synchronize(policy.device)
    return time.perf_counter() - start, made
