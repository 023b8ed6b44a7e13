"""What a language's layout is given, and what it makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from generator.spec import Args

SHOWN = 3
"""Examples in the description; MBXP shows its three tests."""

Case = tuple[Args, Any]


@dataclass(frozen=True)
class Drawn:
    """One task, chosen but not yet written: the same in every language but for its names."""

    method: str
    """Name in the language."""
    parameters: tuple[tuple[str, str], ...]
    """Java type and Java name of each."""
    returns: str
    """Java type."""
    body: str
    """Java statements."""
    renamed: Mapping[str, str]
    """Other names of variables in this language."""
    description: str
    cases: Sequence[Case]
    """Arguments and expected values; the first `SHOWN` are examples in the description."""


@dataclass(frozen=True)
class Written:
    """A task in a language."""

    prompt: str
    reference: str
    tests: str


class Layout(Protocol):
    """How a language lays out its tasks."""

    openings: tuple[str, ...]
    """Four beginnings of descriptions."""
    words: Mapping[str, str]
    """What descriptions call things here, where Java has another word."""

    def method_name(self, name: str) -> str:
        """The name of the method, from that in Java."""

    def renamed(self, words: set[str]) -> dict[str, str]:
        """New names for those of a body's words that are variables and may not keep theirs."""

    def write(self, drawn: Drawn) -> Written:
        """Prompt, reference and tests.

        Raises:
            UntranslatableError: the body has no translation.
        """


def free_names(
    words: set[str], wanted: Mapping[str, str], reserved: Iterable[str]
) -> dict[str, str]:
    """Names for the variables that may not keep theirs.

    Args:
        words: all names in a body.
        wanted: better names for some.
        reserved: names to avoid; those without a better one get an underscore.
    """
    chosen: dict[str, str] = {}
    for word in sorted(words & {*wanted, *reserved}):
        better = wanted.get(word, word + "_")
        taken = words | set(chosen.values())
        chosen[word] = better if better not in taken else word + "_"
    return chosen
