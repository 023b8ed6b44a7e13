"""What an algorithm is to the trainer, which is blind to which one it is.

An algorithm turns rewards into an advantage for every token, may read the policy's hidden states,
and may add a loss and parameters of its own. The policy's own loss is in `losses`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from rlcf.policy.completion import Batch, Completion
from rlcf.policy.logprobs import TokenScores
from rlcf.policy.model import Policy
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes

Array = NDArray[np.float32]
Metrics = dict[str, float]


class Algorithm(ABC):
    """The defaults suit algorithms without a critic."""

    needs_hidden: ClassVar[bool] = False
    """Whether `extra_loss` reads the scores' hidden states."""

    def __init__(self, config: TrainConfig, policy: Policy, processes: Processes) -> None:
        self.config, self.policy, self.processes = config, policy, processes

    @abstractmethod
    def advantages(self, batch: Batch) -> Metrics:
        """Fill in `advantages_T` of the prompts that teach something, alike in all processes."""

    def extra_loss(
        self, scores: TokenScores, completions: Sequence[Completion]
    ) -> tuple[torch.Tensor | None, Metrics]:
        """A loss beside the policy's, summed over tokens, and sums to be logged as means."""
        return None, {}

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Parameters beside the policy's, each group with its learning rate, `peak`."""
        return []

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs beside optimiser and policy."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        if state:
            raise ValueError(f"{type(self).__name__} keeps no state: {', '.join(state)}")


def padded(rows: Sequence[Array], width: int) -> torch.Tensor:
    """(B, T) of rows of unequal length, 0 behind them."""
    values_BT = np.zeros((len(rows), width), dtype=np.float32)
    for i, row in enumerate(rows):
        values_BT[i, : len(row)] = row
    return torch.from_numpy(values_BT)
