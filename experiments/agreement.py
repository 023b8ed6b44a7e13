"""Whether a repeated experiment agrees with the committed one: their intervals meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Rate = Mapping[str, float]
"""`mean`, `low` and `high`."""


@dataclass(frozen=True)
class Agreement:
    """One rate on both sides."""

    line: str
    """For people."""
    meet: bool
    """Whether the intervals do."""

    @classmethod
    def of(cls, what: str, committed: Rate, here: Rate) -> Agreement:
        """Compare the two; `what` is the rate's name."""
        meet = committed["low"] <= here["high"] and here["low"] <= committed["high"]
        line = f"{what} committed {_said(committed)}  here {_said(here)}"
        return cls(line if meet else f"{line}  APART", meet)


def report(rates: Iterable[Agreement]) -> int:
    """Print them; 1 if one is apart or there are none, else 0."""
    found = list(rates)
    for one in found:
        print(one.line)
    apart = sum(not one.meet for one in found)
    print(f"{len(found)} rates, {apart} apart" if apart else f"all {len(found)} rates agree")
    return 1 if apart or not found else 0


def _said(rate: Rate) -> str:
    return f"{100 * rate['mean']:5.1f} ({100 * rate['low']:.1f} to {100 * rate['high']:.1f})"
