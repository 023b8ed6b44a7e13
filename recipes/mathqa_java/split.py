"""Divides MathQA-Java's training file: references to learn from, and some held out to select by.

    python recipes/mathqa_java/split.py $DATA/train.jsonl runs/mathqa

Leaves out references that the compiler rejects (about 2 %). Which task goes where follows from its
id alone. Writes fit.jsonl and held_out.jsonl. The held-out tasks have no tests; each gets one made
from its reference's own answer, so that validation can tell right programs from wrong ones.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rlcf.languages import Toolchain
from rlcf.languages.references import usable_references
from rlcf.tasks import load_tasks, write_tasks
from rlcf.tasks.task import Task

TEST = """
class Main {{
    public static void main(String[] args) throws Exception {{
        double wanted = {reference}.problem();
        double found = Problem.problem();
        if (!(Math.abs(wanted - found) <= 1e-7 || Double.compare(wanted, found) == 0)) {{
            throw new Exception("Exception -- test case 0 did not pass. x0 = " + found);
        }}
    }}
}}
"""


def with_test(task: Task) -> Task:
    """The task with a test that compares with its reference, which the test brings along."""
    head = task.prompt[task.prompt.index("class Problem") :].replace("Problem", "Wanted", 1)
    test = f"{TEST.format(reference='Wanted')}\n{head}{task.reference}"
    return replace(task, tests=test)


def divide(tasks: Sequence[Task], held_out: int) -> tuple[list[Task], list[Task]]:
    """All but `held_out` tasks, and those; by a hash of their ids."""
    ranked = sorted(tasks, key=lambda t: hashlib.sha256(t.task_id.encode()).digest())
    return ranked[held_out:], ranked[:held_out]


def main() -> None:
    flags = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    flags.add_argument("train", type=str, help="train.jsonl of MathQA-Java")
    flags.add_argument("out", type=Path, help="folder for fit.jsonl and held_out.jsonl")
    flags.add_argument("--held-out", type=int, default=400)
    args = flags.parse_args()
    compiler = Toolchain("java")
    try:
        usable, rejected = usable_references(load_tasks(args.train), compiler)
    finally:
        compiler.close()
    fit, held_out = divide(usable, args.held_out)
    args.out.mkdir(parents=True, exist_ok=True)
    write_tasks(args.out / "fit.jsonl", fit)
    write_tasks(args.out / "held_out.jsonl", [with_test(t) for t in held_out])
    print(f"{len(fit)} to learn from, {len(held_out)} held out, {len(rejected)} left out")


if __name__ == "__main__":
    main()
