"""Makes problems that nobody has solved, to draw programs for that the compiler alone judges.

    python recipes/mathqa_java/open_prompts.py runs/mathqa/fit.jsonl runs/mathqa/open.jsonl

A policy that was fine-tuned until it knows its references compiles nearly always on their problems,
and errs on new ones. Each problem made here is the beginning of one description and the end of
another, with the quantities of both that are left. What such a text asks for may make no sense;
a program for it can still compile or not. Which are made follows from --seed. No references, no
tests.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rlcf.tasks import load_tasks, write_tasks
from rlcf.tasks.task import Task

HEAD, TAIL = (0.4, 0.7), (0.4, 0.7)
"""Shares of the words that are kept of the first description and of the second."""


def divide(description: str) -> tuple[list[str], list[str]]:
    """The words of a description, and the values of n0, n1, ... that stand at its end."""
    start = re.search(r"\sn0 = ", description)
    if start is None:
        return description.split(), []
    return description[: start.start()].split(), re.findall(
        r"n\d+ = (\S+)", description[start.start() :]
    )


def named_in(words: Sequence[str], values: Sequence[str]) -> list[str]:
    """Those of the values that the words name."""
    found = {number for word in words if (number := as_number(word)) is not None}
    return [value for value in values if as_number(value) in found]


def as_number(word: str) -> float | None:
    """1,000 is 1000.0; None for what is no number."""
    try:
        return float(word.replace(",", ""))
    except ValueError:
        return None


def joined(first: Task, second: Task, rng: random.Random) -> tuple[str, int]:
    """A new description, and how many quantities it has."""
    (head, head_values), (tail, tail_values) = divide(first.description), divide(second.description)
    head = head[: int(len(head) * rng.uniform(*HEAD))]
    tail = tail[int(len(tail) * (1 - rng.uniform(*TAIL))) :]
    values = named_in(head, head_values) + named_in(tail, tail_values)
    numbered = [f"n{i} = {value}" for i, value in enumerate(values)]
    return " ".join([*head, *tail, *numbered]), len(values)


def make(tasks: Sequence[Task], count: int, seed: int) -> list[Task]:
    """So many problems, each of two different tasks."""
    rng, made = random.Random(seed), []
    most = max(len(divide(task.description)[1]) for task in tasks)
    while len(made) < count:
        first, second = rng.sample(tasks, 2)
        description, quantities = joined(first, second, rng)
        if 0 < quantities <= most:
            prompt = first.prompt.replace(first.description, description)
            task = replace(
                first, prompt=prompt, description=description, reference=None, tests=None
            )
            made.append(replace(task, task_id=f"Open/{len(made)}"))
    return made


def main() -> None:
    flags = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    flags.add_argument("tasks", type=str, help="fit.jsonl of split.py")
    flags.add_argument("out", type=Path, help="JSONL file to write")
    flags.add_argument("--count", type=int, default=8000)
    flags.add_argument("--seed", type=int, default=0)
    args = flags.parse_args()
    made = make(load_tasks(args.tasks), args.count, args.seed)
    write_tasks(args.out, made)
    print(f"{len(made)} problems, such as: {made[0].description}")


if __name__ == "__main__":
    main()
