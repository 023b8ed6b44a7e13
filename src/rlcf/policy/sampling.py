"""Rollouts: the policy writes programs, many at a time.

Samples in batches with a key-value cache; the prompt is computed once per group, and finished rows
are dropped. Draws by inverse CDF, stops at the end token or where the program is complete, and
keeps log-probabilities. Each sample draws from its own random stream, named by (seed, prompt key,
sample), so what is drawn does not depend on its batch. There is no top-p (a full sort per token,
slow on CPUs) and no beam search.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from rlcf.device import threads_for_small_steps
from rlcf.policy.completion import Completion, Group
from rlcf.policy.config import SamplingConfig as SamplingConfig
from rlcf.policy.continuation import Continuation
from rlcf.policy.head import CACHED
from rlcf.policy.model import Policy
from rlcf.policy.stopping import End
from rlcf.tasks.task import Task

Finished = Callable[[Completion], None]

ROWS_PER_BATCH = 256
BLOCK = 128
"""Tokens of the vocabulary whose weights are summed up before a draw."""
LITTLE_PADDING = 4096
"""Tokens; a batch of its own costs about as much, in steps that few rows share."""
COMPACT_BELOW = 0.9  # rows are dropped in bulk: copying the cache for each would cost more


def encode_prompt(policy: Policy, task: Task, max_new_tokens: int) -> list[int]:
    """Token ids of a task's prompt; the oldest are dropped if they would leave no room to write.

    Raises:
        UserError: the model cannot write `max_new_tokens`.
    """
    ids = policy.prompt_ids(task)
    room = policy.family.prompt_room(policy, max_new_tokens)
    if room is not None and len(ids) > room:
        # A token that opens every text stays in its place.
        first = [i for i in ids[:1] if i in policy.tokenizer.all_special_ids][: room - 1]
        ids = first + ids[len(ids) - room + len(first) :]
    return ids


def sample_tasks(
    policy: Policy,
    tasks: Sequence[Task],
    samples_per_task: int,
    config: SamplingConfig,
    *,
    seed: int,
    progress: Callable[[int], None] | None = None,
    on_finished: Finished | None = None,
) -> list[Group]:
    """Draw `samples_per_task` completions for each task; result[i][j] is task i's j-th.

    `progress` is called with the number of completions of a batch just finished. `on_finished` is
    called once for every completion, as soon as it ends and while others are still being written,
    so that it can be judged meanwhile; it is called in this thread and should return at once.
    """
    prompts = [encode_prompt(policy, t, config.max_new_tokens) for t in tasks]
    at_once = max(1, ROWS_PER_BATCH // samples_per_task)
    results: list[Group] = [[] for _ in tasks]
    was_training = policy.model.training
    policy.model.eval()
    for chosen in batches([len(ids) for ids in prompts], at_once):
        batch = _Batch(
            policy,
            [tasks[i] for i in chosen],
            [prompts[i] for i in chosen],
            samples_per_task,
            on_finished or (lambda completion: None),
        )
        for i, samples in zip(chosen, batch.run(config, seed), strict=True):
            results[i] = samples
        if progress is not None:
            progress(len(chosen) * samples_per_task)
    policy.model.train(was_training)
    return results


def batches(lengths: Sequence[int], at_once: int) -> Iterator[list[int]]:
    """Places of prompts, the shortest first, at most so many at a time.

    A batch ends early where the next prompt would pad the others to more than twice what they hold:
    one long prompt would make attention to all of them, and their caches, as dear as its own.
    """
    batch: list[int] = []
    held = 0
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        held += lengths[i]
        padding = lengths[i] * (len(batch) + 1) - held
        if batch and (len(batch) == at_once or padding > max(held, LITTLE_PADDING)):
            yield batch
            batch, held = [], lengths[i]
        batch.append(i)
    if batch:
        yield batch


def uniforms(seed: int, key: str, sample: int, count: int) -> NDArray[np.float32]:
    """(count,) numbers in [0, 1): the random stream of one sample of one prompt."""
    digest = hashlib.blake2b(f"{seed}\x00{key}\x00{sample}".encode(), digest_size=16).digest()
    stream = np.random.Generator(np.random.Philox(key=int.from_bytes(digest, "little")))
    return stream.random(count, dtype=np.float32)


def draw(
    logits_BV: torch.Tensor, uniform_B: torch.Tensor, config: SamplingConfig
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw one token per row by inverting the cumulative distribution.

    Several times faster on CPUs than `torch.multinomial`, with the same distribution. A few rows
    at a time, so that fp32 copies of a large vocabulary stay in the processor's cache.
    Returns (token_B, logprob_B), the latter under the full tempered distribution.
    """
    rows, size = logits_BV.shape
    step = min(rows, max(1, CACHED // size))
    room = torch.empty(step, size + -size % BLOCK, device=logits_BV.device)
    room[:, size:] = -torch.inf
    parts = []
    for i in range(0, rows, step):
        part_bV = logits_BV[i : i + step]
        parts.append(_draw_rows(part_bV, uniform_B[i : i + step], config, room[: len(part_bV)]))
    return torch.cat([token_b for token_b, _ in parts]), torch.cat([part_b for _, part_b in parts])


def _draw_rows(
    logits_bV: torch.Tensor, uniform_b: torch.Tensor, config: SamplingConfig, room: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw from some rows, in place: `room` is fp32, a row of it whole blocks, -inf at the end."""
    rows, size = logits_bV.shape
    tempered_bV = room[:, :size].copy_(logits_bV)
    if config.temperature not in (0, 1):
        tempered_bV.div_(config.temperature)
    top_b1 = tempered_bV.amax(-1, keepdim=True)
    likeliest_b1 = tempered_bV.argmax(-1, keepdim=True) if config.temperature == 0 else None
    below_b1 = _below_top_k(tempered_bV, config.top_k) - top_b1 if config.top_k else None
    weights_bV = room.sub_(top_b1)
    kept_bV = None if below_b1 is None else weights_bV[:, :size] >= below_b1
    weights_bV.exp_()
    sums_bK = weights_bV.view(rows, -1, BLOCK).sum(-1)
    total_b1 = sums_bK.sum(-1, keepdim=True)
    if kept_bV is not None:
        weights_bV[:, :size].mul_(kept_bV)
        sums_bK = weights_bV.view(rows, -1, BLOCK).sum(-1)
    token_b1 = likeliest_b1
    if token_b1 is None:
        token_b1 = _inverted(weights_bV, sums_bK, uniform_b[:, None])
    drawn_b1 = logits_bV.gather(1, token_b1).float() / (config.temperature or 1.0)
    weights_bV[:, size:] = -torch.inf  # for the next rows
    return token_b1[:, 0], (drawn_b1 - top_b1 - total_b1.log())[:, 0]


def _below_top_k(tempered_bV: torch.Tensor, k: int) -> torch.Tensor:
    """(b, 1) values of the k-th likeliest tokens."""
    return tempered_bV.topk(min(k, tempered_bV.shape[1]), -1).values[:, -1:]


def _inverted(
    weights_bV: torch.Tensor, sums_bK: torch.Tensor, uniform_b1: torch.Tensor
) -> torch.Tensor:
    """(b, 1) places where the running sum of weights passes the uniform share of the whole.

    First the block of weights, by the blocks' sums, then the place in it: a running sum over all
    weights would be the slowest part of a draw.
    """
    ends_bK = sums_bK.cumsum(-1)
    wanted_b1 = uniform_b1 * ends_bK[:, -1:]
    block_b1 = _passed(ends_bK, wanted_b1)
    rows_b1 = torch.arange(len(block_b1), device=block_b1.device)[:, None]
    before_b1 = ends_bK.gather(1, block_b1) - sums_bK.gather(1, block_b1)
    inside = weights_bV.view(len(block_b1), -1, BLOCK)[rows_b1[:, 0], block_b1[:, 0]].cumsum(-1)
    return block_b1 * BLOCK + _passed(inside, wanted_b1 - before_b1)


def _passed(ends_bN: torch.Tensor, wanted_b1: torch.Tensor) -> torch.Tensor:
    """(b, 1) first places whose running sum is above the wanted one, never one of no weight."""
    largest_b1 = torch.nextafter(ends_bN[:, -1:], torch.zeros_like(wanted_b1))
    wanted_b1 = torch.minimum(wanted_b1, largest_b1).clamp(min=0.0)
    return torch.searchsorted(ends_bN, wanted_b1, right=True)


class _Batch:
    """One batch of rollouts in flight: P prompts with G samples each."""

    def __init__(
        self,
        policy: Policy,
        tasks: Sequence[Task],
        prompts: list[list[int]],
        group: int,
        on_finished: Finished,
    ) -> None:
        self.policy, self.tasks, self.prompts, self.group = policy, tasks, prompts, group
        self.on_finished = on_finished
        self.rows = len(prompts) * group
        self.tokens: list[list[int]] = [[] for _ in range(self.rows)]
        self.logprobs: list[list[float]] = [[] for _ in range(self.rows)]
        self.samples: dict[int, Completion] = {}
        self.judged = [policy.judged(t) for t in tasks]
        self.ends = [policy.style.end(t) for t in tasks]
        self.readers = [Continuation(policy.tokenizer, ids) for ids in prompts]
        self.end_tokens = policy.end_tokens

    @torch.no_grad()  # in inference mode autocast would cast the weights for every token anew
    def run(self, config: SamplingConfig, seed: int) -> list[Group]:
        uniforms_BT = torch.from_numpy(
            np.stack(
                [
                    uniforms(seed, task.task_id, j, config.max_new_tokens)
                    for task in self.tasks
                    for j in range(self.group)
                ]
            )
        ).to(self.policy.device)
        few = threads_for_small_steps(self.policy.device, self.policy.parameters_count)
        with self.policy.precision(), self.policy.drawing(), few:
            self._decode(config, uniforms_BT)
        for row in range(self.rows):
            if row not in self.samples:
                self._finish(row, self._text(row), finished=False)
        samples = [self.samples[row] for row in range(self.rows)]
        return [samples[i : i + self.group] for i in range(0, self.rows, self.group)]

    def _decode(self, config: SamplingConfig, uniforms_BT: torch.Tensor) -> None:
        rows = self.policy.family.read(self.policy, self.prompts, self.group, in_parts=True)
        rows.grow_in_place()
        states_BS, head = rows.states_BS, self.policy.head
        live = torch.arange(self.rows, device=self.policy.device)
        for t in range(config.max_new_tokens):
            token_B, logprob_B = draw(head.logits(states_BS), uniforms_BT[live, t], config)
            going = self._record(live.tolist(), token_B.tolist(), logprob_B.tolist())
            if not any(going) or t + 1 == config.max_new_tokens:
                return
            if sum(going) < COMPACT_BELOW * len(live):
                keep = torch.tensor([i for i, g in enumerate(going) if g], device=live.device)
                rows.keep(keep)
                live, token_B = live[keep], token_B[keep]
            states_BS = rows.advance(token_B[:, None])[:, -1]

    def _record(self, live: list[int], tokens: list[int], logprobs: list[float]) -> list[bool]:
        """Note the drawn tokens of rows still being written; tell which go on."""
        going = []
        for row, token, logprob in zip(live, tokens, logprobs, strict=True):
            if row not in self.samples:
                self.tokens[row].append(token)
                self.logprobs[row].append(logprob)
                end = self.ends[row // self.group]
                if token in self.end_tokens:
                    said = self.tokens[row][:-1]
                    self._finish(row, self._text(row, said), finished=True)
                elif end is not None and self._may_end(end, token):
                    text = end.cut(self._text(row))
                    if text is not None:
                        self._finish(row, text, finished=True)
            going.append(row not in self.samples)
        return going

    def _may_end(self, end: End, token: int) -> bool:
        return end.mark is None or token in self.policy.tokens_with(end.mark)

    def _text(self, row: int, tokens: list[int] | None = None) -> str:
        return self.readers[row // self.group].text(self.tokens[row] if tokens is None else tokens)

    def _finish(self, row: int, answer: str, *, finished: bool) -> None:
        i = row // self.group
        written = self.policy.style.read(self.tasks[i], answer)
        self.samples[row] = Completion(
            task=self.judged[i],
            text=written.text,
            prompt_ids=tuple(self.prompts[i]),
            token_ids=tuple(self.tokens[row]),
            logprobs_T=np.asarray(self.logprobs[row], dtype=np.float32),
            finished=finished,
            written=written,
        )
        self.on_finished(self.samples[row])
