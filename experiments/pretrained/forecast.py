"""What is to be done, in tokens and hours, before it is done.

Tokens by the plan's mean length of a program, hours by the policies' rates: good to a factor of
two. Nothing is loaded. Fine-tuning of a given number of epochs is left out: it takes as many tokens
as the tasks have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from experiments.pretrained.plan import ArmPlan, Plan, PolicyPlan
from rlcf.training.config import TrainConfig


@dataclass(frozen=True)
class Item:
    """One piece of work."""

    what: str
    drawn: float
    """Tokens of completions that are drawn."""
    learnt: float
    """Tokens of completions that go through an update."""
    policy: PolicyPlan

    @property
    def hours(self) -> float:
        """By the policy's rates."""
        drawing = self.drawn / self.policy.drawn_per_second
        return (drawing + self.learnt / self.policy.learnt_per_second) / 3600

    def __str__(self) -> str:
        tokens = f"{self.drawn / 1e3:9,.0f} k drawn {self.learnt / 1e3:9,.0f} k learnt"
        return f"{self.policy.name:<20} {self.what:<34} {tokens} {self.hours:7.2f} h"


def items(
    plan: Plan, wanted: Sequence[tuple[PolicyPlan, ArmPlan]], validation: int, tests: Sequence[int]
) -> Iterator[Item]:
    """All work for these arms, in order.

    Args:
        plan: the experiment.
        wanted: policies with arms.
        validation: number of validation tasks.
        tests: number of tasks of each test.
    """
    c, length = plan.choice, plan.tokens_per_program
    for policy in dict.fromkeys(p.name for p, _ in wanted):
        one = next(p for p, _ in wanted if p.name == policy)
        styles = len(c.chats) * len(c.stops)
        yield Item("prompting and stop", styles * validation * c.style_n * length, 0, one)
    for one, arm in wanted:
        runs = len(arm.seeds)
        drawn, learnt = training(plan, one, arm)
        if drawn or learnt:
            yield Item(f"{arm.name}: {runs} trained", runs * drawn, runs * learnt, one)
        if arm.kind == "best_of":  # picks from what was drawn of the base
            continue
        tried = len(c.temperatures) * runs * validation * c.n * length
        yield Item(f"{arm.name}: temperature", tried, 0, one)
        for test, count in zip(plan.tests, tests, strict=True):
            if test.arms and arm.name not in test.arms:
                continue
            programs = sum(test.n if t else 1 for t in test.beside) + test.n
            yield Item(f"{arm.name}: {test.name}", programs * runs * count * length, 0, one)


def training(plan: Plan, policy: PolicyPlan, arm: ArmPlan) -> tuple[float, float]:
    """Tokens drawn and learnt by one run of an arm."""
    if arm.kind == "rl":
        config = TrainConfig.of(model="", **plan.settings(policy, arm))
        drawn = config.prompts_per_step * config.samples_per_prompt * plan.tokens_per_program
        return config.steps * drawn, config.steps * drawn * config.update.epochs
    if arm.kind in ("sft", "rft") and arm.matched_to:
        # As much as what it is matched to: 5 there for what is drawn, seen by the reference model
        # and updated; 3 here.
        _, learnt = training(plan, policy, plan.matched(policy, arm))
        return 0.0, learnt * 5 / 3
    return 0.0, 0.0
