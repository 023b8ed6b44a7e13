"""Judges the completions of a run anew: what another grader would have said of them.

The grader is all that makes a program's reward: the compiler, its class path, and how verdict and
similarity are joined. The comparator has learnt since and is not asked again: similarities are
those that the run kept. A program accepted only now has none, and no reward where it counts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rlcf.errors import UserError
from rlcf.grounding import Grounding
from rlcf.grounding.reward import Array
from rlcf.languages.toolchain import check_until_scored
from rlcf.languages.verdict import Compiler, Verdict
from rlcf.policy.completion import Completion, number_or_none
from rlcf.runfiles import read_rollouts
from rlcf.tasks.task import Task

Row = dict[str, Any]
_EQUAL = 1e-6
"""Rewards that differ by less are equal: they are float32."""


@dataclass(frozen=True)
class Reward:
    """How verdict and similarity are joined."""

    source: str
    """`rlcf`, `compiler` or `comparator`."""
    weight: float
    ranks: bool
    compares: bool
    """Whether the run had a comparator, and so kept similarities."""

    @classmethod
    def of(cls, config: Row, source: str | None = None, weight: float | None = None) -> Reward:
        """As in a run's settings, where nothing else is given.

        Raises:
            UserError: what is given needs similarities, and the run kept none.
        """
        own = config.get("reward", "rlcf")
        off = "none" in (config.get("comparator"), config.get("comparator_mode"))
        compares = own != "compiler" and not off
        if not compares and (weight is not None or source not in (None, "compiler")):
            raise UserError("the run had no comparator: its reward can only be --reward compiler")
        if weight is None:
            weight = config.get("comparator_weight", 1.0)
        return cls(source or own, weight, bool(config.get("comparator_ranks")), compares)


@dataclass(frozen=True)
class Rejudged:
    """A program before and after: as the run kept it, and as it is judged now."""

    verdicts: tuple[Verdict, Verdict]
    rewards: tuple[float, float]
    """NaN where unknown."""
    details: Row | None
    """Of one whose verdict changed, or whose reward did: which it is, and both sides."""


def rejudge(file: Path, compiler: Compiler, reward: Reward) -> list[Rejudged]:
    """The programs of one step of a run, in the order of its file.

    Raises:
        UserError: the file is not whole, or lacks what is needed.
    """
    try:
        rows = read_rollouts(file)
        completions = [_completion(row) for row in rows]
    except ValueError as exc:
        raise UserError(f"{file}: cut off or damaged: move it away to judge the others") from exc
    except KeyError as exc:
        raise UserError(f"{file}: completions without {exc}, as older versions kept them") from exc
    programs = list(dict.fromkeys(c.program for c in completions))
    results = dict(zip(programs, check_until_scored(compiler.check, programs), strict=True))
    for completion in completions:
        completion.result = results[completion.program]
    _reward(rows, completions, compiler, reward)
    return [_both(row, completion) for row, completion in zip(rows, completions, strict=True)]


def _completion(row: Row) -> Completion:
    # With some reference: whether there was one, the similarity says.
    task = Task(row["task_id"], row["language"], row["prompt"], "", closing=row.get("closing", ""))
    return Completion(task, row["completion"])


def _reward(
    rows: Sequence[Row], completions: Sequence[Completion], compiler: Compiler, reward: Reward
) -> None:
    kept = {(row["prompt"], row["completion"]): _number(row["similarity"]) for row in rows}

    def similarity(
        prompts: Sequence[str], completions: Sequence[str], references: Sequence[str]
    ) -> Array:
        pairs = zip(prompts, completions, strict=True)
        return np.array([kept[pair] for pair in pairs], dtype=np.float32)

    comparator = similarity if reward.compares else None
    Grounding(compiler, comparator, reward.source, reward.weight, reward.ranks).reward(completions)
    for row, completion in zip(rows, completions, strict=True):
        new = completion.compiled == 1 and row["verdict"] != Verdict.ACCEPTED
        if new and comparator and reward.source == "rlcf" and math.isnan(completion.similarity):
            completion.reward = math.nan


def _both(row: Row, now: Completion) -> Rejudged:
    verdicts = Verdict(row["verdict"]), now.result.verdict
    rewards = _number(row["reward"]), now.reward
    if verdicts[0] is verdicts[1] and not abs(rewards[0] - rewards[1]) > _EQUAL:
        return Rejudged(verdicts, rewards, None)
    names = ("task_id", "sample", "prompt", "completion", "closing")
    after = {
        "verdict": str(verdicts[1]),
        "reward": number_or_none(now.reward),
        "diagnostics": [d.to_json() for d in now.result.diagnostics],
    }
    details = {name: row[name] for name in names if name in row}
    details["before"] = {name: row[name] for name in after}
    details["after"] = after | {"reason": now.result.reason}
    return Rejudged(verdicts, rewards, details)


def summary(found: Mapping[int, Sequence[Rejudged]]) -> Row:
    """What changed, for JSON: in all, by step, and program by program."""
    return {
        "total": tally([one for programs in found.values() for one in programs]),
        "steps": [{"step": step, **tally(programs)} for step, programs in found.items()],
        "changed": [
            {"step": step, **one.details}
            for step, programs in found.items()
            for one in programs
            if one.details is not None
        ],
    }


def tally(programs: Sequence[Rejudged]) -> Row:
    """What changed among some programs.

    Means are over those that have a verdict, or a reward, before and after; None over none.
    """
    flips = Counter(p.verdicts for p in programs if p.verdicts[0] is not p.verdicts[1])
    scored = [p.verdicts for p in programs if Verdict.UNSCORED not in p.verdicts]
    known = [p.rewards for p in programs if not np.isnan(p.rewards).any()]
    return {
        "programs": len(programs),
        "verdicts_changed": flips.total(),
        "flips": {f"{before} -> {after}": n for (before, after), n in flips.most_common()},
        "rewards_changed": sum(abs(before - after) > _EQUAL for before, after in known),
        "unscored": sum(p.verdicts[1] is Verdict.UNSCORED for p in programs),
        "without_reward": sum(math.isnan(p.rewards[1]) for p in programs),
        "compile_rate": _means([[v is Verdict.ACCEPTED for v in pair] for pair in scored]),
        "reward": _means(known),
    }


def _means(pairs: Sequence[Sequence[float]]) -> Row | None:
    if not pairs:
        return None
    before, after = map(float, np.mean(pairs, axis=0))
    return {"before": before, "after": after, "programs": len(pairs)}


def _number(value: float | None) -> float:
    return math.nan if value is None else value
