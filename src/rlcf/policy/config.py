"""Settings of a model and of what it writes, shared by all verbs that have one.

Imports nothing heavy: `--help` reads them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rlcf.settings import Chat, Checked, Count, Need, NotNegative, Precision, Stop

if TYPE_CHECKING:
    from rlcf.policy.model import Policy


@dataclass(frozen=True)
class SamplingConfig(Checked):
    """How completions are drawn."""

    temperature: NotNegative = 1.0
    """Sampling temperature; 0 takes the likeliest token each time (not while training)."""
    top_k: Count | None = None
    """Draw among the k likeliest tokens only."""
    max_new_tokens: Count = 256
    """Longest completion in tokens."""

    NEEDS = (Need(("top_k",), lambda s: s.temperature, "a --temperature above 0"),)


@dataclass(frozen=True)
class ModelConfig(Checked):
    """How the model is loaded, and how it is asked."""

    device: str = "auto"
    """auto, cpu, cuda, cuda:1, ..."""
    precision: Precision = "auto"
    """Of forward passes; auto: bf16 where the processor has it in hardware."""
    chat: Chat = "off"
    """Ask through the tokenizer's chat template; auto: where there is one."""
    chat_instruction: str = ""
    """What chat models are told, with {prompt} where the task goes; empty takes the usual."""
    stop: Stop = "class"
    """Where a completion ends: text (at the end token), class (where the class closes) or method
    (where the prompt's method closes: the class is then closed for the model, and fewer tokens are
    drawn)."""
    eos_token: str | None = None
    """End token, for tokenizers that name none."""
    pad_token: str | None = None
    """Padding token, for tokenizers that name none."""

    NEEDS = (Need(("chat_instruction",), lambda m: m.chat != "off", "--chat on or --chat auto"),)

    def load(self, model: str, *, device: str | None = None, trained: bool = True) -> Policy:
        """Load a model, or the embedded one of that name.

        Args:
            model: as `--model` names it.
            device: another one than `device`.
            trained: whether its weights will be trained.

        Raises:
            UserError: it cannot be loaded.
        """
        from rlcf.assets import embedded_policy  # torch: not for --help
        from rlcf.policy.model import load_policy

        options = {**asdict(self), "device": device or self.device}
        return load_policy(embedded_policy(model), trained=trained, **options)


@dataclass(frozen=True)
class TrainedModelConfig(ModelConfig):
    """How the model is loaded and asked, and what of it is trained."""

    lora_rank: Count | None = None
    """Train adapters of this rank (LoRA) instead of all weights; needs `rlcf[lora]`."""
    gradient_checkpointing: bool = False
    """Compute activations twice instead of keeping them: less memory, slower."""
