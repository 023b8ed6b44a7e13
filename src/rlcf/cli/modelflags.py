"""The settings that verbs with a model have in common, and what they load.

Training's are in `rlcf.training.config`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlcf.policy.config import ModelConfig, SamplingConfig
from rlcf.settings import Checked, Count, Seed

if TYPE_CHECKING:
    from rlcf.policy.model import Policy


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
    """At most this many tasks, drawn at random by --seed."""
    n: Count = 1
    """Completions per task."""
    seed: Seed = 0
    """Same seed, same machine: same completions."""
    sampling: SamplingConfig = SamplingConfig(temperature=0.8)
    loading: ModelConfig = ModelConfig()

    def load(self) -> Policy:
        """Load the model.

        Raises:
            UserError: it cannot be loaded.
        """
        from rlcf.assets import POLICIES
        from rlcf.device import use_threads

        use_threads()
        # The embedded ones are small; published figures are of their fp32 weights.
        return self.loading.load(self.model, trained=self.model in POLICIES)
