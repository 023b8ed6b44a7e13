"""What values settings may have: declared where the field is, checked here, before any work.

    @dataclass(frozen=True)
    class Example(Checked):
        credit: Literal["terminal", "localised"] = "terminal"
        lr: Positive = 1e-5
        share: Share = 0.5

Covers choices, bounds and NaN, in optional fields and tuples too, and of what was typed, settings
that do nothing without another (`NEEDS`). What else fields mean together is checked by a class
that calls `super().__post_init__()` first.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

from rlcf.errors import UserError


@dataclass(frozen=True)
class Range:
    """Bounds of a number."""

    least: float = -math.inf
    most: float = math.inf
    above: float = -math.inf
    """Values must be greater than this."""

    def holds(self, value: float) -> bool:
        return self.least <= value <= self.most and value > self.above

    def __str__(self) -> str:
        if self.above > -math.inf:
            words = f"above {self.above:g}"
            return words if self.most == math.inf else f"{words} and at most {self.most:g}"
        if self.most == math.inf:
            return f"at least {self.least:g}"
        return f"between {self.least:g} and {self.most:g}"


Count = Annotated[int, Range(1)]
"""At least one."""
CountOrNone = Annotated[int, Range(0)]
"""0 has a meaning of its own: all, never, none."""
Seed = Annotated[int, Range(0, 2**63 - 1)]
Positive = Annotated[float, Range(above=0)]
NotNegative = Annotated[float, Range(0)]
Share = Annotated[float, Range(0, 1)]
Precision = Literal["auto", "fp32", "bf16"]
Chat = Literal["off", "on", "auto"]
Stop = Literal["text", "class", "method"]
"""Where a completion ends (`rlcf.policy.stopping`)."""


@dataclass(frozen=True)
class Need:
    """Fields that have an effect only where others have certain values."""

    names: tuple[str, ...]
    met: Callable[[Any], object]
    """Whether the settings give them an effect."""
    by: str
    """What does: ends the sentence that begins "... has no effect without"."""


class Checked:
    """Base of dataclasses whose fields declare what they may hold; made, they are checked."""

    NEEDS: ClassVar[tuple[Need, ...]] = ()

    def __post_init__(self) -> None:
        assert is_dataclass(self)
        hints = _hints(type(self))
        for field in fields(self):
            _check(flag(field.name), getattr(self, field.name), hints[field.name])

    def check_needs(self, words: Sequence[str]) -> None:
        """Refuse what was typed without effect.

        A recipe may have such settings: they serve the runs whose own settings give them one.

        Args:
            words: of the command line.

        Raises:
            UserError: one of them has no effect.
        """
        assert is_dataclass(self)
        typed = {word.partition("=")[0].replace("_", "-") for word in words}
        usual = {field.name: field.default for field in fields(self)}
        for need in self.NEEDS:
            for name in need.names:
                named = typed & {flag(name), flag(f"no_{name}")}
                if named and getattr(self, name) != usual[name] and not need.met(self):
                    raise UserError(f"{named.pop()} has no effect without {need.by}")


CHAT_NEEDS = Need(("chat_instruction",), lambda s: s.chat != "off", "--chat on or --chat auto")


def flag(name: str) -> str:
    """How the command line spells a field."""
    return f"--{name.replace('_', '-')}"


def unknown(what: str, value: object, known: Iterable[object]) -> UserError:
    """The error for a word that is none of those known, with the nearest that is."""
    words = [str(word) for word in known]
    folded = {word.lower(): word for word in words}
    near = difflib.get_close_matches(str(value).lower(), folded, n=1, cutoff=0.5)
    hint = f"did you mean {folded[near[0]]}? " if near else ""
    return UserError(f"unknown {what} {value!r}: {hint}known are {', '.join(words)}")


def _check(name: str, value: Any, hint: Any, bounds: tuple[Range, ...] = ()) -> None:
    kind, inner = get_origin(hint), get_args(hint)
    if kind is Annotated:
        found = tuple(note for note in inner[1:] if isinstance(note, Range))
        _check(name, value, inner[0], (*bounds, *found))
    elif kind is Literal:
        if value not in inner:
            raise unknown(name, value, inner)
    elif kind in (Union, UnionType):
        for one in () if value is None else inner:
            if one is not type(None):
                _check(name, value, one, bounds)
    elif kind is tuple:
        for one in value:
            _check(name, one, inner[0], bounds)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _check_number(name, value, bounds)


def _check_number(name: str, value: float, bounds: tuple[Range, ...]) -> None:
    if not math.isfinite(value):
        raise UserError(f"{name} must be a number, not {value}")
    for bound in bounds:
        if not bound.holds(value):
            raise UserError(f"{name} must be {bound}, not {value:g}")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)
