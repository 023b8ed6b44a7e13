"""How measures are written everywhere: shares in percent, ratios as they are."""

from __future__ import annotations

from rlcf.evaluation.results import is_share
from rlcf.text import decimal


def digits(measure: str, value: float, *, signed: bool = False) -> str:
    """A value of a measure, without its unit; `signed`: a difference, in points for shares."""
    sign = "+" if signed else ""
    if is_share(measure):
        return decimal(100 * value, f"{sign}.1f")
    return decimal(value, f"{sign}.3f")


def unit(measure: str, *, signed: bool = False) -> str:
    """What comes after the value, with its space."""
    if not is_share(measure):
        return ""
    return " points" if signed else " %"
