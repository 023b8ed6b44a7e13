"""From rewards to advantages: the algorithms by name, a file per kind."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from rlcf.policy.model import Policy
from rlcf.training.algorithms.base import Algorithm
from rlcf.training.algorithms.critic_free import CriticFree, grpo, reinforce, rloo
from rlcf.training.algorithms.ppo import Ppo
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes

ALGORITHMS: dict[str, Callable[[TrainConfig, Policy, Processes], Algorithm]] = {
    "rloo": partial(CriticFree, rloo),
    "grpo": partial(CriticFree, grpo),
    "reinforce": partial(CriticFree, reinforce),
    "ppo": Ppo,
}
