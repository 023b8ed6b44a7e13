"""`rlcf train`: reinforcement learning with compiler feedback.

Covers the command line. The training itself is `rlcf.training`.
"""

from __future__ import annotations

from rlcf.training.config import TrainConfig as Args

__all__ = ["Args", "main"]


def main(args: Args) -> int:
    """Train and say where the model is."""
    from rlcf.training.train import train  # torch: not for --help

    folder = train(args)
    print(f"wrote {folder}")
    return 0
