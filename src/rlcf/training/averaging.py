"""The mean of a policy's weights over the steps of a run.

Each step of RL moves the weights by its batch's noise as well as by its signal; the mean over many
steps keeps the signal (Polyak and Juditsky 1992; stochastic weight averaging, Izmailov et al. 2018,
arXiv 1803.05407). The mean can be resumed, and put in the policy's place for a while. For the mean
of several runs see `rlcf.policy.merging`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch


class WeightAverage:
    """The mean of some parameters over the times that they were collected, in 32 bits."""

    def __init__(self, parameters: Sequence[torch.nn.Parameter]) -> None:
        self.parameters = list(parameters)
        self.count = 0
        self.mean: list[torch.Tensor] = []

    @torch.no_grad()
    def collect(self) -> None:
        """Take the weights as they are into the mean."""
        self.count += 1
        if not self.mean:
            self.mean = [p.detach().float().clone() for p in self.parameters]
            return
        for mean, parameter in zip(self.mean, self.parameters, strict=True):
            mean += (parameter.detach().float() - mean) / self.count

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The parameters are their mean meanwhile, if there is one."""
        if not self.mean:
            yield
            return
        kept = [p.detach().clone() for p in self.parameters]
        self._put(self.mean)
        try:
            yield
        finally:
            self._put(kept)

    @torch.no_grad()
    def _put(self, values: Sequence[torch.Tensor]) -> None:
        for parameter, value in zip(self.parameters, values, strict=True):
            parameter.copy_(value)

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs."""
        return {"count": self.count, "mean": [m.cpu() for m in self.mean]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self.count = state["count"]
        self.mean = [m.to(p.device) for m, p in zip(state["mean"], self.parameters, strict=False)]
