"""Settings: frozen dataclasses whose fields declare what they may hold, many of them in groups.

    @dataclass(frozen=True)
    class Comparator(Checked):
        size: Annotated[Count, tyro.conf.arg(name="comparator_size")] = 8

    @dataclass(frozen=True)
    class Example(Checked):
        lr: Positive = 1e-5
        comparator: Comparator = Comparator()

Choices, bounds, types and NaN are checked when settings are made. Every setting has one name of its
own, whatever its group: that of its flag (`--comparator-size`), of its key in files and in `of`,
`but` and `flat` (`comparator_size`). Settings that do nothing without another are refused where
they were typed (`NEEDS`). What else fields mean together is checked by a class that calls
`super().__post_init__()` first.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from numbers import Integral, Real
from operator import attrgetter
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    Self,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

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
        for field in _fields(type(self)):
            if not is_dataclass(field.hint):
                check(flag(field.name), getattr(self, field.path), field.hint)

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Settings by their flags' names, whatever group they are in, as files have them too.

        Raises:
            UserError: there is no such setting, or it cannot have that value.
        """
        known = leaves(cls)
        for name in values:
            if name not in known:
                raise unknown("setting", name, known)
        read = {name: from_file(value, known[name].hint) for name, value in values.items()}
        made: Self = _filled(cls, None, read)
        return made

    def but(self, **changes: Any) -> Self:
        """The same settings with other values, named as in `of`."""
        return self.of(**{**self.flat(), **changes})

    def flat(self) -> dict[str, Any]:
        """Every value by its flag's name."""
        return {name: attrgetter(leaf.path)(self) for name, leaf in leaves(type(self)).items()}

    def check_needs(self, words: Sequence[str]) -> None:
        """Refuse what was typed without effect.

        A settings file may have such settings: they serve the runs whose own give them one.

        Args:
            words: of the command line.

        Raises:
            UserError: one of them has no effect.
        """
        typed = {word.partition("=")[0].replace("_", "-") for word in words}
        known, values = leaves(type(self)), self.flat()
        for owner in self._with_groups():
            for need in owner.NEEDS:
                for name in need.names:
                    named = typed & {flag(name), flag(f"no_{name}")}
                    if named and values[name] != known[name].default and not need.met(owner):
                        raise UserError(f"{named.pop()} has no effect without {need.by}")

    def _with_groups(self) -> Iterator[Checked]:
        yield self
        for group in _fields(type(self)):
            if is_dataclass(group.hint):
                yield from getattr(self, group.path)._with_groups()


@dataclass(frozen=True)
class Leaf:
    """One setting, alone or in a group."""

    name: str
    """Its flag's, with `_` between words."""
    path: str
    """Where it is: `comparator.mode`."""
    hint: Any
    default: Any
    """`MISSING` if it must be given."""


def leaves(kind: Any) -> dict[str, Leaf]:
    """Every setting of a dataclass by its flag's name."""
    found: dict[str, Leaf] = {}
    for field in _fields(kind):
        if not is_dataclass(field.hint):
            found[field.name] = field
            continue
        for name, leaf in leaves(field.hint).items():
            usual = attrgetter(leaf.path)(field.default)
            found[name] = replace(leaf, path=f"{field.path}.{leaf.path}", default=usual)
    return found


def _fields(kind: Any) -> tuple[Leaf, ...]:
    """The fields of a dataclass, groups among them."""
    return _cached_fields(kind)


@cache
def _cached_fields(kind: Any) -> tuple[Leaf, ...]:
    hints = get_type_hints(kind, include_extras=True)
    made = []
    for field in fields(kind):
        hint = hints[field.name]
        notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        name = next((note.name for note in notes if getattr(note, "name", None)), field.name)
        made.append(Leaf(name, field.name, hint, field.default))
    return tuple(made)


def _filled(kind: Any, usual: Any, values: Mapping[str, Any]) -> Any:
    """A dataclass of these values; others are as in `usual`, or by default if that is None."""
    given = {f.path: values[f.name] for f in _fields(kind) if f.name in values}
    for group in _fields(kind):
        if is_dataclass(group.hint):
            inner = group.default if usual is None else getattr(usual, group.path)
            given[group.path] = _filled(group.hint, inner, values)
    return kind(**given) if usual is None else replace(usual, **given)


def flag(name: str) -> str:
    """How the command line spells a field."""
    return f"--{name.replace('_', '-')}"


def unknown(what: str, value: object, known: Iterable[object]) -> UserError:
    """The error for a word that is none of those known, with the nearest that is.

    All are listed unless they are many and one of them is near.
    """
    words = [str(word) for word in known]
    folded = {word.lower(): word for word in words}
    near = difflib.get_close_matches(str(value).lower(), folded, n=1, cutoff=0.5)
    hint = f"did you mean {folded[near[0]]}?" if near else ""
    known_are = f"known are {', '.join(words)}" if len(words) <= 20 or not near else ""
    return UserError(f"unknown {what} {value!r}: {' '.join(filter(None, (hint, known_are)))}")


def from_file(value: Any, hint: Any) -> Any:
    """A value as files have it: lists are tuples, and `none` is what TOML has no word for."""
    if value == "none" and _may_be_none(hint) and str not in get_args(hint):
        return None
    return tuple(value) if isinstance(value, list) else value


def _may_be_none(hint: Any) -> bool:
    inner = get_args(hint)
    if get_origin(hint) is Annotated:
        return _may_be_none(inner[0])
    return get_origin(hint) in (Union, UnionType) and NoneType in inner


def check(name: str, value: Any, hint: Any, bounds: tuple[Range, ...] = ()) -> None:
    """Whether a value is of the annotated type, one of the choices and within the bounds.

    Raises:
        UserError: it is not; the message begins with `name`.
    """
    kind, inner = get_origin(hint), get_args(hint)
    if kind is Annotated:
        found = tuple(note for note in inner[1:] if isinstance(note, Range))
        check(name, value, inner[0], (*bounds, *found))
    elif kind is Literal:
        if value not in inner:
            raise unknown(name, value, inner)
    elif kind in (Union, UnionType):
        if value is not None or not _may_be_none(hint):
            check(name, value, next(one for one in inner if one is not NoneType), bounds)
    elif kind is tuple:
        if not isinstance(value, tuple):
            raise UserError(f"{name} must be a list, not {value!r}")
        for one in value:
            check(name, one, inner[0], bounds)
    elif hint in _KINDS:
        _check_plain(name, value, hint, bounds)


_KINDS: dict[type, tuple[Any, str]] = {
    bool: (bool, "true or false"),
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
    str: (str, "text"),
}


def _check_plain(name: str, value: Any, hint: type, bounds: tuple[Range, ...]) -> None:
    kind, words = _KINDS[hint]
    if not isinstance(value, kind) or (isinstance(value, bool) and hint is not bool):
        raise UserError(f"{name} must be {words}, not {value!r}")
    if hint in (int, float) and not math.isfinite(value):
        raise UserError(f"{name} must be a number, not {value}")
    for bound in bounds:
        if not bound.holds(value):
            raise UserError(f"{name} must be {bound}, not {value:g}")
