"""TRL's GRPOTrainer with compiler feedback, on a tiny model and the embedded tasks.

    pip install '.[trl]' && python examples/trl_grpo.py

The model is the embedded policy, so nothing is downloaded; put your own in its place. A few steps
on two CPU cores take about half a minute. `--credit terminal` gives every token of a rejected
program the same blame. `--online` adds a comparator that learns beside the policy.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads must not spin beside a compiler

from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

from rlcf.adapters.trl import AsyncCompilerReward, CompilerReward, LocalisedCredit
from rlcf.adapters.trl_online import OnlineComparator
from rlcf.assets import embedded_policy
from rlcf.tasks import load_tasks


class LocalisedTrainer(LocalisedCredit, GRPOTrainer):
    """GRPO whose blame falls on the tokens that the compiler points at."""


def main() -> None:
    flags = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    flags.add_argument("--steps", type=int, default=5)
    flags.add_argument("--credit", choices=("localised", "terminal"), default="localised")
    flags.add_argument("--asynchronous", action="store_true")
    flags.add_argument("--online", action="store_true", help="with a comparator that learns")
    flags.add_argument("--out", default="runs/trl")
    args = flags.parse_args()
    folder = embedded_policy("embedded")
    tasks = load_tasks("embedded", limit=64)
    data = Dataset.from_list([{"prompt": t.prompt, "reference": t.reference} for t in tasks])
    comparator = OnlineComparator() if args.online else None
    kind = AsyncCompilerReward if args.asynchronous else CompilerReward
    reward = kind("java", comparator=comparator)
    trainer_class = LocalisedTrainer if args.credit == "localised" else GRPOTrainer
    trainer = trainer_class(
        model=AutoModelForCausalLM.from_pretrained(folder),
        processing_class=AutoTokenizer.from_pretrained(folder, padding_side="left"),
        reward_funcs=reward,
        callbacks=[comparator] if comparator else None,
        train_dataset=data,
        args=GRPOConfig(
            output_dir=args.out,
            max_steps=args.steps,
            per_device_train_batch_size=16,
            num_generations=8,
            max_completion_length=160,
            learning_rate=1e-5,
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
        ),
    )
    trainer.train()
    for row in trainer.state.log_history:
        if "reward" in row:
            said = f"step {row['step']}: reward {row['reward']:.3f}"
            said += f", compile rate {row['compile_rate']:.2f}"
            if "comparator/accuracy_running" in row:
                said += f", comparator's accuracy {row['comparator/accuracy_running']:.2f}"
            print(said)


if __name__ == "__main__":
    main()
