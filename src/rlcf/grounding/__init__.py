"""Grounding: what compiler and comparator say of a program, as a reward."""

from rlcf.grounding.reward import Grounding

__all__ = ["Grounding"]
