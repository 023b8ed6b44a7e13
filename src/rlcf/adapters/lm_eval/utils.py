"""What lm-eval calls: the data set, and metrics of an answer.

Metrics: `compiled`, `executed` (the tests ran to their end) and `pass_at_1`, of one answer per
task. What could not be judged is NaN and left out of the mean; lm-eval has no word for it. Tests
run in `rlcf.sandbox`, never in lm-eval's process.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any


def mbjp(tasks: str = "mbjp", limit: int | None = None, **_: Any) -> dict[str, Any]:
    """MBJP's test split; `--metadata '{"tasks": "FILE.jsonl"}'` takes another file."""
    return _data_set(tasks, limit)


def mathqa_java(tasks: str = "mathqa-java", limit: int | None = None, **_: Any) -> dict[str, Any]:
    """MathQA-Java's test split, or another file as in `mbjp`."""
    return _data_set(tasks, limit)


def process_results(doc: dict[str, Any], results: Sequence[str]) -> dict[str, float]:
    """What compiler and tests say of the first answer."""
    # lm-eval loads this file under a name of its own; what is started is kept in one place.
    from rlcf.adapters.lm_eval.utils import _toolchain
    from rlcf.evaluation.score import score_completions
    from rlcf.tasks.blocks import BlockEnd
    from rlcf.tasks.task import Task

    task = Task(doc["task_id"], doc["language"], doc["prompt"], tests=doc["test"] or None)
    end = BlockEnd.of_prompt(task.language, task.prompt)
    text = results[0]
    completion = (end.cut(text) if end else None) or text
    language = task.language
    report = score_completions(
        [task],
        [[completion]],
        toolchains={language: _toolchain(language)},
    )
    (row,) = report.rows
    outcome = row.outcome
    unknown = row.compiled is None or outcome == "unscored"
    ran = float(outcome in ("passed", "failed"))
    return {
        "compiled": math.nan if row.compiled is None else float(row.compiled),
        "executed": math.nan if unknown else ran,
        "pass_at_1": math.nan if unknown else float(outcome == "passed"),
    }


def mean_of_known(values: Sequence[float]) -> float:
    """The mean without NaN; NaN if nothing is known."""
    known = [v for v in values if not math.isnan(v)]
    return sum(known) / len(known) if known else math.nan


def _data_set(name: str, limit: int | None) -> dict[str, Any]:
    from datasets import Dataset

    from rlcf.tasks import load_tasks

    tasks = load_tasks(name, limit=limit, default_split="test")
    rows = [{k: v or "" for k, v in t.to_json().items()} for t in tasks]
    return {"test": Dataset.from_list(rows)}


@cache
def _toolchain(language: str) -> Any:
    from rlcf.languages import Toolchain

    return Toolchain(language)
