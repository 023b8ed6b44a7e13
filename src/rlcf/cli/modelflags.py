"""The flags that verbs with a model have in common, and what they load.

Covers the model and how it samples. Does not cover training (`rlcf.training.config`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rlcf.settings import (
    CHAT_NEEDS,
    Chat,
    Checked,
    Count,
    CountOrNone,
    Need,
    NotNegative,
    Precision,
    Seed,
    Stop,
)

if TYPE_CHECKING:
    from rlcf.policy.model import Policy
    from rlcf.policy.sampling import SamplingConfig


@dataclass(frozen=True)
class ModelFlags(Checked):
    """A model and how it is sampled."""

    model: str
    """Hub name, short name (smollm2, qwen2.5-coder-0.5b, ...), folder or GGUF file of a causal or
    encoder-decoder LM, or `embedded`, `embedded-python`, `embedded-cpp`."""
    tasks: str
    """JSONL file of tasks, or the name of a task set (see `rlcf tasks --help`); of several splits,
    the one called test, unless :SPLIT is added."""
    limit: Count | None = None
    """At most so many tasks, drawn at random by --seed."""
    n: Count = 1
    """Completions a task."""
    temperature: NotNegative = 0.8
    """Sampling temperature; 0 takes the likeliest token each time."""
    top_k: CountOrNone = 0
    """Draw among the k likeliest tokens only; 0 means all."""
    max_new_tokens: Count = 256
    """Longest completion in tokens."""
    seed: Seed = 0
    """Same seed, same machine: same completions."""
    device: str = "auto"
    """auto, cpu, cuda, cuda:1, ..."""
    precision: Precision = "auto"
    """auto, fp32 or bf16."""
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

    NEEDS: ClassVar[tuple[Need, ...]] = (
        CHAT_NEEDS,
        Need(("top_k",), lambda a: a.temperature, "a --temperature above 0"),
    )

    def load(self) -> Policy:
        """Load the model.

        Raises:
            UserError: it cannot be loaded.
        """
        from rlcf.assets import POLICIES, embedded_policy
        from rlcf.device import use_threads
        from rlcf.policy.model import load_policy

        use_threads()
        return load_policy(
            embedded_policy(self.model),
            device=self.device,
            precision=self.precision,
            eos_token=self.eos_token,
            pad_token=self.pad_token,
            chat=self.chat,
            chat_instruction=self.chat_instruction,
            stop=self.stop,
            trained=self.model in POLICIES,  # small: published figures are of fp32 weights
        )

    def sampling(self) -> SamplingConfig:
        """The sampling settings."""
        from rlcf.policy.sampling import SamplingConfig

        return SamplingConfig(self.temperature, self.top_k, self.max_new_tokens)
