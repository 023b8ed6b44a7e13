"""TRL: the comparator of the paper, which goes on learning while TRL trains the policy.

    comparator = OnlineComparator("microsoft/codebert-base", lr=2e-5)
    trainer = GRPOTrainer(
        model, reward_funcs=CompilerReward("java", comparator=comparator),
        callbacks=[comparator], ...
    )

After each of the trainer's steps the comparator learns to tell the programs that it has just
compared from their references, as in `rlcf.comparator.online`. TRL's checkpoints get a file of it,
weights, optimiser and replay, from which a resumed run goes on. Several processes learn from all
their programs alike, so that their comparators stay one. Written for TRL 1.16 and transformers 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import torch
from accelerate.utils import gather_object
from transformers import TrainerCallback

from rlcf.assets import embedded_comparator
from rlcf.atomic import replace_file
from rlcf.comparator.judge import ComparatorJudge
from rlcf.comparator.model import load_comparator
from rlcf.comparator.online import ComparatorTrainer, OnlineConfig, Pair
from rlcf.errors import UserError
from rlcf.grounding.reward import Array

FILE = "rlcf_comparator.pt"
"""Its part of a checkpoint."""


class OnlineComparator(TrainerCallback):
    """Compares programs with references for `CompilerReward`, and learns as a callback."""

    def __init__(
        self,
        comparator: str = "embedded",
        *,
        lr: float = OnlineConfig.lr,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        """Load it.

        Args:
            comparator: `embedded`, or the name or folder of an encoder or decoder that is another
                model than the policy.
            lr: learning rate of AdamW (1e-5 to 5e-5 for pretrained encoders of full size).
            seed: of a new head, and of the order of pairs.
            device: that it computes on.

        Raises:
            UserError: there is no such model.
        """
        model = load_comparator(embedded_comparator(comparator), seed=seed, device=device)
        self._judge = ComparatorJudge(model.eval())
        self._trainer = ComparatorTrainer(model, OnlineConfig(lr=lr), seed)
        self._compared: list[Pair] = []
        self.metrics: Mapping[str, float] = {}
        """Of its latest update; `CompilerReward` gives them to TRL's log with its next batch."""

    def __call__(
        self, prompts: Sequence[str], completions: Sequence[str], references: Sequence[str]
    ) -> Array:
        """g_B of programs, which are remembered until the next update."""
        self._compared += map(Pair, prompts, references, completions)
        return self._judge(prompts, completions, references)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "an OnlineComparator learns in the trainer's process and cannot be sent to others, as "
            "asynchronous GRPO does: name a comparator there, which stays as it is"
        )

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Go on from the checkpoint that the trainer resumes from."""
        self._compared.clear()
        if state.global_step == 0:
            return
        file = _file(args, state)
        if not file.exists():
            raise UserError(f"no {file}: the run to resume had no OnlineComparator as a callback")
        kept = torch.load(file, map_location="cpu", weights_only=True)
        self._trainer.load_state_dict(kept["comparator"])
        self.metrics = kept["metrics"]

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Learn from the programs compared since the last step."""
        pairs: list[Pair] = gather_object(self._compared)
        self._compared = []
        if pairs:
            with torch.random.fork_rng():  # what TRL draws next must not depend on this
                self.metrics = self._trainer.update(pairs, state.global_step)

    def on_evaluate(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Forget the programs of an evaluation."""
        self._compared.clear()

    def on_save(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Add its state to the checkpoint."""
        if state.is_world_process_zero:
            content = {"comparator": self._trainer.state_dict(), "metrics": dict(self.metrics)}
            replace_file(_file(args, state), lambda file: torch.save(content, file))


def _file(args: Any, state: Any) -> Path:
    return Path(args.output_dir, f"checkpoint-{state.global_step}", FILE)
