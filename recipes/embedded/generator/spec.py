"""How a template of the embedded tasks is written down.

A template is a function from the parameters of the meaning (a constant, a comparison, ...) to a
`Spec`: wordings, names, Java body, Python oracle and inputs. The decorator `template` declares the
values that each parameter may take; their product is the template's key space, so two tasks with
different keys ask for different programs, not for the same program in other words.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Choice:
    """One value of a meaning parameter that is more than a number: an operator, a condition."""

    name: str
    """Part of a method name in CamelCase, e.g. `GreaterThan5`; unique within its parameter."""
    words: str
    """How descriptions put it, e.g. `greater than 5`; may hold alternatives `[a|b]`."""
    java: str
    """How reference solutions put it, e.g. `x > 5`."""
    fn: Callable[..., Any]
    """What it means, for the oracle."""
    at: int = 0
    """A value near which it changes its answer, so that inputs can be drawn around it."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.fn(*args, **options)


class Char(str):
    """A one-character string that is a `char`, not a `String`."""

    __slots__ = ()


Value = int | str | Choice
Args = tuple[Any, ...]


@dataclass(frozen=True)
class Spec:
    """What a template says for one key.

    In `says`, `names` and `body`, `$p` stands for the template's parameter `p` (a `Choice` gives
    its words, name or Java there). In `says`, `[a|b]` is an alternative and `{p}` the chosen name
    of a method parameter. In `body`, method parameters go by their first name, so that it reads
    as Java.
    """

    says: tuple[str, ...]
    """Sentences that continue "Write a Java function to"; each determines the program alone."""
    names: str
    """Method names, separated by `|`."""
    params: tuple[str, ...]
    """Method parameters as `type name|name|...`."""
    returns: str
    """Java return type."""
    body: str
    """Java statements at any common indentation."""
    oracle: Callable[..., Any]
    """The expected value for given arguments, worked out in Python."""
    inputs: Callable[[random.Random], Args]
    """Draws one tuple of arguments."""
    edges: tuple[Args, ...] = ()
    """Arguments worth testing always; one of them is in every task."""


@dataclass(frozen=True)
class Template:
    """A family of tasks that differ in the values of the meaning parameters."""

    name: str
    family: str
    held_out: bool
    """Whether it occurs in the test split only."""
    space: tuple[tuple[str, tuple[Value, ...]], ...]
    """The meaning parameters in order, each with its values."""
    build: Callable[..., Spec]
    where: Callable[..., bool] | None
    """Which combinations make sense; None if all do."""

    def key_space(self) -> Iterator[tuple[str, dict[str, Value]]]:
        """Every semantic key, as text and as the values it stands for."""
        names = [name for name, _ in self.space]
        for values in itertools.product(*(values for _, values in self.space)):
            chosen = dict(zip(names, values, strict=True))
            if self.where is None or self.where(**chosen):
                yield ",".join(f"{n}={label(v)}" for n, v in chosen.items()), chosen


def label(value: Value) -> str:
    """The value as it appears in keys and method names."""
    return value.name if isinstance(value, Choice) else str(value)


def template(
    family: str,
    *,
    held_out: bool = False,
    where: Callable[..., bool] | None = None,
    **space: Iterable[Value],
) -> Callable[[Callable[..., Spec]], Template]:
    """Make a template of a function from meaning parameters to a `Spec`.

    Args:
        family: one of the six families.
        held_out: keep it for the test split.
        where: which combinations of values make sense (default: all).
        space: the values of each meaning parameter.
    """

    def make(build: Callable[..., Spec]) -> Template:
        values = tuple((name, tuple(options)) for name, options in space.items())
        return Template(build.__name__, family, held_out, values, build, where)

    return make
