"""Settings of a training run by reinforcement learning, with what each one means.

Covers the record and its checks. Does not cover supervised fine-tuning (`sft`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import tyro

from rlcf.errors import UserError
from rlcf.languages.registry import known
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
class TrainConfig(Checked):
    """Train a model with compiler feedback: reward from a compiler and a second LLM.

    The run directory holds settings, metrics.jsonl, every completion with its verdict,
    checkpoints, and at the end the trained model in policy/. Ctrl-C saves a checkpoint;
    --resume goes on from it, also after a crash.

    Examples:
      rlcf train --model embedded --out runs/first --steps 20 --lr 2e-4
      rlcf train --model path/to/model --tasks tasks.jsonl --comparator path/to/encoder \\
                 --comparator-warmup 50 --out runs/mine
      rlcf train --model path/to/model --tasks tasks.jsonl --out runs/mine --resume
    """

    model: str
    """Policy to train: hub name, short name (smollm2, qwen2.5-coder-0.5b, ...), folder or GGUF file
    of a causal or encoder-decoder LM."""
    tasks: str = "embedded:train"
    """What to program: a JSONL file, or embedded, embedded-python, embedded-cpp, mbjp,
    mathqa-java, humaneval-java. Of rows that name their `split`, those of `train`."""
    limit: CountOrNone = 0
    """Train on this many tasks, drawn at random by --seed; 0 takes all (of embedded: 1000)."""
    open_tasks: str = ""
    """More prompts, named as in --tasks, whose references are not needed: the compiler alone judges
    the programs. A policy fine-tuned on --tasks until it knows them errs little there, and much on
    problems that it has not seen."""
    open_share: Share = 0.5
    """The share of each step's prompts that is of --open-tasks."""
    out: str = "runs/train"
    """Run directory to write; it must not exist unless --resume is given."""
    resume: bool = False
    """Go on from the newest checkpoint in --out, or start if there is none."""
    language: str = "java"
    """Language of the programs; tasks in other languages are left out."""
    class_path: tuple[str, ...] = ()
    """Java: directories and jar files (also `folder/*`) that programs are compiled against."""

    reward: Literal["rlcf", "compiler", "comparator"] = "rlcf"
    """What is rewarded: rlcf (compiler and comparator), compiler, or comparator."""
    comparator: str = "embedded"
    """The second LLM: hub name, short name (codebert, mpnet, minilm) or folder of an encoder or
    decoder, `embedded`, or `none`. It must be another model than the policy."""
    comparator_mode: Literal["online", "frozen", "none"] = "online"
    """online (trained to tell references from samples, as in the paper), frozen (similarity to
    the nearest references, never trained) or none."""
    comparator_pooling: Literal["auto", "mean", "last"] = "auto"
    """How it reads a program: mean (of all tokens), last (token), or auto (last for decoders)."""
    comparator_weight: Share = 1.0
    """The comparator's share w: accepted programs get 1 - w + w g (1 in the paper)."""
    comparator_ranks: bool = False
    """Take for g a program's rank among the accepted ones of its prompt, from -1 to 1 with mean 0:
    where style alone puts every program far from the reference, g itself hardly differs."""
    comparator_warmup: CountOrNone = 0
    """Updates of the comparator on the untrained policy's samples before the first step."""
    comparator_lr: Positive = 3e-4
    """Learning rate of the comparator (1e-5 to 5e-5 for pre-trained encoders of full size)."""
    comparator_every: CountOrNone = 1
    """Refresh the online comparator every this many steps; 0 never does."""
    comparator_neighbours: CountOrNone = 5
    """frozen: how many references of other tasks count beside the task's own; 0 compares with its
    own alone (for tasks with hardly more than one right answer)."""
    comparator_sharpness: Positive = 1.0
    """frozen: an accepted program that is unlike all references gets about -tanh of this; higher
    values set near misses farther apart from the reference."""
    comparator_tokens: Annotated[int, Range(8)] = 512
    """Tokens of prompt and program together that the comparator reads."""

    algorithm: Literal["rloo", "grpo", "reinforce", "ppo"] = "rloo"
    """From rewards to advantages: rloo, grpo, reinforce or ppo (the paper's: value head, GAE)."""
    credit: Literal["terminal", "localised"] = "terminal"
    """Where a rejection is blamed: terminal (all tokens) or localised (where the error is)."""
    steps: Count = 100
    """Policy updates' rounds: one batch of rollouts each."""
    prompts_per_step: Count = 32
    """Prompts in a batch of rollouts."""
    samples_per_prompt: Count = 8
    """Completions drawn for each prompt."""
    minibatches: Count = 1
    """Optimiser steps a batch of rollouts is divided into."""
    epochs: Count = 1
    """Passes over a batch of rollouts (2 to 4 are usual with ppo)."""
    kl_stop: NotNegative = 0.0
    """Leave out the rest of a batch once the policy has moved this far, in nats a token, from the
    one that drew it; 0 never does."""
    prompts_per_forward: Count = 8
    """Prompts (with all their samples) in one forward pass; lower it to save memory."""
    lr: Positive = 1e-5
    """Learning rate of the policy (1e-6 to 1e-5 for pre-trained models, 1e-4 for tiny ones)."""
    warmup_steps: CountOrNone = 5
    """Steps over which the learning rate rises to --lr."""
    lr_schedule: Literal["constant", "linear"] = "constant"
    """After that: constant, or linear (falls to 0 at --steps, so that the noise of single batches,
    which a policy that was fine-tuned long feels at once, dies away)."""
    average_from: CountOrNone = 0
    """The final policy is the mean of the weights after this and all later steps, which leaves out
    most of the noise of single batches; 0 takes the last weights."""
    max_grad_norm: Positive = 1.0
    """Gradients are scaled down to this norm."""
    kl_coef: NotNegative = 0.05
    """Weight of the KL divergence to the untrained policy, the anchor."""
    kl_target: NotNegative = 0.0
    """Adapt --kl-coef so that the divergence stays near this, in nats a token; 0 keeps it fixed."""
    reference_coef: NotNegative = 0.0
    """Weight of the cross-entropy of the same prompts' references: keeps what fine-tuning on them
    has taught, where rewards alone would wear it away."""
    reference_batch: CountOrNone = 0
    """References that this cross-entropy takes a step: 0 takes those of the step's prompts, more
    draws as many of all --tasks, as fine-tuning does."""
    clip: Positive = 0.2
    """PPO's clipping of the probability ratio."""

    gamma: Share = 1.0
    """Discount a token (ppo)."""
    gae_lambda: Share = 0.95
    """GAE: 1 trusts what came of a program, 0 the value head (ppo)."""
    value_coef: NotNegative = 0.1
    """Weight of the value loss (ppo)."""
    value_clip: Positive = 0.2
    """Values move at most this far a batch (ppo)."""
    value_lr: Positive = 1e-3
    """Learning rate of the value head (ppo)."""
    value_trunk: Annotated[
        bool,
        tyro.conf.arg(
            help="Keep the value loss from changing the policy's trunk too (ppo).",
            help_behavior_hint="",
        ),
    ] = True
    """Let the value loss change the policy's trunk too, not the head alone (ppo)."""

    temperature: Positive = 1.0
    """Sampling temperature of rollouts."""
    top_k: CountOrNone = 0
    """Draw among the k likeliest tokens only; 0 means all."""
    max_new_tokens: Count = 256
    """Longest completion in tokens."""

    validation: str = "auto"
    """Tasks to validate on while training, named as in --tasks, or none. auto: the validation split
    of a named set or of a file whose rows name their splits; of any other file, a tenth of its
    tasks, which is held out of training."""
    validation_tasks: Count = 64
    """How many of them."""
    validate_every: CountOrNone = 0
    """Validate before the first and every this many steps, and keep the best policy in best/; 0
    never does."""
    patience: CountOrNone = 0
    """Stop after this many validations in a row without improvement; 0 never does."""
    select_best: Annotated[
        bool,
        tyro.conf.arg(
            help="Make policy/ the last, though validation found a better one.",
            help_behavior_hint="",
        ),
    ] = True
    """The final policy/ is the best by validation, where there was one, rather than the last."""
    checkpoint_every: Count = 10
    """Write a checkpoint every this many steps."""
    keep: Count = 2
    """Newest checkpoints to keep."""

    seed: Seed = 0
    """Same seed, same machine: same run."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, ..."""
    precision: Precision = "auto"
    """auto, fp32 or bf16 (auto: bf16 where the processor has it in hardware)."""
    threads: CountOrNone = 0
    """Cores for torch; 0 takes all that this process may use."""
    lora_rank: CountOrNone = 0
    """Train adapters of this rank (LoRA) instead of all weights; 0 trains all."""
    gradient_checkpointing: bool = False
    """Compute activations twice instead of keeping them: less memory, slower."""
    chat: Chat = "off"
    """Ask through the tokenizer's chat template: off, on, or auto (where there is one)."""
    chat_instruction: str = ""
    """Words before the task in a chat; empty takes the built-in ones."""
    stop: Stop = "class"
    """Where a completion ends: text (at the end token), class (where the class closes) or method
    (where the prompt's method closes: the class is then closed for the model, and fewer tokens are
    drawn)."""
    tracker: str = "none"
    """Also send metrics to: tensorboard, wandb, trackio, ... (comma-separated)."""
    eos_token: str | None = None
    """End token, for tokenizers that name none."""
    pad_token: str | None = None
    """Padding token, for tokenizers that name none."""

    NEEDS: ClassVar[tuple[Need, ...]] = (
        CHAT_NEEDS,
        Need(("open_share",), lambda c: c.open_tasks, "--open-tasks"),
        Need(
            (
                *("comparator_pooling", "comparator_weight", "comparator_ranks"),
                *("comparator_warmup", "comparator_lr", "comparator_every"),
                *("comparator_neighbours", "comparator_sharpness", "comparator_tokens"),
            ),
            lambda c: c.reward != "compiler" and "none" not in (c.comparator, c.comparator_mode),
            "a comparator: see --reward, --comparator and --comparator-mode",
        ),
        Need(
            ("comparator_warmup", "comparator_lr", "comparator_every"),
            lambda c: c.comparator_mode == "online",
            "--comparator-mode online",
        ),
        Need(
            ("comparator_neighbours", "comparator_sharpness"),
            lambda c: c.comparator_mode == "frozen",
            "--comparator-mode frozen",
        ),
        Need(
            ("gamma", "gae_lambda", "value_coef", "value_clip", "value_lr", "value_trunk"),
            lambda c: c.algorithm == "ppo",
            "--algorithm ppo",
        ),
        Need(
            ("validation", "validation_tasks", "select_best"),
            lambda c: c.validate_every or c.validation == "none",
            "--validate-every",
        ),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "language", known(self.language))
        if self.samples_per_prompt < 2 and self.algorithm != "ppo":
            raise UserError(
                "--samples-per-prompt must be at least 2: they are each other's baseline"
            )
        if self.minibatches > self.prompts_per_step:
            raise UserError(
                f"--minibatches {self.minibatches} of {self.prompts_per_step} prompts: each needs "
                "one of --prompts-per-step"
            )
        if self.average_from > self.steps:
            raise UserError("--average-from must be one of the --steps, or nothing is averaged")
        if self.reference_batch and not self.reference_coef:
            raise UserError("--reference-batch is the batch of --reference-coef: give that too")
        if self.kl_target and not self.kl_coef:
            raise UserError("--kl-target adapts --kl-coef, which must be above 0 to begin with")
        self._check_validation()

    def _check_validation(self) -> None:
        if self.patience and not self.validate_every:
            raise UserError("--patience counts validations: give --validate-every too")
        if self.validate_every and self.validation == "none":
            raise UserError("--validate-every needs --validation tasks")
        if self.validate_every > self.steps:
            raise UserError(
                f"--validate-every {self.validate_every} is more than the {self.steps} --steps: "
                "only the untrained model would be validated"
            )

    @property
    def open_count(self) -> int:
        """Prompts a step that are of the open tasks, where there are some."""
        return round(self.open_share * self.prompts_per_step) if self.open_tasks else 0
