"""The place that the scorer had in version 0.1; it is in `rlcf.grounding.scorer` now."""

from rlcf.grounding.scorer import Answer, Scorer

__all__ = ["Answer", "Scorer"]
