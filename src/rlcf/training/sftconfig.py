"""The settings of supervised fine-tuning; each is a flag of `rlcf sft`.

Does not cover the training (`sft`). Imports nothing heavy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from rlcf.errors import UserError
from rlcf.settings import (
    CHAT_NEEDS,
    Chat,
    Checked,
    Count,
    CountOrNone,
    Need,
    NotNegative,
    Positive,
    Precision,
    Range,
    Seed,
    Share,
    Stop,
)


@dataclass(frozen=True)
class SftConfig(Checked):
    """Train a model on reference programs: the warm-up, and the baseline to compare with.

    Examples:
      rlcf sft --model path/to/model --tasks tasks.jsonl --lr 2e-5 --epochs 3 --out runs/sft
      rlcf sft --architecture config.json --tasks embedded:train --limit 8000 --out runs/fresh
    """

    model: str | None = None
    """Model to go on training, named as in `rlcf train`. Or give --architecture."""
    architecture: Path | None = None
    """A Hugging Face config.json: train a fresh model of that shape, with a fresh tokenizer."""
    vocab_size: Annotated[int, Range(300)] = 2048
    """Tokens of the fresh tokenizer (with --architecture)."""
    tasks: str = "embedded:train"
    """References to learn: a JSONL file or a name, as in `rlcf train`; the rows of `train` too."""
    limit: CountOrNone = 0
    """Use this many of them, drawn at random by --seed; 0 takes all (of embedded: 1000)."""
    validation: str = "auto"
    """References to validate on, named as in --tasks, or none. auto: the validation split, as
    in `rlcf train`, else a tenth of the tasks, held out of training. none learns all."""
    validation_tasks: Count = 256
    """How many of them."""
    validate_every: CountOrNone = 0
    """Also write programs for them every this many steps and keep the best model, by pass@1 where
    they have tests, else by what compiles and is not degenerate; 0 keeps the last model."""
    validation_temperature: NotNegative = 0.8
    """Sampling temperature of those programs, two a task."""
    max_new_tokens: Count = 256
    """Longest of them in tokens."""
    class_path: tuple[str, ...] = ()
    """Java: what those programs are compiled against (see `rlcf train`)."""
    out: str = "runs/sft"
    """Run directory to write; it must not exist unless --resume is given."""
    resume: bool = False
    """Go on from the newest checkpoint in --out."""
    epochs: Positive = 1.0
    """Passes over the references; fractions are fine."""
    stop_after: CountOrNone = 0
    """Stop after this many steps, in the middle of the schedule; 0 runs to its end."""
    batch_size: Count = 32
    """Programs an optimiser step."""
    lr: Positive = 1e-3
    """Peak learning rate (1e-5 to 5e-5 for pre-trained models)."""
    warmup: Share = 0.03
    """Share of the steps over which the rate rises; then it falls by a cosine to a tenth."""
    weight_decay: NotNegative = 0.01
    """Decoupled weight decay of AdamW."""
    prompt_loss: NotNegative = 0.0
    """Weight of the prompt's tokens in the loss; 0 learns completions only, as encoder-decoders
    always do."""
    max_tokens: Count = 512
    """Longer programs are left out."""
    half: bool = False
    """Store the weights as float16, half the size."""
    checkpoint_every: Count = 200
    """Write a checkpoint every this many steps. The validation loss is measured then, and after
    each epoch."""
    seed: Seed = 0
    """Same seed, same machine: same model."""
    device: str = "auto"
    """auto, cpu, cuda, ..."""
    precision: Precision = "auto"
    """auto, fp32 or bf16."""
    threads: CountOrNone = 0
    """Cores for torch; 0 takes all."""
    eos_token: str | None = None
    """End token, for tokenizers that name none."""
    pad_token: str | None = None
    """Padding token, for tokenizers that name none."""
    chat: Chat = "off"
    """Instruction-tuned models: off, on (the tokenizer's chat template), or auto."""
    chat_instruction: str = ""
    """What chat models are told, with {prompt} where the task goes; empty takes the usual."""
    stop: Stop = "class"
    """Where a completion ends: text (at the end token), class (where the class closes) or method
    (where the prompt's method closes: the class is then closed for the model, and fewer tokens are
    drawn)."""
    lora_rank: CountOrNone = 0
    """Train low-rank adapters of this rank (needs `rlcf[lora]`); 0 trains all weights."""
    gradient_checkpointing: bool = False
    """Save memory by computing layers twice."""

    NEEDS: ClassVar = (
        CHAT_NEEDS,
        Need(("vocab_size",), lambda c: c.architecture, "--architecture"),
        Need(("validation_tasks",), lambda c: c.validation != "none", "--validation tasks"),
        Need(
            ("validation_temperature", "max_new_tokens", "class_path"),
            lambda c: c.validate_every,
            "--validate-every, which has programs written",
        ),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.validate_every and self.validation == "none":
            raise UserError("--validate-every needs --validation tasks")
