"""`rlcf reverify`: the programs of a run, judged anew, and what that changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from rlcf import __version__
from rlcf.cli.check import render
from rlcf.cli.terminal import progress_bars
from rlcf.errors import UserError
from rlcf.evaluation.report.text import visible
from rlcf.evaluation.reverify import Rejudged, Reward, rejudge, summary
from rlcf.languages import Compiler, Diagnostic, Toolchain, options_for
from rlcf.languages.classpath import parse_class_path
from rlcf.languages.registry import known, load
from rlcf.outputs import Output, write
from rlcf.runfiles import RunFiles, read_settings
from rlcf.settings import Checked, CountOrNone, Need, Share
from rlcf.text import decimal

BEGINS = '{"run": '
"""How a file of changes begins."""
_ERRORS = 3
"""Errors of a program that are shown."""


@dataclass(frozen=True)
class Args(Checked):
    """Judge the programs of a run anew, and show what changed.

    Use it after a change of compiler, class path, reward or rlcf itself: it says which of the run's
    numbers still hold. The compiler is the one installed now (JAVA_HOME chooses a JDK); all else is
    as in the run's settings, but for what you give. Similarities are those that the run kept. A
    program that cannot be judged now is unscored, not rejected. The run is only read.

    Exit code 0: nothing changed. 1: a verdict or a reward did. 2: bad input, or no program could be
    judged. Ctrl-C shows and writes what was found until then.

    Examples:
      rlcf reverify runs/mine
      rlcf reverify runs/mine --json changed.json
      rlcf reverify runs/mine --class-path target/classes
      rlcf reverify runs/mine --comparator-weight 0.3 --show 0
    """

    run: Annotated[Path, tyro.conf.Positional]
    """The directory of a run of `rlcf train`, finished or not."""
    class_path: tuple[str, ...] = ()
    """What programs are compiled against, in place of what the run has: jar files, classes,
    headers, packages, modules, crates (docs/languages.md)."""
    reward: Literal["run", "rlcf", "compiler"] = "run"
    """What is rewarded, as in `rlcf train`; run: what the run rewarded."""
    comparator_weight: Share | None = None
    """The comparator's share in the reward of accepted programs, in place of the run's."""
    show: CountOrNone = 10
    """Show at most this many of the programs that have another verdict."""
    json: Path | None = None
    """File to write all changed programs and each step's numbers to, replaced if it exists."""

    NEEDS = (Need(("comparator_weight",), lambda a: a.reward in ("run", "rlcf"), "--reward rlcf"),)

    def outputs(self) -> list[Output]:
        """The changes."""
        reads: tuple[str | Path, ...] = (self.run, *parse_class_path(self.class_path))
        return [Output(self.json, "--json", reads=reads, begins=BEGINS)] if self.json else []


def main(args: Args) -> int:
    """Judge, print and write; see `Args` for the exit codes."""
    run = RunFiles(args.run)
    files, config = run.rollout_files(), read_settings(run.config)
    if not files:
        raise UserError(f"{args.run}: no rollouts in it: give the directory of a run of rlcf train")
    source = None if args.reward == "run" else args.reward
    reward = Reward.of(config, source, args.comparator_weight)
    language = known(config.get("language", "java"))
    class_path = args.class_path or tuple(config.get("class_path", ()))
    tools = "; ".join(load(language)().versions())
    with Toolchain(language, **options_for([language], class_path)[language]) as toolchain:
        found, stopped = _rejudged(files, toolchain, reward)
    by = {"rlcf": __version__, "tools": tools, "class_path": class_path, "reward": asdict(reward)}
    content = {"run": str(args.run), "judged_by": by, **summary(found)}
    _show(content, len(files), args.show)
    if args.json is not None:
        write(args.json, json.dumps(content) + "\n")
        print(f"wrote {args.json}")
    if stopped:
        raise KeyboardInterrupt
    total = content["total"]
    if total["unscored"] == total["programs"]:
        raise UserError("no program could be judged: rlcf doctor says what is wrong here")
    return int(bool(total["verdicts_changed"] or total["rewards_changed"]))


def _rejudged(
    files: Mapping[int, Path], compiler: Compiler, reward: Reward
) -> tuple[dict[int, list[Rejudged]], bool]:
    """The programs by step, and whether Ctrl-C came before the last: what there is, is kept."""
    found: dict[int, list[Rejudged]] = {}
    with progress_bars({"judge": "judging steps"}) as progress:
        try:
            for step, file in files.items():
                progress("judge", len(found), len(files))
                found[step] = rejudge(file, compiler, reward)
        except KeyboardInterrupt:
            return found, True
    return found, False


def _show(content: dict[str, Any], steps: int, most: int) -> None:
    """Print totals, and programs that have another verdict."""
    total, judged = content["total"], len(content["steps"])
    of = f" of the {steps}" if judged < steps else ""
    tools = content["judged_by"]["tools"]
    print(f"{total['programs']} programs of {judged}{of} steps, judged by {tools}")
    flips = ", ".join(f"{count} {flip}" for flip, count in total["flips"].items())
    print(f"verdicts changed: {flips or 'none'}")
    print(f"rewards changed: {total['rewards_changed'] or 'none'}")
    for name, form, had in (("compile_rate", ".1%", "verdict"), ("reward", ".3f", "reward")):
        if pair := total[name]:
            means = " -> ".join(decimal(pair[side], form) for side in ("before", "after"))
            label = "mean reward" if name == "reward" else "compile rate"
            print(f"{label}: {means} ({pair['programs']} have a {had} both times)")
    if total["unscored"]:
        print(f"unscored now: {total['unscored']}")
    if lost := total["without_reward"] - total["unscored"]:
        print(f"reward unknown now: {lost} (the run kept no similarity of them)")
    programs = [p for p in content["changed"] if p["before"]["verdict"] != p["after"]["verdict"]]
    for program in programs[:most]:
        print(_program(program))
    if programs[most:]:
        print(f"\n{len(programs[most:])} more are not shown (--show, --json)")


def _program(changed: dict[str, Any]) -> str:
    """Its verdicts and rewards, and the errors now, or then."""
    sides = changed["before"], changed["after"]
    verdicts = " -> ".join(side["verdict"] for side in sides)
    rewards = " -> ".join(_number(side["reward"]) for side in sides)
    name = f"step {changed['step']}, {visible(changed['task_id'])}, sample {changed['sample']}"
    lines = [f"\n{name}: {verdicts}, reward {rewards}", visible(changed["after"]["reason"])]
    source = changed["prompt"] + changed["completion"] + changed.get("closing", "")
    for side, place in zip(sides, ("then", "now"), strict=True):
        errors = [Diagnostic.from_json(d) for d in side["diagnostics"] if d["severity"] == "error"]
        lines += [visible(render(place, source, error)) for error in errors[:_ERRORS]]
    return "\n".join(filter(None, lines))


def _number(value: float | None) -> str:
    return "unknown" if value is None else decimal(value, ".3f")
