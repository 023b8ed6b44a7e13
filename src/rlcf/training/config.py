"""Settings of a training run by reinforcement learning, with what each one means.

What a user needs first is in `TrainConfig` itself, the rest in groups: the headings of `--help`.
Imports nothing heavy. Fine-tuning's are in `sftconfig`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from tyro.conf import arg

from rlcf.comparator.config import ComparatorConfig
from rlcf.errors import UserError
from rlcf.languages.registry import known
from rlcf.policy.config import SamplingConfig, TrainedModelConfig
from rlcf.settings import (
    Checked,
    Count,
    CountOrNone,
    Need,
    NotNegative,
    Positive,
    Seed,
    Share,
)


@dataclass(frozen=True)
class DataConfig(Checked):
    """Which tasks are trained on."""

    limit: Count | None = None
    """Train on this many tasks, drawn at random by --seed; none takes all (of embedded: 1000)."""
    language: str = "java"
    """Language of the programs; tasks in other languages are left out."""
    class_path: tuple[str, ...] = ()
    """What programs are compiled against: jar files, classes, headers, packages, modules, crates
    (docs/languages.md)."""
    open_tasks: str = ""
    """More prompts, named as in --tasks, whose solutions are not needed: the compiler alone judges
    the programs. A policy fine-tuned on --tasks until it knows them errs little there, and much on
    problems that it has not seen."""
    open_share: Share = 0.5
    """The share of each step's prompts that is of --open-tasks."""
    redraw: Count | None = None
    """Prompts whose programs are all worth the same teach nothing: in their place, draw for other
    prompts, up to this many times per step."""
    rest: Count | None = None
    """Leave such prompts out of this many steps."""

    NEEDS = (Need(("open_share",), lambda d: d.open_tasks, "--open-tasks"),)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "language", known(self.language))


@dataclass(frozen=True)
class UpdateConfig(Checked):
    """From a batch of rollouts to new weights."""

    algorithm: Literal["rloo", "grpo", "reinforce", "ppo"] = "rloo"
    """From rewards to advantages; ppo is the paper's, with a value head and GAE."""
    credit: Literal["terminal", "localised"] = "terminal"
    """Where a rejection is blamed: terminal (all tokens) or localised (where the error is)."""
    minibatches: Count = 1
    """Optimiser steps per batch of rollouts."""
    epochs: Count = 1
    """Passes over a batch of rollouts (2 to 4 are usual with ppo)."""
    prompts_per_forward: Count = 8
    """Prompts (with all their samples) in one forward pass; lower it to save memory."""
    warmup_steps: CountOrNone = 5
    """Steps over which the learning rate rises to --lr."""
    lr_schedule: Literal["constant", "linear"] = "constant"
    """After that: constant, or linear (falls to 0 at --steps, so that the noise of single batches,
    which a policy that was fine-tuned long feels at once, dies away)."""
    average_from: Count | None = None
    """The final policy is the mean of the weights after this and all later steps, which leaves out
    most of the noise of single batches; none takes the last weights."""
    max_grad_norm: Positive = 1.0
    """Gradients are scaled down to this norm."""
    loss: Literal["ppo", "gspo", "cispo"] = "ppo"
    """What the policy's loss does with the ratio of new to old probability: ppo clips that of each
    token, gspo that of each completion (--clip 3e-4 is usual), cispo caps its weight and keeps
    every token's gradient."""
    clip: Positive = 0.2
    """How far from 1 that ratio may be."""
    importance_cap: Positive | None = None
    """Weight tokens by their probability in training over that in drawing, this at most (2 is
    usual): for samplers whose numbers are not the trainer's. See logprob_gap in the metrics."""

    NEEDS = (
        Need(
            ("importance_cap",),
            lambda u: u.minibatches == u.epochs == 1,
            "a single optimiser step per batch (--minibatches 1 --epochs 1): with more, the loss's "
            "own ratio is to the sampler",
        ),
    )


@dataclass(frozen=True)
class AnchorConfig(Checked):
    """What keeps the policy close to where it began."""

    kl_coef: NotNegative = 0.05
    """Weight of the KL divergence to the untrained policy."""
    kl_target: Positive | None = None
    """Adapt --kl-coef so that the divergence stays near this, in nats per token."""
    kl_stop: Positive | None = None
    """Skip the rest of a batch once the policy has moved this far, in nats per token, from the
    one that drew it."""
    reference_coef: NotNegative = 0.0
    """Weight of the cross-entropy of the same prompts' solutions: keeps what fine-tuning on them
    has taught, where rewards alone would wear it away."""
    reference_batch: Count | None = None
    """Solutions per step for this cross-entropy, drawn of all --tasks as fine-tuning does; none
    takes those of the step's prompts."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.reference_batch and not self.reference_coef:
            raise UserError("--reference-batch is the batch of --reference-coef: give that too")
        if self.kl_target and not self.kl_coef:
            raise UserError("--kl-target adapts --kl-coef, which must be above 0 to begin with")


@dataclass(frozen=True)
class PpoConfig(Checked):
    """For --algorithm ppo only: generalised advantage estimation (GAE) and the value head."""

    gamma: Share = 1.0
    """Discount per token."""
    gae_lambda: Share = 0.95
    """1 trusts the program's outcome, 0 the value head."""
    value_coef: NotNegative = 0.1
    """Weight of the value loss."""
    value_clip: Positive = 0.2
    """Values move at most this far per batch."""
    value_lr: Positive = 1e-3
    """Learning rate of the value head."""
    value_trunk: Annotated[
        bool,
        arg(
            help="Keep the value loss from changing the policy's trunk too.",
            help_behavior_hint="",
        ),
    ] = True
    """Let the value loss change the policy's trunk too, not the head alone."""


@dataclass(frozen=True)
class ValidationConfig(Checked):
    """How good the model is on other tasks while it learns."""

    tasks: Annotated[str, arg(name="validation")] = "auto"
    """Tasks to validate on, named as in --tasks, or none. auto: the validation split of a named set
    or of a file whose rows name their splits; of any other file, a tenth of its tasks, which is
    held out of training."""
    count: Annotated[Count, arg(name="validation_tasks")] = 64
    """How many of them."""
    every: Annotated[Count | None, arg(name="validate_every")] = None
    """Have programs written for them every this many steps, and keep the best model: by pass@1
    where they have tests, else by what compiles and is not degenerate."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.every and self.tasks == "none":
            raise UserError("--validate-every needs --validation tasks")


@dataclass(frozen=True)
class SelectionConfig(ValidationConfig):
    """How good the policy is on other tasks while it learns; the best is kept in best/."""

    patience: Count | None = None
    """Stop after this many validations in a row without improvement."""
    select_best: Annotated[
        bool,
        arg(
            help="Make policy/ the last, though validation found a better one.",
            help_behavior_hint="",
        ),
    ] = True
    """The final policy/ is the best by validation, where there was one, rather than the last."""

    NEEDS = (
        Need(
            ("validation", "validation_tasks", "select_best"),
            lambda v: v.every or v.tasks == "none",
            "--validate-every",
        ),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.patience and not self.every:
            raise UserError("--patience counts validations: give --validate-every too")


@dataclass(frozen=True)
class RunConfig(Checked):
    """What is kept of a run, and what it runs on."""

    checkpoint_every: Count = 10
    """Write a checkpoint every this many steps (`rlcf sft`: and measure the validation loss)."""
    threads: Count | None = None
    """Cores for torch; none takes all that this process may use."""


@dataclass(frozen=True)
class TrainRunConfig(RunConfig):
    """What is kept of a run, and what it runs on."""

    keep: Count = 2
    """Newest checkpoints to keep."""
    tracker: str = "none"
    """Also send metrics to: tensorboard, wandb, trackio, ... (comma-separated)."""


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
    out: str = "runs/train"
    """Run directory to write; it must not exist unless --resume is given."""
    resume: bool = False
    """Resume from the newest checkpoint in --out, or start if there is none."""
    reward: Literal["rlcf", "compiler", "comparator"] = "rlcf"
    """What is rewarded: rlcf is both, compiler and comparator."""
    steps: Count = 100
    """Updates of the policy, each on a fresh batch of rollouts."""
    prompts_per_step: Count = 32
    """Prompts in a batch of rollouts."""
    samples_per_prompt: Count = 8
    """Completions drawn for each prompt."""
    turns: Count = 1
    """With 2 or more, one rejected program of each prompt is then shown to the model with the
    compiler's errors, and as many completions are drawn to repair it; docs/repair.md tells more."""
    turn_discount: Share = 0.5
    """Rewards of a turn count this much of those of the turn before."""
    lr: Positive = 1e-5
    """Learning rate of the policy (1e-6 to 1e-5 for pretrained models, 1e-4 for tiny ones)."""
    seed: Seed = 0
    """Same seed, same machine: same run."""

    data: DataConfig = DataConfig()
    sampling: SamplingConfig = SamplingConfig()
    comparator: ComparatorConfig = ComparatorConfig()
    update: UpdateConfig = UpdateConfig()
    anchor: AnchorConfig = AnchorConfig()
    ppo: PpoConfig = PpoConfig()
    validation: SelectionConfig = SelectionConfig()
    loading: TrainedModelConfig = TrainedModelConfig()
    run: TrainRunConfig = TrainRunConfig()

    NEEDS: ClassVar[tuple[Need, ...]] = (
        Need(
            (
                *("comparator_pooling", "comparator_weight", "comparator_ranks"),
                *("comparator_warmup", "comparator_lr", "comparator_every"),
                *("comparator_neighbours", "comparator_sharpness", "comparator_tokens"),
            ),
            lambda c: c.compares,
            "a comparator: see --reward, --comparator and --comparator-mode",
        ),
        Need(
            ("gamma", "gae_lambda", "value_coef", "value_clip", "value_lr", "value_trunk"),
            lambda c: c.update.algorithm == "ppo",
            "--algorithm ppo",
        ),
        Need(("turn_discount",), lambda c: c.turns > 1, "--turns 2 or more"),
        Need(
            ("redraw", "rest"),
            lambda c: c.update.algorithm != "ppo",
            "an algorithm that leaves such prompts out: rloo, grpo or reinforce",
        ),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        update, every = self.update, self.validation.every
        if self.samples_per_prompt < 2 and update.algorithm != "ppo":
            raise UserError(
                "--samples-per-prompt must be at least 2: they are each other's baseline"
            )
        if update.minibatches > self.prompts_per_step:
            raise UserError(
                f"--minibatches {update.minibatches} of {self.prompts_per_step} prompts: each "
                "needs one of --prompts-per-step"
            )
        if update.average_from and update.average_from > self.steps:
            raise UserError("--average-from must be one of the --steps, or nothing is averaged")
        if every and every > self.steps:
            raise UserError(
                f"--validate-every {every} is more than the {self.steps} --steps: "
                "only the untrained model would be validated"
            )
        if not self.sampling.temperature:
            raise UserError(
                "--temperature must be above 0, not 0: a policy that is sure of itself "
                "learns nothing"
            )

    @property
    def compares(self) -> bool:
        """Whether a comparator takes part in the reward."""
        return self.reward != "compiler" and not self.comparator.off

    @property
    def open_count(self) -> int:
        """Prompts a step that are of the open tasks, where there are some."""
        return round(self.data.open_share * self.prompts_per_step) if self.data.open_tasks else 0
