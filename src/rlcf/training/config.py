"""Settings of a training run by reinforcement learning, with what each one means.

Covers the record and its checks. Does not cover supervised fine-tuning (`sft`).
"""

from __future__ import annotations

from dataclasses import dataclass

from rlcf.errors import UserError

LR_SCHEDULES = ("constant", "linear")
COMPARATOR_MODES = ("online", "frozen", "none")
_COUNTS = ("minibatches", "epochs", "prompts_per_forward", "keep")


@dataclass(frozen=True)
class TrainConfig:
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
    """Policy to train: hub name or local folder of a causal or encoder-decoder LM."""
    tasks: str = "embedded:train"
    """What to program: a JSONL file, or embedded, embedded-python, embedded-cpp, mbjp,
    mathqa-java, humaneval-java."""
    limit: int = 0
    """Train on this many tasks, drawn at random by --seed; 0 takes all (of embedded: 1000)."""
    open_tasks: str = ""
    """More prompts, named as in --tasks, whose references are not needed: the compiler alone judges
    the programs. A policy fine-tuned on --tasks until it knows them errs little there, and much on
    problems that it has not seen."""
    open_share: float = 0.5
    """The share of each step's prompts that is of --open-tasks."""
    out: str = "runs/train"
    """Run directory to write; it must not exist unless --resume is given."""
    resume: bool = False
    """Go on from the newest checkpoint in --out, or start if there is none."""
    language: str = "java"
    """Language of the programs; tasks in other languages are left out."""
    class_path: tuple[str, ...] = ()
    """Java: directories and jar files (also `folder/*`) that programs are compiled against."""

    reward: str = "rlcf"
    """What is rewarded: rlcf (compiler and comparator), compiler, or comparator."""
    comparator: str = "embedded"
    """The second LLM: hub name or folder of an encoder or decoder, `embedded`, or `none`. It must
    be another model than the policy."""
    comparator_mode: str = "online"
    """online (trained to tell references from samples, as in the paper), frozen (similarity to
    the nearest references, never trained) or none."""
    comparator_pooling: str = "auto"
    """How it reads a program: mean (of all tokens), last (token), or auto (last for decoders)."""
    comparator_weight: float = 1.0
    """The comparator's share w: accepted programs get 1 - w + w g (1 in the paper)."""
    comparator_warmup: int = 0
    """Updates of the comparator on the untrained policy's samples before the first step."""
    comparator_lr: float = 3e-4
    """Learning rate of the comparator (1e-5 to 5e-5 for pre-trained encoders of full size)."""
    comparator_every: int = 1
    """Refresh the online comparator every this many steps; 0 never does."""
    comparator_neighbours: int = 5
    """frozen: how many references of other tasks count beside the task's own; 0 compares with its
    own alone (for tasks with hardly more than one right answer)."""
    comparator_sharpness: float = 1.0
    """frozen: an accepted program that is unlike all references gets about -tanh of this; higher
    values set near misses farther apart from the reference."""
    comparator_tokens: int = 512
    """Tokens of prompt and program together that the comparator reads."""

    algorithm: str = "rloo"
    """From rewards to advantages: rloo, grpo, reinforce or ppo (the paper's: value head, GAE)."""
    credit: str = "terminal"
    """Where a rejection is blamed: terminal (all tokens) or localised (where the error is)."""
    steps: int = 100
    """Policy updates' rounds: one batch of rollouts each."""
    prompts_per_step: int = 32
    """Prompts in a batch of rollouts."""
    samples_per_prompt: int = 8
    """Completions drawn for each prompt."""
    minibatches: int = 1
    """Optimiser steps a batch of rollouts is divided into."""
    epochs: int = 1
    """Passes over a batch of rollouts (2 to 4 are usual with ppo)."""
    kl_stop: float = 0.0
    """Leave out the rest of a batch once the policy has moved this far, in nats a token, from the
    one that drew it; 0 never does."""
    prompts_per_forward: int = 8
    """Prompts (with all their samples) in one forward pass; lower it to save memory."""
    lr: float = 1e-5
    """Learning rate of the policy (1e-6 to 1e-5 for pre-trained models, 1e-4 for tiny ones)."""
    warmup_steps: int = 5
    """Steps over which the learning rate rises to --lr."""
    lr_schedule: str = "constant"
    """After that: constant, or linear (falls to 0 at --steps, so that the noise of single batches,
    which a policy that was fine-tuned long feels at once, dies away)."""
    average_from: int = 0
    """The final policy is the mean of the weights after this and all later steps, which leaves out
    most of the noise of single batches; 0 takes the last weights."""
    max_grad_norm: float = 1.0
    """Gradients are scaled down to this norm."""
    kl_coef: float = 0.05
    """Weight of the KL divergence to the untrained policy, the anchor."""
    kl_target: float = 0.0
    """Adapt --kl-coef so that the divergence stays near this, in nats a token; 0 keeps it fixed."""
    reference_coef: float = 0.0
    """Weight of the cross-entropy of the same prompts' references: keeps what fine-tuning on them
    has taught, where rewards alone would wear it away."""
    reference_batch: int = 0
    """References that this cross-entropy takes a step: 0 takes those of the step's prompts, more
    draws as many of all --tasks, as fine-tuning does."""
    clip: float = 0.2
    """PPO's clipping of the probability ratio."""

    gamma: float = 1.0
    """Discount a token (ppo)."""
    gae_lambda: float = 0.95
    """GAE: 1 trusts what came of a program, 0 the value head (ppo)."""
    value_coef: float = 0.1
    """Weight of the value loss (ppo)."""
    value_clip: float = 0.2
    """Values move at most this far a batch (ppo)."""
    value_lr: float = 1e-3
    """Learning rate of the value head (ppo)."""
    value_trunk: bool = True
    """Let the value loss change the policy's trunk too, not the head alone (ppo)."""

    temperature: float = 1.0
    """Sampling temperature of rollouts."""
    top_k: int = 0
    """Draw among the k likeliest tokens only; 0 means all."""
    max_new_tokens: int = 256
    """Longest completion in tokens."""

    validation: str = "embedded:validation"
    """Tasks to validate on while training, named as in --tasks, or none."""
    validation_tasks: int = 64
    """How many of them."""
    validate_every: int = 0
    """Validate before the first and every this many steps, and keep the best policy in best/; 0
    never does."""
    patience: int = 0
    """Stop after this many validations in a row without improvement; 0 never does."""
    select_best: bool = True
    """The final policy/ is the best by validation, where there was one, rather than the last."""
    checkpoint_every: int = 10
    """Write a checkpoint every this many steps."""
    keep: int = 2
    """Newest checkpoints to keep."""

    seed: int = 0
    """Same seed, same machine: same run."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, ..."""
    precision: str = "auto"
    """auto, fp32 or bf16 (auto: bf16 where the processor has it in hardware)."""
    threads: int = 0
    """Cores for torch; 0 takes all that this process may use."""
    lora_rank: int = 0
    """Train adapters of this rank (LoRA) instead of all weights; 0 trains all."""
    gradient_checkpointing: bool = False
    """Compute activations twice instead of keeping them: less memory, slower."""
    chat: str = "off"
    """Ask through the tokenizer's chat template: off, on, or auto (where there is one)."""
    chat_instruction: str = ""
    """Words before the task in a chat; empty takes the built-in ones."""
    tracker: str = "none"
    """Also send metrics to: tensorboard, wandb, trackio, ... (comma-separated)."""
    eos_token: str | None = None
    """End token, for tokenizers that name none."""
    pad_token: str | None = None
    """Padding token, for tokenizers that name none."""

    def __post_init__(self) -> None:
        if self.samples_per_prompt < 2 and self.algorithm != "ppo":
            raise UserError(
                "--samples-per-prompt must be at least 2: they are each other's baseline"
            )
        if self.temperature <= 0:
            raise UserError(
                "--temperature must be above 0: greedy samples of a prompt are all equal"
            )
        self._check_ranges()
        if self.lr_schedule not in LR_SCHEDULES:
            raise UserError(
                f"unknown --lr-schedule {self.lr_schedule!r}: use one of {', '.join(LR_SCHEDULES)}"
            )
        if self.comparator_mode not in COMPARATOR_MODES:
            raise UserError(
                f"unknown comparator mode {self.comparator_mode!r}: "
                f"use one of {', '.join(COMPARATOR_MODES)}"
            )
        if self.average_from > self.steps:
            raise UserError("--average-from must be one of the --steps, or nothing is averaged")
        if self.reference_batch and not self.reference_coef:
            raise UserError("--reference-batch is the batch of --reference-coef: give that too")
        if self.patience and not self.validate_every:
            raise UserError("--patience counts validations: give --validate-every too")
        if self.kl_target and self.kl_coef <= 0:
            raise UserError("--kl-target adapts --kl-coef, which must be above 0 to begin with")

    def _check_ranges(self) -> None:
        for name in ("steps", "prompts_per_step", "samples_per_prompt", *_COUNTS):
            if getattr(self, name) < 1:
                raise UserError(f"--{name.replace('_', '-')} must be at least 1")
        for name in ("gamma", "gae_lambda", "open_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise UserError(f"--{name.replace('_', '-')} must be between 0 and 1")

    @property
    def open_count(self) -> int:
        """Prompts a step that are of the open tasks, where there are some."""
        return round(self.open_share * self.prompts_per_step) if self.open_tasks else 0
