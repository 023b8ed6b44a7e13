"""The settings of supervised fine-tuning; each is a flag of `rlcf sft`.

Imports nothing heavy. The training is in `sft`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from tyro.conf import arg

from rlcf.policy.config import TrainedModelConfig
from rlcf.settings import Checked, Count, Need, NotNegative, Positive, Range, Seed, Share
from rlcf.training.config import RunConfig, ValidationConfig


@dataclass(frozen=True)
class LearningConfig(Checked):
    """How the solutions are learned."""

    limit: Count | None = None
    """Learn this many of --tasks, drawn at random by --seed; none takes all (of embedded: 1000)."""
    vocab_size: Annotated[int, Range(300)] = 2048
    """Tokens of the fresh tokenizer (with --architecture)."""
    warmup: Share = 0.03
    """Share of the steps over which the rate rises; then it falls by a cosine to a tenth."""
    weight_decay: NotNegative = 0.01
    """Decoupled weight decay of AdamW."""
    prompt_loss: NotNegative = 0.0
    """Weight of the prompt's tokens in the loss; 0 learns completions only, as encoder-decoders
    always do."""
    max_tokens: Count = 512
    """Longer programs are left out."""
    stop_after: Count | None = None
    """Stop after this many steps, in the middle of the schedule."""


@dataclass(frozen=True)
class SampledValidationConfig(ValidationConfig):
    """How good the model is on other tasks while it learns."""

    temperature: Annotated[NotNegative, arg(name="validation_temperature")] = 0.8
    """Sampling temperature of the programs that are written for them, two per task."""
    max_new_tokens: Count = 256
    """Most tokens per program."""
    class_path: tuple[str, ...] = ()
    """What these programs are compiled against (see `rlcf train`)."""

    NEEDS = (
        Need(("validation_tasks",), lambda v: v.tasks != "none", "--validation tasks"),
        Need(
            ("validation_temperature", "max_new_tokens", "class_path"),
            lambda v: v.every,
            "--validate-every, which has programs written",
        ),
    )


@dataclass(frozen=True)
class SftRunConfig(RunConfig):
    """What is kept of a run, and what it runs on."""

    half: bool = False
    """Store the weights as float16, half the size."""


@dataclass(frozen=True)
class SftConfig(Checked):
    """Train a model on the solutions of tasks: the warm-up, and the baseline to compare with.

    Examples:
      rlcf sft --model path/to/model --tasks tasks.jsonl --lr 2e-5 --epochs 3 --out runs/sft
      rlcf sft --architecture config.json --tasks embedded:train --limit 8000 --out runs/fresh
    """

    model: str | None = None
    """Model to fine-tune, named as in `rlcf train`. Or give --architecture."""
    architecture: Path | None = None
    """A Hugging Face config.json: train a fresh model of that shape, with a fresh tokenizer."""
    tasks: str = "embedded:train"
    """Solutions to learn: a JSONL file or a name, as in `rlcf train`; the rows of `train` too."""
    out: str = "runs/sft"
    """Run directory to write; it must not exist unless --resume is given."""
    resume: bool = False
    """Resume from the newest checkpoint in --out."""
    epochs: Positive = 1.0
    """Passes over the solutions; fractions are fine."""
    batch_size: Count = 32
    """Programs per optimiser step."""
    lr: Positive = 1e-3
    """Peak learning rate (1e-5 to 5e-5 for pretrained models)."""
    seed: Seed = 0
    """Same seed, same machine: same model."""

    learning: LearningConfig = LearningConfig()
    validation: SampledValidationConfig = SampledValidationConfig(count=256)
    loading: TrainedModelConfig = TrainedModelConfig()
    run: SftRunConfig = SftRunConfig(checkpoint_every=200)

    NEEDS = (Need(("vocab_size",), lambda c: c.architecture, "--architecture"),)
