"""Settings of an experiment, from TOML: one base model, several arms, several seeds."""

from __future__ import annotations

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.settings import leaves
from rlcf.training.config import TrainConfig
from rlcf.training.sftconfig import SftConfig

KINDS: dict[str, Any] = {"rl": TrainConfig, "sft": SftConfig, "average": None}
_OWN = frozenset({"model", "out", "resume", "seed"})


@dataclass(frozen=True)
class Arm:
    """One way to change the base model."""

    name: str
    kind: str
    """`rl` (`rlcf train`), `sft` (`rlcf sft`, for as long as `matched_to` computed), or `average`
    (`rlcf merge` of all seeds of `matched_to`, which costs as much as they together)."""
    seeds: tuple[int, ...]
    settings: dict[str, Any]
    """Settings of `rlcf train` or `rlcf sft`, by their flags' names."""
    matched_to: str = ""
    """The arm whose compute an sft arm gets, or whose weights are averaged."""
    start: str = ""
    """The arm (its first seed) that this one starts from; empty: the experiment's base, and of an
    average what `matched_to` started from."""
    share: float = 1.0
    """How far an average goes from its start to the mean."""


@dataclass(frozen=True)
class Experiment:
    """What a TOML file says."""

    name: str
    base: str
    """Folder or hub name of the model that every arm starts from."""
    test: str
    """Tasks to evaluate on, as in `rlcf evaluate --tasks`."""
    n: int
    """Programs per task at `temperature`; one more is drawn greedily."""
    temperature: float
    ks: tuple[int, ...]
    max_new_tokens: int
    limit: int
    """Evaluate on this many tasks, drawn at random; 0 takes all."""
    arms: tuple[Arm, ...]
    length_tasks: str = ""
    """Held-out tasks with solutions, to compare lengths with (four programs per task)."""
    larger: tuple[str, ...] = ()
    """Other base models, evaluated only, to compare with."""
    best_of: tuple[int, ...] = ()
    """Rejection sampling at inference: the first of this many draws of the base that compiles."""


def read_experiment(path: Path, changes: dict[str, Any]) -> Experiment:
    """Read the file; `changes` replace top-level values such as `base` or `test`.

    Raises:
        UserError: an unknown key or arm.
    """
    raw = tomllib.loads(path.read_text(encoding="utf-8")) | changes
    arms = []
    for name, given in raw.pop("arms", {}).items():
        own = dict(given)
        kind = own.pop("kind", "rl")
        if kind not in KINDS:
            raise UserError(f"{path}: arm {name}: kind {kind!r} is none of {', '.join(KINDS)}")
        seeds = tuple(own.pop("seeds", raw.get("seeds", [0])))
        links = {k: own.pop(k) for k in ("matched_to", "start", "share") if k in own}
        settings = {**raw.get(kind, {}), **own}
        known = set(leaves(KINDS[kind]) if KINDS[kind] else ()) - _OWN
        if unknown := sorted(set(settings) - known):
            raise UserError(f"{path}: arm {name}: unknown setting {unknown[0]!r}")
        arms.append(Arm(name, kind, seeds, settings, **links))
    names = [arm.name for arm in arms]
    for i, arm in enumerate(arms):
        if arm.kind != "rl" and arm.matched_to not in names[:i]:
            raise UserError(f"{path}: arm {arm.name} must be matched_to an arm before it")
        if arm.start and arm.start not in names[:i]:
            raise UserError(f"{path}: arm {arm.name} must start from an arm before it")
    top = {f.name for f in dataclasses.fields(Experiment)} - {"name", "arms"}
    wanted = {k: v for k, v in raw.items() if k in top}
    for key in ("ks", "larger", "best_of"):
        wanted[key] = tuple(wanted.get(key, ()))
    missing = {"base", "test", "n", "temperature", "max_new_tokens"} - set(wanted)
    if missing:
        raise UserError(f"{path}: {sorted(missing)[0]} is missing")
    return Experiment(name=path.stem, arms=tuple(arms), **({"limit": 0} | wanted))
