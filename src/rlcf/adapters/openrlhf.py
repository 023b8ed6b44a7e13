"""OpenRLHF: this file is a `--reward.remote_url`, and its arithmetic also serves the HTTP protocol.

    --reward.remote_url $(python -c 'import rlcf.adapters.openrlhf as m; print(m.__file__)')
    --reward.remote_url http://127.0.0.1:8321/openrlhf        # rlcf serve, instead

Written for OpenRLHF 0.11.2 (openrlhf/utils/agent.py); imports nothing of it. The label
(`--data.label_key`) is the reference completion, or a JSON object with any of `reference`,
`prefix` (the beginning of the program, where the prompt is not that) and `chat` (true: the program
is in a fenced block of the answer). Settings come from the environment: `RLCF_LANGUAGE`,
`RLCF_COMPARATOR`, `RLCF_WEIGHT`. What the compiler could not judge is asked again, five times in
all; then it raises, which OpenRLHF logs and turns into a reward of None. OpenRLHF has no way to go
on without a reward: its next step stops the run, and nothing is learnt from a made-up number.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Sequence
from functools import cache
from typing import Any

from rlcf.grounding.scorer import Answer, Judged, Scorer

_SPECIAL = re.compile(r"(?:<[|｜][^<>\s]+[|｜]>|</?s>|<pad>|<eos>|<bos>|<end_of_turn>|<unk>)")

_TRIES = 5  # as many as OpenRLHF gives a server
_PAUSE = 1.0  # seconds


class UnscoredError(RuntimeError):
    """A program could not be judged: our failure, not the program's."""


def reward_func(
    queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **_: Any
) -> dict[str, Any]:
    """Rewards in [-1, 1], and the same from 0 to 1 as scores, as tensors.

    Raises:
        UnscoredError: a program could not be judged.
    """
    import torch

    rows = zip(queries, prompts, labels, strict=True)
    found = rewards(_judged([answer_of(*row) for row in rows]))
    logs = {name: torch.tensor(values) for name, values in found.pop("extra_logs").items()}
    return {name: torch.tensor(values) for name, values in found.items()} | {"extra_logs": logs}


def rewards(judged: Sequence[Judged]) -> dict[str, Any]:
    """What OpenRLHF wants to know, in plain lists.

    Raises:
        UnscoredError: a program could not be judged.
    """
    for one in judged:
        if one.score is None:
            raise UnscoredError(one.result.reason or "no comparator's word")
    scores = [float(one.score or 0.0) for one in judged]
    return {
        "rewards": scores,
        "scores": [(score + 1) / 2 for score in scores],
        "extra_logs": {"compiled": [float(bool(one.compiled)) for one in judged]},
    }


def answer_of(query: str, prompt: str, label: Any) -> Answer:
    """An answer from prompt and response in one text, special tokens and all."""
    told = _label(label)
    at = query.find(prompt)
    response = query[at + len(prompt) :] if at >= 0 else query
    chat = bool(told.get("chat", False))
    prefix = told.get("prefix")
    if prefix is None:
        prefix = "" if chat else _SPECIAL.sub("", prompt)
    return Answer(_SPECIAL.sub("", response), prefix, told.get("reference"), chat)


def _label(label: Any) -> dict[str, Any]:
    if isinstance(label, dict):
        return label
    text = label if isinstance(label, str) else ""
    if text.lstrip().startswith("{"):
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):  # no JSON, too long a number, or too deep
            told = None
        if isinstance(told, dict) and told.keys() <= {"reference", "prefix", "chat"}:
            return told
    return {"reference": text or None}


def _judged(answers: Sequence[Answer]) -> list[Judged]:
    judged = _scorer()(answers)
    for _ in range(_TRIES - 1):
        again = [i for i, one in enumerate(judged) if one.compiled is None]
        if not again:
            break
        time.sleep(_PAUSE)
        for i, one in zip(again, _scorer()([answers[i] for i in again]), strict=True):
            judged[i] = one
    return judged


@cache
def _scorer() -> Scorer:
    """This process's scorer, from the environment."""
    return Scorer(
        os.environ.get("RLCF_LANGUAGE", "java"),
        comparator=os.environ.get("RLCF_COMPARATOR") or None,
        weight=float(os.environ.get("RLCF_WEIGHT", "1")),
    )
