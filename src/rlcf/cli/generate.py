"""`rlcf generate`: let a model complete tasks and write what it wrote.

Covers sampling to JSONL. Does not judge (`rlcf score`, `rlcf evaluate`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from rlcf.cli.modelflags import ModelFlags
from rlcf.cli.terminal import progress_bars
from rlcf.errors import UserError
from rlcf.tasks import load_tasks


@dataclass(frozen=True)
class Args(ModelFlags):
    """Complete tasks with a model; writes JSON lines that `rlcf score` and mxeval read.

    With --chat the lines hold a whole `program` in place of a `completion`.

    Examples:
      rlcf generate --model embedded --tasks embedded:test --limit 20 --out samples.jsonl
      rlcf generate --model path/to/model --tasks mbjp --n 5 --out samples.jsonl
    """

    out: Path = Path("samples.jsonl")
    """File to write; it must not exist."""


def main(args: Args) -> int:
    """Sample and write."""
    from rlcf.evaluation.results import write_atomically
    from rlcf.policy.sampling import sample_tasks

    if args.out.exists():
        raise UserError(f"{args.out} exists: choose another --out")
    if not args.out.parent.is_dir():
        raise UserError(f"{args.out}: the folder {args.out.parent} does not exist")
    tasks = load_tasks(args.tasks, limit=args.limit, seed=args.seed, default_split="test")
    policy = args.load()
    total, done = args.n * len(tasks), 0
    with progress_bars({"generate": "writing programs"}) as progress:

        def generated(count: int) -> None:
            nonlocal done
            done += count
            progress("generate", done, total)

        drawn = sample_tasks(
            policy, tasks, args.n, args.sampling(), seed=args.seed, progress=generated
        )
    # A chat's answer is a whole program and no completion, so that nobody joins it to the prompt.
    key = "completion" if policy.judged(tasks[0]) == tasks[0] else "program"
    rows = [
        {"task_id": task.task_id, "language": task.language, key: sample.text}
        for task, group in zip(tasks, drawn, strict=True)
        for sample in group
    ]
    write_atomically(args.out, "".join(json.dumps(row) + "\n" for row in rows))
    print(f"wrote {len(rows)} completions of {len(tasks)} tasks to {args.out}")
    return 0
