"""Credit: which tokens of a program the blame for its rejection falls on.

Terminal credit, the paper's, blames every token alike. Localised credit moves most of the blame to
the line of the first error, up to where the compiler pointed: diagnostics carry character offsets,
and offsets map to tokens. The sum over a program stays the same. Accepted programs always get
terminal credit. Later errors are often consequences of the first and are not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlcf.languages.verdict import CompileResult, Verdict
from rlcf.policy.completion import Completion
from rlcf.policy.continuation import Continuation

SPREAD = 0.5  # share of the blame that stays on all tokens: the cause may be elsewhere


def token_ends(
    tokenizer: Any, token_ids: Sequence[int], prompt_ids: Sequence[int] = ()
) -> list[int]:
    """Offset in the text that the tokens add to the prompt, in characters, that each ends at.

    Decodes prefixes, since single tokens need not be whole characters in every vocabulary.
    """
    reader = Continuation(tokenizer, prompt_ids)
    return [len(reader.text(token_ids[: i + 1])) for i in range(len(token_ids))]


def blame_of(completion: Completion, tokenizer: Any) -> NDArray[np.float32]:
    """(T,) weights of mean 1: `blame_T` of a completion's tokens."""
    ends = token_ends(tokenizer, completion.token_ids, completion.prompt_ids)
    prompt_length, places = len(completion.task.prompt), completion.places(ends)
    return blame_T(completion.result, completion.program, prompt_length, places)


def blame_T(
    result: CompileResult, program: str, prompt_length: int, ends: Sequence[int]
) -> NDArray[np.float32]:
    """(T,) weights of mean 1: how much of the program's advantage each token gets.

    Args:
        result: the compiler's word on `program`.
        program: prompt and completion.
        prompt_length: characters of the prompt.
        ends: `token_ends` of the completion.
    """
    weights_T = np.ones(len(ends), dtype=np.float32)
    place = next((d for d in result.errors if d.start >= prompt_length), None)
    if result.verdict is not Verdict.REJECTED or place is None:
        return weights_T
    stop = max(place.end, place.start + 1) - prompt_length
    line_start = program.rfind("\n", 0, place.start) + 1 - prompt_length
    starts = [0, *ends[:-1]]
    guilty_T = np.array(
        [start < stop and end > line_start for start, end in zip(starts, ends, strict=True)]
    )
    if not guilty_T.any():
        return weights_T
    weights_T[:] = SPREAD
    weights_T[guilty_T] += (1 - SPREAD) * len(ends) / guilty_T.sum()
    return weights_T
