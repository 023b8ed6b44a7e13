"""The weight of the anchor: fixed, or adapted so that the divergence stays near a target.

Covers the proportional controller of Ziegler et al. 2019 (arXiv 1909.08593, section 2.2):

    e = clip((KL - target) / target, -0.2, 0.2),    beta <- beta (1 + 0.1 e)

there with the KL of whole sequences, here with that of the mean token, which does not change with
the length of programs.
"""

from __future__ import annotations

GAIN = 0.1
LIMIT = 0.2


class KlController:
    """Holds beta, the weight of the KL term."""

    def __init__(self, coefficient: float, target: float | None) -> None:
        """`target` in nats per token; without one the coefficient stays as it is."""
        self.coefficient, self.target = coefficient, target

    def observe(self, kl: float) -> None:
        """Adapt to the mean KL of a step's tokens, in nats."""
        if self.target:
            error = max(-LIMIT, min(LIMIT, kl / self.target - 1))
            self.coefficient *= 1 + GAIN * error

    def state_dict(self) -> dict[str, float]:
        """All that a resumed run needs."""
        return {"coefficient": self.coefficient}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """The inverse of `state_dict`."""
        self.coefficient = state["coefficient"]
