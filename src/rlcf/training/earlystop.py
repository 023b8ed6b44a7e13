"""Which step was the best by validation, and when to stop waiting for a better one."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Selection:
    """The best validation so far."""

    patience: int | None = None
    """Validations without improvement after which to stop; None never stops."""
    step: int = 0
    """Step of the best one; 0 is the untrained model, and what stands here before the first."""
    best: float = float("-inf")
    since: int = 0
    """Validations since the best one."""

    def observe(self, step: int, value: float) -> bool:
        """Note a validation; tells whether it is the best so far (NaN never is)."""
        if value > self.best:
            self.step, self.best, self.since = step, value, 0
            return True
        self.since += 1
        return False

    @property
    def made(self) -> bool:
        """Whether any validation gave a value."""
        return self.best > float("-inf")

    @property
    def exhausted(self) -> bool:
        """Whether patience has run out."""
        return self.patience is not None and self.patience <= self.since

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs; patience is a setting, not state."""
        state = asdict(self)
        del state["patience"]
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        self.step, self.best, self.since = state["step"], state["best"], state["since"]
