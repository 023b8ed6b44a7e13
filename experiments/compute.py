"""What a run cost, in tokens through the policy.

One forward pass of a token counts 1, forward and backward 3. A step of RL: drawing 1, reference
policy 1, update 3, for the completions of all samples and for each prompt once. The comparator's
tokens count by the ratio of parameters. The compiler's work is no tokens and is left out. These are
upper bounds: prompts whose samples are all alike are not updated on, and are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rlcf.tasks.task import Task

PAIRS = 32
"""Pairs of an update of the comparator (`ComparatorConfig.batch_size`)."""


def rl_tokens(
    metrics: Sequence[dict[str, Any]],
    prompt_tokens: float,
    samples: int,
    ratio: float,
    warmup: int,
    *,
    kept: float = 0.0,
    kept_batch: int = 0,
    corpus: float = 0.0,
) -> float:
    """Tokens through the policy of a run of `rlcf train`, comparator included.

    Args:
        metrics: rows of its metrics.jsonl.
        prompt_tokens: mean length of a prompt.
        samples: completions per prompt.
        ratio: the comparator's parameters over the policy's; 0 without comparator.
        warmup: updates of the comparator before the first step; their samples are drawn too.
        kept: mean length of a prompt with its reference where the policy is trained on them too.
        kept_batch: how many of these a step; 0: as many as prompts.
        corpus: tokens that a frozen comparator embeds before the first step.
    """
    total, program = ratio * corpus, prompt_tokens
    for row in metrics:
        count, length = row["programs"], row["tokens"]
        program = prompt_tokens + length
        total += 5 * (count * length + count / samples * prompt_tokens)
        total += 3 * (kept_batch or count / samples) * kept
        updates = row.get("comparator/updates", 0.0)
        asked = count * row.get("compile_rate", 1.0)
        total += ratio * program * (2 * asked + 3 * 2 * PAIRS * updates)
    total += ratio * program * 3 * 2 * PAIRS * warmup + program * PAIRS * warmup
    return total


def sft_tokens(prompts: Sequence[int], answers: Sequence[int]) -> float:
    """Tokens of a pass over references of these lengths; each token counts 3."""
    return 3.0 * (sum(prompts) + sum(answers))


def lengths(tokenizer: Any, tasks: Sequence[Task]) -> tuple[list[int], list[int]]:
    """Tokens of each task's prompt and reference."""
    prompts = tokenizer([t.prompt for t in tasks], add_special_tokens=False)["input_ids"]
    answers = tokenizer([t.reference or "" for t in tasks], add_special_tokens=False)["input_ids"]
    return [len(p) for p in prompts], [len(a) + 1 for a in answers]
