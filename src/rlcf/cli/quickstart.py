"""`rlcf quickstart`: measure a model, train it by RLCF, measure it again, compare.

Every part is the one that the other verbs use. Each is kept when done, so that an interrupted
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

from rlcf.cli.compare import load_scores, write_page
from rlcf.cli.terminal import evaluation_progress, show_differences
from rlcf.outputs import write
from rlcf.runfiles import RunFiles
from rlcf.settings import Checked, Count, CountOrNone, Need, NotNegative, Seed
from rlcf.text import first_line

if TYPE_CHECKING:
    from rlcf.evaluation.results import ScoreReport
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
    """What suits each language: verdicts cost a third of a millisecond in Java, 60 in C++."""

    title: str
    name: str
    """Of the tasks and the policy; the comparator is the Java one, which goes on learning."""
    steps: int
    prompts: int
    """Prompts per step; eight programs are drawn for each."""
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
    """Train a code model with compiler feedback, and show what it gains.

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
    def summary(self) -> Path:
        """The file that says in short what came out; a quickstart with one is finished."""
        return self.out / "summary.json"

    @property
    def title(self) -> str:
        """Of the report."""
        return self.model or f"the embedded {self.settings.title} model"


def main(args: Args) -> int:
    """Measure, train, measure, compare."""
    console = Console(highlight=False)
    plan = Plan.of(args)
    if os.path.isfile(plan.summary):  # False too where there can be no such name
        console.print(f"{plan.out} was finished earlier; remove it to run again")
        files = RunFiles(plan.out)
        _show(console, load_scores(files.before), load_scores(files.after))
        console.print(f"report: {plan.out / 'report.html'}")
        return 0
    _run(plan, console)
    return 0


def train_config(plan: Plan) -> TrainConfig:
    """The settings of the run."""
    from rlcf.training.config import TrainConfig

    settings = plan.settings
    return TrainConfig.of(
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
    from rlcf.evaluation.report import Measured
    from rlcf.languages import Toolchain
    from rlcf.training.progress import duration
    from rlcf.training.rundir import RunDir
    from rlcf.training.train import train

    started = time.monotonic()
    config, files = train_config(plan), RunFiles(plan.out)
    RunDir.check(plan.out, config, resume=True)
    Toolchain(plan.language).close()  # who has none is told before any work
    tasks = _held_out(plan, config, console)
    before = _measured(plan, config, tasks, files.before, console)
    console.print(f"{config.steps} steps of RLCF: compiler, comparator, anchor")
    policy = train(config, console, without={task.task_id for task in tasks})
    after = _measured(plan, replace(config, model=str(policy)), tasks, files.after, console)
    write(plan.summary, json.dumps(_summary(before, after), indent=2) + "\n")
    _show(console, before, after)
    _show_pair(console, before, after, plan)
    title = f"RLCF quickstart: {plan.title}"
    measured = Measured(before, after, tasks), _facts(plan, len(tasks))
    write_page(plan.out / "report.html", title, measured, plan.out, plan.seed)
    console.print(f"took {duration(time.monotonic() - started)}; report: {plan.out}/report.html")


def _held_out(plan: Plan, config: TrainConfig, console: Console) -> list[Task]:
    """The tasks to measure on, none of which is trained on."""
    from rlcf.tasks import load_tasks
    from rlcf.training.parts import named_tasks
    from rlcf.training.validation import divide

    count, seed = plan.settings.eval_tasks, plan.seed
    if not plan.tasks:
        return load_tasks(f"{plan.settings.name}:test", limit=count, seed=seed)
    tasks = named_tasks(config)
    divided = divide(tasks, plan.tasks, "auto", count, seed=seed, language=plan.language)
    console.print(f"measuring on {divided.said}")
    return divided.validation


def _measured(
    plan: Plan, config: TrainConfig, tasks: list[Task], file: Path, console: Console
) -> ScoreReport:
    """Sample and score, or read what an interrupted run measured already."""
    from rlcf.device import use_threads
    from rlcf.evaluation.evaluate import evaluate_policy
    from rlcf.policy.sampling import SamplingConfig

    if file.exists():
        return load_scores(file)
    use_threads()
    policy = config.loading.load(config.model)
    console.print(
        f"{plan.title}, {policy.parameters_count / 1e6:.1f} M parameters, writes {plan.samples} "
        f"programs for each of {len(tasks)} held-out tasks, {file.stem} training ..."
    )
    with evaluation_progress() as progress:
        report = evaluate_policy(
            policy,
            tasks,
            n=plan.samples,
            sampling=SamplingConfig(plan.temperature, None, config.sampling.max_new_tokens),
            seed=plan.seed,
            progress=progress,
        )
    file.parent.mkdir(parents=True, exist_ok=True)
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


def _show(console: Console, before: ScoreReport, after: ScoreReport) -> None:
    from rlcf.evaluation.results import compare

    title = f"\n{before.tasks} held-out tasks"
    show_differences(console, title, before, after, compare(before, after), MEASURES)


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
