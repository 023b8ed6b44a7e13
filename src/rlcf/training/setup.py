"""From a `TrainConfig` to a running `Trainer`: loads, checks and joins the parts.

Covers models, tasks with usable references, compiler, comparator, run directory. Does not cover
the loop itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from rlcf.assets import embedded_comparator, embedded_policy
from rlcf.comparator.frozen import NearestJudge, embed_corpus
from rlcf.comparator.judge import ComparatorJudge
from rlcf.comparator.model import Comparator, Program, load_comparator
from rlcf.comparator.online import ComparatorTrainer, OnlineConfig
from rlcf.device import pick_device, use_threads
from rlcf.errors import UserError
from rlcf.grounding import Grounding
from rlcf.languages import Toolchain, options_for
from rlcf.languages.outcome import Runner
from rlcf.languages.references import usable_references
from rlcf.languages.verdict import Compiler
from rlcf.modelplace import locate
from rlcf.policy.model import Policy
from rlcf.policy.roundtrip import check_references
from rlcf.tasks import load_tasks
from rlcf.tasks.loaders import check_name
from rlcf.tasks.task import Task
from rlcf.training.config import TrainConfig
from rlcf.training.distributed import Processes
from rlcf.training.loop import Trainer
from rlcf.training.progress import StepPrinter
from rlcf.training.rundir import NoRunDir, RunDir
from rlcf.training.schedule import Schedule
from rlcf.training.trackers import Trackers
from rlcf.training.validation import Validation, divide


def train(
    config: TrainConfig, console: Console | None = None, without: Collection[str] = ()
) -> Path:
    """Run RLCF as configured; returns the folder of the trained policy.

    Args:
        config: the settings.
        console: what is told of the run goes there.
        without: ids of tasks that are held out of the training.

    Raises:
        UserError: bad input, named in one line.
        Interrupted: Ctrl-C, after a checkpoint was written.
    """
    console = console or Console(highlight=False)
    for name in (config.tasks, config.data.open_tasks, config.validation.tasks):
        if name not in ("", "none", "auto"):
            check_name(name)
    pick_device(config.loading.device)
    locate(embedded_policy(config.model))
    if config.comparator.model != "none":
        locate(embedded_comparator(config.comparator.model), "comparator")
    Trackers.named(config.run.tracker)
    processes = Processes.join()
    console.quiet = console.quiet or not processes.first
    if processes.first:
        RunDir.check(Path(config.out), config, resume=config.resume)
    processes.divide_cores()
    use_threads(config.run.threads)
    options = options_for([config.data.language], config.data.class_path)
    toolchain = Toolchain(config.data.language, **options[config.data.language])
    try:
        tasks = training_tasks(config, toolchain, console)
        tasks = [task for task in tasks if task.task_id not in without]
        trainer = build(config, tasks, toolchain, processes, console)
        with trainer.run.starting():
            _run(trainer, processes, console)
    finally:
        toolchain.close()
    step, best = trainer.save_policy(), trainer.selection
    if best.exhausted:
        console.print(
            f"stopped after step {trainer.step}: {best.since} validations without improvement "
            f"on {best.best:.3f}, at step {best.step} (--patience)"
        )
    if step != trainer.step:
        what = f"that of step {step}" if step else "the untrained model"
        console.print(f"policy/ is {what}, the best by validation (--select-best)")
    processes.leave()
    return trainer.run.policy


def _run(trainer: Trainer, processes: Processes, console: Console) -> None:
    """Train to the end, or on to it, with printer and trackers."""
    config = trainer.config
    if config.resume and trainer.resume():
        console.print(f"going on after step {trainer.step}")
    names = config.run.tracker if processes.first else "none"
    trackers = Trackers.open(names, trainer.run.path, config)
    printer = StepPrinter(console, trainer.step, config.steps)

    def report(step: int, metrics: dict[str, float]) -> None:
        printer(step, metrics)
        trackers.log(step, metrics)

    trainer.train(report)
    trackers.close()


def build(
    config: TrainConfig,
    tasks: list[Task],
    toolchain: Runner,
    processes: Processes | None = None,
    console: Console | None = None,
) -> Trainer:
    """Load the models and join the parts; the run directory is made when all else is there."""
    processes, console = processes or Processes(), console or Console(quiet=True)
    if config.prompts_per_step < processes.count:
        raise UserError(
            f"--prompts-per-step {config.prompts_per_step} is less than the number of processes "
            f"({processes.count}): each needs a prompt"
        )
    own = processes.device if config.loading.device == "auto" else None
    policy = config.loading.load(config.model, device=own)
    check_references(policy, tasks)
    comparator = _comparator(config, policy)
    judge = ComparatorJudge(comparator) if comparator else None
    grounding = Grounding(
        toolchain, judge, config.reward, config.comparator.weight, config.comparator.ranks
    )
    tasks, validate = _with_validation(config, tasks, toolchain, console)
    schedule = Schedule(config, tasks, open_tasks(config, console))
    where = RunDir if processes.first else NoRunDir
    run = where.open(Path(config.out), config, resume=config.resume)
    with run.starting():
        learning = None
        if comparator is not None and config.comparator.mode == "frozen":
            cache = run.path / "comparator" if processes.first else None
            judged = [policy.judged(task) for task in tasks]
            judge_ = _nearest(config, comparator, judged, cache, console)
            grounding = replace(grounding, judge=judge_)
        elif comparator is not None:
            settings = OnlineConfig(lr=config.comparator.lr)
            learning = ComparatorTrainer(comparator, settings, config.seed)
        return Trainer(config, policy, schedule, grounding, learning, run, validate, processes)


def named_tasks(config: TrainConfig, tell: Callable[[str], object] | None = None) -> list[Task]:
    """The tasks of --tasks that are in the language, whatever their references.

    `tell` is given what there is to say of them.

    Raises:
        UserError: there are none.
    """
    tasks = load_tasks(
        config.tasks,
        limit=config.data.limit,
        seed=config.seed,
        default_split="train",
        tell=tell,
    )
    found = [task for task in tasks if task.language == config.data.language]
    if not found:
        raise UserError(f"{config.tasks} holds no task in {config.data.language}")
    return found


def training_tasks(config: TrainConfig, compiler: Compiler, console: Console) -> list[Task]:
    """The tasks to train on: of the right language, with a reference that compiles.

    Raises:
        UserError: none is left.
    """
    tasks = named_tasks(config, console.print)
    kept, rejected = usable_references(tasks, compiler)
    if rejected:
        names = ", ".join(r.task.task_id for r in rejected[:5]) + (
            ", ..." if len(rejected) > 5 else ""
        )
        console.print(
            f"left out {len(rejected)} of {len(tasks)} tasks, whose reference is missing or does "
            f"not compile: {names}"
        )
    return kept


def open_tasks(config: TrainConfig, console: Console) -> list[Task]:
    """The tasks whose programs only the compiler judges, without their references.

    Raises:
        UserError: there are none in the language.
    """
    if not config.data.open_tasks:
        return []
    tasks = load_tasks(config.data.open_tasks, default_split="train", tell=console.print)
    found = [replace(t, reference=None) for t in tasks if t.language == config.data.language]
    if not found:
        raise UserError(f"{config.data.open_tasks} holds no task in {config.data.language}")
    return found


def _with_validation(
    config: TrainConfig, tasks: list[Task], toolchain: Runner, console: Console
) -> tuple[list[Task], Validation | None]:
    """The tasks that are left to train on, and the validation on others."""
    if not config.validation.every:
        return tasks, None
    divided = divide(
        tasks,
        config.tasks,
        config.validation.tasks,
        config.validation.count,
        seed=config.seed,
        language=config.data.language,
    )
    console.print(f"validating on {divided.said}")
    validation = Validation(divided.validation, config.sampling, config.seed, toolchain=toolchain)
    return divided.training, validation


def _comparator(config: TrainConfig, policy: Policy) -> Comparator | None:
    if not config.compares:
        return None
    name = embedded_comparator(config.comparator.model)
    if _same_model(name, embedded_policy(config.model)):
        raise UserError(
            f"--comparator {config.comparator.model} is the policy itself: it must be another "
            "model, or the policy would be judged by its own habits"
        )
    return load_comparator(
        name,
        seed=config.seed,
        device=str(policy.device),
        precision=config.loading.precision,
        max_tokens=config.comparator.max_tokens,
        pooling=config.comparator.pooling,
        # The embedded one is small; published figures are of its fp32 weights.
        trained=config.comparator.mode == "online" or config.comparator.model == "embedded",
    )


def _same_model(*names: str) -> bool:
    one, other = (locate(name).model for name in names)
    return one == other or (Path(one).is_dir() and Path(one).resolve() == Path(other).resolve())


def _nearest(
    config: TrainConfig,
    comparator: Comparator,
    tasks: list[Task],
    cache: Path | None,
    console: Console,
) -> NearestJudge:
    """The frozen judge, with the references of all tasks embedded."""
    corpus = [Program(t.prompt, t.reference) for t in tasks if t.reference is not None]

    def progress(done: int, size: int) -> None:
        console.print(f"embedded {done:,} of {size:,} references")

    embedding_NH = embed_corpus(comparator, corpus, cache, progress)
    neighbours, sharpness = config.comparator.neighbours, config.comparator.sharpness
    return NearestJudge(comparator, corpus, embedding_NH, neighbours, sharpness)
