"""Writes tasks as a data set for verl, and the settings that make verl ask rlcf for rewards.

    pip install . verl pyarrow
    python examples/verl_data.py --tasks embedded --limit 512 --out train.parquet

Prints the flags for `python -m verl.trainer.main_ppo`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rlcf.policy.prompting import INSTRUCTION
from rlcf.tasks import Task, load_tasks

FLAGS = """\
data.train_files={out}
reward.reward_manager.source=importlib
reward.reward_manager.name=CompilerRewardManager
reward.reward_manager.module.path=pkg://rlcf.adapters.verl_manager
+reward.rlcf.language={language}"""


def row(task: Task, split: str) -> dict[str, object]:
    """A row as verl reads it."""
    asked = INSTRUCTION.replace("{language}", task.language)
    asked = asked.replace("{prompt}", task.prompt.rstrip("\n"))
    return {
        "data_source": "rlcf",
        "prompt": [{"role": "user", "content": asked}],
        "ability": "code",
        "reward_model": {"style": "rule", "ground_truth": task.reference or ""},
        "extra_info": {
            "task_id": task.task_id,
            "prefix": task.prompt,
            "chat": True,
            "split": split,
        },
    }


def main() -> None:
    flags = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    flags.add_argument("--tasks", default="embedded")
    flags.add_argument("--limit", type=int)
    flags.add_argument("--split", default="train", help="a comparator learns from `train` alone")
    flags.add_argument("--out", type=Path, default=Path("train.parquet"))
    args = flags.parse_args()
    tasks = load_tasks(args.tasks, limit=args.limit)
    pq.write_table(pa.Table.from_pylist([row(task, args.split) for task in tasks]), args.out)
    print(FLAGS.format(out=args.out, language=tasks[0].language))


if __name__ == "__main__":
    main()
