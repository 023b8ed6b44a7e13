"""`rlcf quickstart`: the whole story on the embedded default, or on a pretrained model.

Measures the model, trains it by RLCF, measures it again on the same held-out tasks, and writes the
report, with the parts that the other verbs use. Each stage is kept when done, so an interrupted
quickstart continues where it stopped.
"""

from __future__ import annotations

import json
import os
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from rlcf.cli.terminal import format_estimate, progress_bars
from rlcf.settings import Checked, Count, CountOrNone, Need, NotNegative, Seed
from rlcf.text import first_line

if TYPE_CHECKING:
    from rlcf.evaluation.results import ScoreReport
    from rlcf.languages.verdict import Compiler
    from rlcf.policy.model import Policy
    from rlcf.tasks.task import Task
    from rlcf.training.config import TrainConfig

MEASURES = {
    "compile_rate": "compiles",
    "execution_rate": "runs to the end of its tests",
    "pass@1": "passes all tests (pass@1)",
    "length_ratio": "length / solution's length",
}


@dataclass(frozen=True)
class Settings:
    """What suits a language: verdicts cost a third of a millisecond in Java, 60 in C++."""

    title: str
    name: str
    """Of the tasks and the policy; the comparator is the Java one, which goes on learning."""
    steps: int
    prompts: int
    """A step; eight programs are drawn for each."""
    limit: int
    """Tasks to train on; the reference of each is checked first."""
    eval_tasks: int
    lr: float
    temperature: float = 1.0
    """Of training and, if no other is given, of the measurement."""


LANGUAGES = {
    "java": Settings("Java", "embedded", 45, 48, 4000, 400, 1e-4),
    "python": Settings("Python", "embedded-python", 45, 48, 4000, 400, 1e-4),
    "cpp": Settings("C++", "embedded-cpp", 24, 16, 384, 120, 2e-4),
}


@dataclass(frozen=True)
class Args(Checked):
    """Train a code model with compiler feedback, and show what it gained.

    The embedded model needs the language's compiler (a JDK, g++), no network and no data, and
    takes about nine minutes on two cores. With --model a pretrained one is trained; it comes from
    the hub, or from a folder or GGUF file. Run it again to see the table again, or, after an
    interruption, to go on.

    Examples:
      rlcf quickstart
      rlcf quickstart --language python
      rlcf quickstart --seed 1 --out runs/second
      rlcf quickstart --model smollm2
      rlcf quickstart --model path/to/model.gguf --tasks tasks.jsonl
    """

    NEEDS: ClassVar[tuple[Need, ...]] = (Need(("tasks",), lambda args: args.model, "--model"),)

    model: str = ""
    """A pretrained model to train in place of the embedded one: smollm2 or another name on the hub,
    folder or GGUF file."""
    tasks: str = ""
    """Tasks for it: a JSONL file, a tenth of which is held out to measure on, or the name of a set
    with a validation split, such as mbjp; by default the embedded ones."""
    out: Path | None = None
    """Run directory; by default runs/quickstart, with the model's name and the language after it
    where these are not the embedded one and Java."""
    language: Literal["java", "python", "cpp"] = "java"
    """Language of the tasks: java, python or cpp, each with a small model of its own."""
    steps: CountOrNone = 0
    """Steps of training; 0 takes what suits (java and python 45, cpp 24, with --model 10)."""
    eval_tasks: CountOrNone = 0
    """Held-out tasks to measure on, at most; 0 takes what suits (java and python 400, cpp 120, with
    --model 60)."""
    samples: Count = 4
    """Programs written for each of them."""
    temperature: NotNegative | None = None
    """Sampling temperature of the measurement; by default that of training, which is 1.0, and 0.6
    with --model."""
    seed: Seed = 0
    """Same seed, same machine: same run."""


@dataclass(frozen=True)
class Plan:
    """The arguments with nothing left open."""

    out: Path
    language: str
    settings: Settings
    samples: int
    temperature: float
    seed: int
    model: str = ""
    """A pretrained model; empty for the embedded one."""
    tasks: str = ""
    """Its tasks; empty for the embedded ones."""

    @classmethod
    def of(cls, args: Args) -> Plan:
        """Fill in what suits the language and the model."""
        found = LANGUAGES[args.language]
        if args.model:  # the smallest in question has fifty times as many parameters
            found = replace(found, steps=10, prompts=8, limit=400, eval_tasks=60, lr=2e-5)
            # At 1.0 the programs of a small general model are hardly code.
            found = replace(found, temperature=0.6)
        settings = replace(
            found,
            steps=args.steps or found.steps,
            eval_tasks=args.eval_tasks or found.eval_tasks,
        )
        words = [
            "quickstart",
            *([Path(args.model).name.removesuffix(".gguf")] if args.model else []),
            *([args.language] if args.language != "java" else []),
        ]
        out = args.out or Path("runs") / "-".join(words)
        heat = settings.temperature if args.temperature is None else args.temperature
        shown = args.samples, heat, args.seed
        return cls(out, args.language, settings, *shown, args.model, args.tasks)

    @property
    def title(self) -> str:
        """Of the report."""
        return self.model or f"the embedded {self.settings.title} model"


def main(args: Args) -> int:
    """Measure, train, measure, report."""
    console = Console(highlight=False)
    plan = Plan.of(args)
    summary = plan.out / "summary.json"
    if os.path.isfile(summary):  # False too where there can be no such name
        console.print(f"{plan.out} was finished earlier; remove it to run again")
        _show(console, json.loads(summary.read_text(encoding="utf-8")))
        console.print(f"report: {plan.out / 'report.html'}")
        return 0
    _run(plan, console)
    return 0


def train_config(plan: Plan) -> TrainConfig:
    """The settings of the run."""
    from rlcf.training.config import TrainConfig

    settings = plan.settings
    return TrainConfig(
        model=plan.model or settings.name,
        tasks=plan.tasks or f"{settings.name}:train",
        limit=settings.limit,
        out=str(plan.out),
        resume=True,
        language=plan.language,
        steps=settings.steps,
        prompts_per_step=settings.prompts,
        samples_per_prompt=8,
        lr=settings.lr,
        kl_coef=0.05,
        comparator_weight=0.3,
        max_new_tokens=160,
        temperature=settings.temperature,
        checkpoint_every=5,
        seed=plan.seed,
    )


def _run(plan: Plan, console: Console) -> None:
    from rlcf.cli.compare import write_page
    from rlcf.device import use_threads
    from rlcf.evaluation.report import Measured
    from rlcf.languages import Toolchain
    from rlcf.modelplace import locate
    from rlcf.training.progress import StepPrinter, duration
    from rlcf.training.rundir import RunDir
    from rlcf.training.setup import build

    started = time.monotonic()
    config = train_config(plan)
    RunDir.check(plan.out, config, resume=True)
    use_threads()
    if plan.model:
        locate(plan.model)
    compiler = Toolchain(plan.language)
    try:
        tasks, held_out = _tasks(plan, config, compiler, console)
        trainer = build(config, tasks, compiler)
        policy, run = trainer.policy, trainer.run
        console.print(
            f"{plan.model or 'the embedded model'}, {policy.parameters_count / 1e6:.1f} M "
            f"parameters, writes {plan.samples} programs for each of {len(held_out)} held-out "
            "tasks ..."
        )
        before = _measured(plan, "before", policy, held_out)
        if trainer.resume():
            console.print(f"going on after step {trainer.step}")
        console.print(f"{config.steps} steps of RLCF: compiler, comparator, anchor")
        trainer.train(StepPrinter(console, trainer.step, config.steps))
    finally:
        compiler.close()
    policy.save(plan.out / "policy")
    after = _measured(plan, "after", policy, held_out)
    summary = _summary(before, after)
    run.write_json("summary.json", summary)
    _show(console, summary)
    _show_pair(console, before, after, plan)
    title = f"RLCF quickstart: {plan.title}"
    measured = Measured(before, after, held_out), _facts(plan, len(held_out))
    write_page(plan.out / "report.html", title, measured, plan.out, plan.seed)
    console.print(f"took {duration(time.monotonic() - started)}; report: {plan.out}/report.html")


def _tasks(
    plan: Plan, config: TrainConfig, compiler: Compiler, console: Console
) -> tuple[list[Task], list[Task]]:
    """Those to train on, and those to measure on."""
    from rlcf.tasks import load_tasks
    from rlcf.training.setup import training_tasks
    from rlcf.training.validation import divide

    count, seed = plan.settings.eval_tasks, plan.seed
    tasks = training_tasks(config, compiler, console)
    if not plan.tasks:
        return tasks, load_tasks(f"{plan.settings.name}:test", limit=count, seed=seed)
    divided = divide(tasks, plan.tasks, "auto", count, seed=seed, language=plan.language)
    console.print(f"measuring on {divided.said}")
    return divided.training, divided.validation


def _measured(plan: Plan, name: str, policy: Policy, tasks: list[Task]) -> ScoreReport:
    """Sample and score, or read what an interrupted run measured already."""
    from rlcf.evaluation.evaluate import evaluate_policy
    from rlcf.evaluation.results import ScoreReport
    from rlcf.policy.sampling import SamplingConfig

    file = plan.out / f"{name}.json"
    if file.exists():
        return ScoreReport.load(file)
    stages = {"generate": "writing programs", "compile": "compiling", "run": "running tests"}
    with progress_bars(stages) as progress:
        report = evaluate_policy(
            policy,
            tasks,
            n=plan.samples,
            sampling=SamplingConfig(plan.temperature, 0, 160),
            seed=plan.seed,
            progress=progress,
        )
    report.save(file)
    return report


def _summary(before: ScoreReport, after: ScoreReport) -> dict[str, Any]:
    from rlcf.evaluation.results import compare

    difference = compare(before, after)
    return {
        "before": before.summary(),
        "after": after.summary(),
        "difference": {
            name: difference[name].to_json() if name in difference else None for name in MEASURES
        }
        | {"tasks": before.tasks},
        "tasks": before.tasks,
    }


def _show(console: Console, summary: dict[str, Any]) -> None:
    from rlcf.evaluation.statistics import Estimate

    table = Table(title=f"\n{summary['tasks']} held-out tasks", title_justify="left")
    for title in ("", "before", "after", "difference", "95 % interval, paired"):
        table.add_column(title, justify="right" if title else "left")
    for name, label in MEASURES.items():
        before, after, difference = (
            Estimate(**found) if (found := summary[side][name]) else None
            for side in ("before", "after", "difference")
        )
        sides = [format_estimate(name, estimate)[0] for estimate in (before, after)]
        table.add_row(label, *sides, *format_estimate(name, difference, signed=True))
    console.print(table)


def _show_pair(console: Console, before: ScoreReport, after: ScoreReport, plan: Plan) -> None:
    """One program that did not compile before and does now, drawn at random."""
    pairs = [
        (b, a)
        for b, a in zip(before.rows, after.rows, strict=True)
        if a.compiled and not b.compiled
    ]
    if not pairs:
        return
    b, a = random.Random(plan.seed).choice(pairs)
    message = first_line(b.diagnostics[0]["message"]) if b.diagnostics else "rejected"
    console.print(f"\nfor example {b.task_id}, before ({message}):")
    console.print(Syntax(b.completion, plan.language, background_color="default"))
    console.print(f"and after ({a.outcome}):")
    console.print(Syntax(a.completion, plan.language, background_color="default"))


def _facts(plan: Plan, tasks: int) -> dict[str, str]:
    return {
        "Measured on": f"{tasks} held-out tasks, {plan.samples} programs each, "
        f"temperature {plan.temperature}",
    }
