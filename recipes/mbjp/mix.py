"""Puts together what a small model can learn MBJP-style Java from.

    python recipes/mbjp/mix.py $DATA/mbxp/java runs/mbjp --corpus runs/lang3/tasks/train.jsonl

DATA/mbxp/java holds `train.jsonl` (MBJP's training ids, with references). Writes `fit.jsonl`, what
`rlcf sft` reads: MBJP's training references several times, embedded tasks, and corpora built by
`rlcf corpus build`; and `rl.jsonl`, what `rlcf train` asks: MBJP's training tasks alone. References
that do not compile are left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rlcf.languages import Toolchain
from rlcf.languages.references import usable_references
from rlcf.tasks import load_tasks, write_tasks
from rlcf.tasks.task import Task


def repeated(tasks: Sequence[Task], times: int) -> list[Task]:
    """Copies with ids of their own."""
    return [replace(t, task_id=f"{t.task_id}#{i}") for i in range(times) for t in tasks]


def main() -> None:
    flags = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    flags.add_argument("data", type=Path, help="folder with MBJP's train.jsonl")
    flags.add_argument("out", type=Path, help="folder for fit.jsonl and rl.jsonl")
    flags.add_argument("--corpus", nargs="*", default=[], help="tasks of `rlcf corpus build`")
    flags.add_argument("--times", type=int, default=6, help="copies of MBJP's references")
    flags.add_argument("--embedded", type=int, default=11000, help="embedded tasks")
    args = flags.parse_args()
    compiler = Toolchain("java")
    try:
        mbjp, rejected = usable_references(load_tasks(str(args.data / "train.jsonl")), compiler)
    finally:
        compiler.close()
    mbjp = [t for t in mbjp if t.reference]
    parts = {
        "MBJP": repeated(mbjp, args.times),
        "embedded": load_tasks("embedded:train", limit=args.embedded),
        "corpus": [task for file in args.corpus for task in load_tasks(file)],
    }
    args.out.mkdir(parents=True, exist_ok=True)
    write_tasks(args.out / "fit.jsonl", [t for tasks in parts.values() for t in tasks])
    write_tasks(args.out / "rl.jsonl", mbjp)
    counts = ", ".join(f"{len(tasks)} {name}" for name, tasks in parts.items())
    print(f"{counts}; {len(rejected)} references left out")


if __name__ == "__main__":
    main()
