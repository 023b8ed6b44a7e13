"""A comparator that learns while TRL trains: does its accuracy stay in its band, and does a resumed
run give the same losses?

    .venv-adapters/bin/python benchmarks/trl_online.py --steps 200

The embedded policy and comparator, the embedded tasks, TRL's own GRPOTrainer and javac's verdicts.
The run is then resumed from the checkpoint of its middle, by a trainer and a comparator that are
built anew, and compared step by step.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads must not spin beside a compiler

import tempfile
from pathlib import Path
from statistics import mean
from typing import Any

from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

from java_common import environment, parser, write
from rlcf.adapters.trl import CompilerReward
from rlcf.adapters.trl_online import OnlineComparator
from rlcf.assets import embedded_policy
from rlcf.comparator.online import OnlineConfig
from rlcf.tasks import load_tasks

_KEPT = (
    "loss",
    "reward",
    "compile_rate",
    "comparator/loss",
    "comparator/accuracy",
    "comparator/accuracy_running",
    "comparator/updates",
)

Row = dict[str, float]


def main() -> None:
    flags = parser(__doc__, "trl_online.json")
    flags.add_argument("--steps", type=int, default=200)
    flags.add_argument("--lr", type=float, default=1e-4, help="of the policy")
    args = flags.parse_args()
    half = args.steps // 2
    with tempfile.TemporaryDirectory() as folder:
        whole = _trainer(folder, args)
        whole.train()
        again = _trainer(folder, args)
        again.train(resume_from_checkpoint=str(Path(folder, f"checkpoint-{half}")))
    rows, resumed = _logged(whole), _logged(again)
    write(
        args.out,
        {
            "environment": environment(),
            "steps": args.steps,
            **_band(rows),
            "resumed_at": half,
            "resumed_equals": resumed[half:] == rows[half:],
            "first_tenth": _means(rows[: args.steps // 10]),
            "last_tenth": _means(rows[-(args.steps // 10) :]),
            "by_step": rows,
        },
    )


def _trainer(folder: str, args: Any) -> GRPOTrainer:
    model = embedded_policy("embedded")
    tasks = load_tasks("embedded", limit=512)
    comparator = OnlineComparator(seed=args.seed)
    return GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(model),
        processing_class=AutoTokenizer.from_pretrained(model, padding_side="left"),
        reward_funcs=CompilerReward("java", comparator=comparator, weight=0.5),
        callbacks=[comparator],
        train_dataset=Dataset.from_list(
            [{"prompt": task.prompt, "reference": task.reference} for task in tasks]
        ),
        args=GRPOConfig(
            output_dir=folder,
            max_steps=args.steps,
            per_device_train_batch_size=64,
            num_generations=8,
            max_completion_length=160,
            learning_rate=args.lr,
            logging_steps=1,
            save_steps=args.steps // 2,
            seed=args.seed,
            report_to=[],
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
        ),
    )


def _logged(trainer: GRPOTrainer) -> list[Row]:
    rows = [row for row in trainer.state.log_history if "reward" in row]
    return [{name: row[name] for name in _KEPT if name in row} for row in rows]


def _band(rows: list[Row]) -> dict[str, Any]:
    """Where the running accuracy was: the comparator learns twice below its band, not above it."""
    band = OnlineConfig()
    accuracies = [row[name] for row in rows if (name := "comparator/accuracy_running") in row]
    return {
        "band": [band.low, band.high],
        "share_below": mean(a < band.low for a in accuracies),
        "share_in_band": mean(band.low <= a <= band.high for a in accuracies),
        "share_above": mean(a > band.high for a in accuracies),
        "lowest": min(accuracies),
        "highest": max(accuracies),
        "updates": sum(row.get("comparator/updates", 0) for row in rows),
    }


def _means(rows: list[Row]) -> Row:
    return {
        name: mean(found) for name in _KEPT if (found := [row[name] for row in rows if name in row])
    }


if __name__ == "__main__":
    main()
