"""Settings of the proof on pretrained models: policies, arms, tests, and what is chosen.

Also says by what a model or a file of tasks is known.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from rlcf.errors import UserError
from rlcf.settings import (
    Chat,
    Checked,
    Count,
    CountOrNone,
    NotNegative,
    Positive,
    Share,
    Stop,
    leaves,
    unknown,
)
from rlcf.training.config import TrainConfig
from rlcf.training.sftconfig import SftConfig

Kind = Literal["base", "rl", "sft", "rft", "average", "scaled", "best_of"]
_OWN = frozenset({"model", "out", "resume", "seed", "tasks", "validation", "epochs", "threads"})
_STYLE = frozenset({"chat", "stop"})
_FIELDS: dict[str, Any] = {"rl": TrainConfig, "sft": SftConfig, "rft": SftConfig}


@dataclass(frozen=True)
class PolicyPlan(Checked):
    """A pretrained model."""

    name: str
    model: str
    """As `rlcf train --model` takes it; `files` may give it a file."""
    arms: tuple[str, ...] = ()
    """Only these; empty: all. A larger model to be matched has `base` alone."""
    seeds: dict[str, list[int]] = field(default_factory=dict)
    """Seeds of arms, where they are other than the plan's."""
    start: str = "base"
    """Arm of fine-tuning whose model its RL arms begin with; `base`: the pretrained model."""
    rl: dict[str, Any] = field(default_factory=dict)
    """Settings of `rlcf train` that are this model's own, such as its rate."""
    sft: dict[str, Any] = field(default_factory=dict)
    drawn_per_second: Positive = 100.0
    """Tokens, for the forecast."""
    learnt_per_second: Positive = 40.0
    """Tokens of completions that go through a whole update, for the forecast."""


@dataclass(frozen=True)
class ArmPlan(Checked):
    """One way to change a policy, or to draw from it."""

    name: str
    kind: Kind = "rl"
    """`sft` and `rft` (fine-tuning on what compiles of the policy's own programs) cost as much as
    `matched_to`; `average` is the mean of its seeds' weights; `scaled` goes `share` of the way to
    it from the base; `best_of` keeps the first of `count` programs of the base that compiles."""
    seeds: tuple[int, ...] = (0,)
    settings: dict[str, Any] = field(default_factory=dict)
    """Settings of `rlcf train` or `rlcf sft`, by their flags' names."""
    matched_to: str = ""
    """Of `sft` it may be missing: then the settings have `epochs`."""
    start: str = ""
    """Of an RL arm, where it begins with another model than the policy's others."""
    count: Count = 5
    """Draws per task, of `best_of` and `rft`."""
    share: Share = 1.0
    """Of the adapters of `matched_to`, for `scaled`."""


@dataclass(frozen=True)
class TestPlan(Checked):
    """Tasks that every arm is measured on."""

    name: str
    tasks: str
    """File in the data folder, or several names with `|`: the first that is there."""
    n: Count = 10
    limit: CountOrNone = 0
    """So many tasks, drawn at random; 0 takes all."""
    arms: tuple[str, ...] = ()
    """Only these are measured; empty: all."""
    beside: tuple[NotNegative, ...] = (0.0, 0.2, 0.8)
    """Temperatures that arms are measured at besides their own best; 0 is greedy, one program."""


@dataclass(frozen=True)
class Choice(Checked):
    """What is chosen on validation tasks, for each policy and arm by itself."""

    tasks: str
    limit: CountOrNone = 0
    chats: tuple[Chat, ...] = ("off", "on")
    stops: tuple[Stop, ...] = ("text", "class", "method")
    style_temperature: NotNegative = 0.2
    """At which prompting and stop are chosen, for the untrained policy."""
    style_n: Count = 2
    temperatures: tuple[Positive, ...] = (0.2, 0.5, 0.8)
    n: Count = 5
    """Programs per task at each temperature."""


@dataclass(frozen=True)
class Plan(Checked):
    """What a TOML file says."""

    train: tuple[str, ...]
    """Files of training tasks; those whose reference compiles are taken."""
    choice: Choice
    policies: tuple[PolicyPlan, ...]
    arms: tuple[ArmPlan, ...]
    tests: tuple[TestPlan, ...]
    max_new_tokens: Count = 256
    ks: tuple[Count, ...] = (1, 5)
    train_limit: CountOrNone = 0
    tokens_per_program: Positive = 90.0
    """For the forecast."""
    rl: dict[str, Any] = field(default_factory=dict)
    """Settings of `rlcf train`; a policy's own go before them, and an arm's before both."""
    sft: dict[str, Any] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    """Name of a model -> its GGUF file or folder in the folder of models, where one is given."""

    def matched(self, policy: PolicyPlan, arm: ArmPlan) -> ArmPlan:
        """The arm that an arm of a policy is matched to."""
        found = next(a for a in self.arms if a.name == arm.matched_to)
        return replace(found, seeds=tuple(policy.seeds.get(found.name, found.seeds)))

    def arms_of(self, policy: PolicyPlan) -> list[ArmPlan]:
        """Those that a policy goes through, in order."""
        arms = [a for a in self.arms if not policy.arms or a.name in policy.arms]
        return [replace(a, seeds=tuple(policy.seeds.get(a.name, a.seeds))) for a in arms]

    def start(self, policy: PolicyPlan, arm: ArmPlan) -> ArmPlan:
        """The arm whose model an arm begins with; `base` is the pretrained model."""
        name = (arm.start or policy.start) if arm.kind == "rl" else "base"
        return next(a for a in self.arms if a.name == name)

    def settings(self, policy: PolicyPlan, arm: ArmPlan) -> dict[str, Any]:
        """What an arm of a policy is trained with."""
        shared, own = (self.rl, policy.rl) if arm.kind == "rl" else (self.sft, policy.sft)
        return {**shared, **own, **arm.settings} if arm.kind in _FIELDS else {}


def read_plan(path: Path) -> Plan:
    """Read the file.

    Raises:
        UserError: an unknown key, or an arm that is matched to none before it or begins with none.
    """
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    seeds = tuple(raw.pop("seeds", [0]))
    arms = [ArmPlan("base", "base")]
    for name, given in raw.pop("arms", {}).items():
        arms.append(_arm(path, name, dict(given), seeds))
    for i, arm in enumerate(arms):
        if arm.kind in ("sft", "rft", "average", "scaled") and not _by_epochs(arm):
            before = {a.name for a in arms[:i] if a.kind == "rl"}
            if arm.matched_to not in before:
                raise UserError(f"{path}: arm {arm.name} must be matched_to an rl arm before it")
    tables = {
        key: tuple(_made(path, kind, {"name": n, **t}) for n, t in raw.pop(key, {}).items())
        for key, kind in (("policies", PolicyPlan), ("tests", TestPlan))
    }
    choice = _made(path, Choice, raw.pop("choice", {}))
    plan: Plan = _made(path, Plan, {**raw, **tables, "choice": choice, "arms": tuple(arms)})
    starts = {"base", *(arm.name for arm in plan.arms if _by_epochs(arm))}
    wanted = {one.name: one.start for one in plan.policies} | {a.name: a.start for a in arms}
    for name, start in wanted.items():
        if start and start not in starts:
            raise UserError(f"{path}: {name} must start with an arm of sft that has epochs")
    for policy in plan.policies:
        for arm in plan.arms_of(policy):
            _check_settings(path, arm, plan.settings(policy, arm))
    return plan


def _arm(path: Path, name: str, own: dict[str, Any], seeds: tuple[int, ...]) -> ArmPlan:
    kind = own.pop("kind", "rl")
    if kind not in get_args(Kind):
        raise unknown(f"kind of arm {name} in {path}", kind, get_args(Kind))
    links = {k: own.pop(k) for k in ("matched_to", "start", "count", "share") if k in own}
    chosen = tuple(own.pop("seeds", seeds if kind == "rl" else (0,)))
    return ArmPlan(name, kind, chosen, own, **links)


def _by_epochs(arm: ArmPlan) -> bool:
    """Whether it is fine-tuning of a given length, not of as much as another arm."""
    return arm.kind == "sft" and "epochs" in arm.settings and not arm.matched_to


def _check_settings(path: Path, arm: ArmPlan, settings: dict[str, Any]) -> None:
    if arm.kind in _FIELDS:
        known = set(leaves(_FIELDS[arm.kind])) - _OWN - _STYLE
        known |= {"epochs"} if _by_epochs(arm) else set()
        for name in settings:
            if name not in known:
                raise unknown(f"setting of arm {arm.name} in {path}", name, sorted(known))


def _made(path: Path, kind: Any, values: dict[str, Any]) -> Any:
    known = [f.name for f in dataclasses.fields(kind)]
    for key in values:
        if key not in known:
            raise unknown(f"key in {path}", key, known)
    typed = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    try:
        return kind(**typed)
    except TypeError as error:
        raise UserError(f"{path}: {str(error).split('() ')[-1]}") from error


def key(value: Any) -> str:
    """Ten characters that stand for settings: equal ones for equal settings."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


@cache
def digest(path: Path) -> str:
    """SHA-256 of a file, or of the weights and settings in a folder.

    Raises:
        UserError: nothing is there.
    """
    if not path.exists():
        raise UserError(f"{path} is not there: see --models")
    files = [path]
    if path.is_dir():
        files = sorted([*path.glob("*.safetensors"), path / "config.json"])
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 22):
                total.update(block)
    return total.hexdigest()
