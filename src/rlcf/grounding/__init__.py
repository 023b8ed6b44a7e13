"""Grounding: what compiler and comparator say of a program, as a reward."""

from rlcf.grounding.grounding import Grounding, Rewards

__all__ = ["Grounding", "Rewards"]
