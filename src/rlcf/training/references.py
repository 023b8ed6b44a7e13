"""Cross-entropy of solutions: what SFT minimises, and what RL can hold on to.

A policy pushed by noisy rewards forgets what it knew; the cross-entropy of the same prompts'
solutions, added to the loss, keeps it (PPO-ptx: Ouyang et al. 2022, arXiv 2203.02155, eq. 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from rlcf.policy.completion import Completion
from rlcf.policy.model import Policy
from rlcf.tasks.task import Task


@dataclass(frozen=True)
class Example:
    """A program in tokens."""

    ids: tuple[int, ...]
    prompt_length: int


def encode_references(policy: Policy, tasks: Sequence[Task], max_tokens: int) -> list[Example]:
    """Programs in tokens, closed by the end token; those that are too long are left out."""
    examples = []
    for task in tasks:
        if not task.reference:
            continue
        prompt, body = policy.prompt_ids(task), policy.answer_ids(task)
        if policy.family.fits(policy, len(prompt), len(body), max_tokens):
            examples.append(Example((*prompt, *body), len(prompt)))
    return examples


def beside(policy: Policy, completion: Completion, longest: int) -> Example | None:
    """The reference after the prompt that a completion was drawn for; None if there is none.

    A reference loses what is beyond `longest` tokens.
    """
    task, prompt_ids = completion.task, completion.prompt_ids
    if not task.reference:
        return None
    return Example((*prompt_ids, *policy.answer_ids(task)[:longest]), len(prompt_ids))


def whole_example(policy: Policy, task: Task, longest: int) -> Example | None:
    """A task's prompt and reference, the latter cut as in `beside`; None if there is none."""
    if not task.reference:
        return None
    prompt = policy.prompt_ids(task)
    return Example((*prompt, *policy.answer_ids(task)[:longest]), len(prompt))


def reference_loss(
    policy: Policy, examples: Sequence[Example], prompt_loss: float = 0.0
) -> tuple[torch.Tensor, float]:
    """Weighted sum of the cross-entropy (nats) over tokens, and the sum of the weights."""
    with policy.precision(), policy.recomputing():
        whole = policy.family.whole(
            policy,
            [e.ids[: e.prompt_length] for e in examples],
            [e.ids[e.prompt_length :] for e in examples],
        )
        weight_BL = prompt_loss * whole.prompt_BL.float() + whole.completion_BL.float()
        wanted_BL = weight_BL > 0
        logprobs_N, _ = policy.head.scores(
            whole.states_BLS[wanted_BL], whole.targets_BL[wanted_BL], 1.0
        )
    weights = weight_BL[wanted_BL]
    return -(logprobs_N * weights).sum(), weights.sum().item()
