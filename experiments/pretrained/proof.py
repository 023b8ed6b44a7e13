"""The proof on pretrained models: does RLCF raise compile rate, execution and right answers?

    python -m experiments.pretrained.proof recipes/pretrained/proof.toml --data DATA --models MODELS

DATA holds the files of tasks that the TOML names; MODELS those of models, which come from the hub
without it. For each policy prompting and stop are chosen on validation tasks, each arm is trained,
its temperature is chosen on the same tasks, and it is measured on the tests. Writes
pretrained_TEST.json per test. What is done is not done again: call it again after a crash. With
--committed it ends by comparing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

from experiments.agreement import Agreement, report
from experiments.command import run
from experiments.pretrained.forecast import items
from experiments.pretrained.plan import ArmPlan, Plan, PolicyPlan, read_plan
from experiments.pretrained.stages import Runner
from experiments.pretrained.tally import HEADLINES, OURS, Found, arm_json, rivals_json
from rlcf import outputs
from rlcf.device import use_threads
from rlcf.errors import UserError
from rlcf.runfiles import RunFiles

console = Console(highlight=False, soft_wrap=True)
Pairs = list[tuple[PolicyPlan, ArmPlan]]


@dataclass(frozen=True)
class Args:
    """Run the proof, a part of it, or print what it would do."""

    plan: Annotated[Path, tyro.conf.Positional]
    """A TOML file such as recipes/pretrained/proof.toml."""
    data: Path
    """Folder with the task files that the plan names."""
    models: Path | None = None
    """Folder with the model files that the plan names; without it they come from the hub."""
    runs: Path = Path("runs/pretrained")
    """Folder for all that is computed; what is there is not done again."""
    out: Path = Path("docs/results")
    """Folder for pretrained_TEST.json."""
    only: tuple[str, ...] = ()
    """Only these: POLICY, or POLICY/ARM. The policy's base is always measured."""
    seeds: tuple[int, ...] = ()
    """Only these seeds, of arms that have them; merges take their own."""
    dry_run: bool = False
    """Print the work with its tokens and hours, and do none of it."""
    committed: Path | None = None
    """Compare the first test's result with this file; status 1 where intervals are apart."""
    threads: int = 0
    """Cores for torch; 0 takes all."""


def main(args: Args) -> int:
    """Everything, or what was asked; returns the exit status."""
    plan = read_plan(args.plan)
    wanted = chosen(plan, args)
    runner = Runner(plan, args.models, args.data, args.runs, args.threads, console)
    if args.dry_run:
        _forecast(plan, wanted, runner)
        return 0
    if args.committed is not None and not args.committed.exists():
        raise UserError(f"--committed {args.committed}: there is no such file to compare with")
    use_threads(args.threads or None)
    args.runs.mkdir(parents=True, exist_ok=True)
    args.out.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, dict[str, Found]]] = {test.name: {} for test in plan.tests}
    for policy, arm in wanted:
        for test in plan.tests:
            if test.arms and arm.name not in test.arms:
                continue
            arms = found[test.name].setdefault(policy.name, {})
            arms[arm.name] = _found(runner, policy, arm, test)
            write(args.out / f"pretrained_{test.name}.json", runner, found[test.name])
    if args.committed is not None:
        first = args.out / f"pretrained_{plan.tests[0].name}.json"
        committed = json.loads(args.committed.read_text("utf-8"))
        return report(compare(committed, json.loads(first.read_text("utf-8"))))
    return 0


def chosen(plan: Plan, args: Args) -> Pairs:
    """Policies with their arms, as asked for; each policy's base first.

    Raises:
        UserError: no such policy or arm.
    """
    pairs = [(policy, arm) for policy in plan.policies for arm in plan.arms_of(policy)]
    names = {f"{policy.name}/{arm.name}" for policy, arm in pairs}
    for name in args.only:
        if not any(name in (n, n.split("/")[0]) for n in names):
            raise UserError(f"--only {name}: there are {', '.join(sorted(names))}")
    touched = {name.split("/")[0] for name in args.only}
    kept: Pairs = []
    for policy, arm in pairs:
        asked = {policy.name, f"{policy.name}/{arm.name}"} & set(args.only)
        if not args.only or asked or (arm.kind == "base" and policy.name in touched):
            kept.append((policy, _of_seeds(arm, args.seeds)))
    return [(policy, arm) for policy, arm in kept if arm.seeds]


def _of_seeds(arm: ArmPlan, seeds: tuple[int, ...]) -> ArmPlan:
    if not seeds or arm.kind not in ("rl", "sft", "rft"):
        return arm
    left = tuple(seed for seed in arm.seeds if seed in seeds)
    return replace(arm, seeds=left)


def _found(runner: Runner, policy: PolicyPlan, arm: ArmPlan, test: Any) -> Found:
    reports = runner.measured(policy, arm, test)
    trained = [runner.trained(policy, arm, seed) for seed in arm.seeds]
    runs = [RunFiles(Path(one.path).parent) for one in trained]
    metrics = [run.metrics() for run in runs] if arm.kind == "rl" else []
    tokens = sum(one.tokens for one in trained) / len(trained)
    choices = runner.choices[f"{policy.name}/{arm.name}"]
    prompts = {task.task_id: task.prompt for task in runner.tasks(test.tasks, test.limit)}
    return Found(reports, tokens, runner.style(policy), choices, metrics, prompts)


def write(out: Path, runner: Runner, found: Mapping[str, Mapping[str, Found]]) -> None:
    """One test's results; what the file has of other arms stays in it."""
    result = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    for policy in runner.plan.policies:
        arms = found.get(policy.name, {})
        for name, one in arms.items():
            result.setdefault(policy.name, {})[name] = {
                **arm_json(one, arms.get("base")),
                "model": runner.plan.files.get(policy.model, policy.model),
                "sha256": runner.base(policy).known_by,
                "environment": runner.environment,
            }
        for name in OURS:
            if rivals := rivals_json(arms, name):
                result[policy.name][name]["minus"] = rivals
    outputs.write(out, json.dumps(result, indent=1) + "\n")


def _forecast(plan: Plan, wanted: Pairs, runner: Runner) -> None:
    validation = len(runner.tasks(plan.choice.tasks, plan.choice.limit))
    counts = [len(runner.tasks(test.tasks, test.limit)) for test in plan.tests]
    total = 0.0
    for item in items(plan, wanted, validation, counts):
        console.print(str(item))
        total += item.hours
    console.print(f"{total:.1f} hours in all, by the plan's rates; what is done is not done again")


def compare(committed: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[Agreement]:
    """Every rate of every arm that is on both sides."""
    for policy, arms in committed.items():
        for arm, before in arms.items():
            after = here.get(policy, {}).get(arm)
            for rate in HEADLINES if after is not None else ():
                if rate in before and rate in after:
                    what = f"{policy:<20} {arm:<12} {rate:<15}"
                    yield Agreement.of(what, before[rate], after[rate])


if __name__ == "__main__":
    run(main, Args, __doc__)
