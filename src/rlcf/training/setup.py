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
from rlcf.comparator.online import ComparatorConfig, ComparatorTrainer
from rlcf.device import pick_device, use_threads
from rlcf.errors import UserError
from rlcf.grounding import Grounding
from rlcf.languages import Toolchain, options_for
from rlcf.languages.outcome import Runner
from rlcf.languages.references import usable_references
from rlcf.languages.verdict import Compiler
from rlcf.modelplace import locate
from rlcf.policy.model import Policy, load_policy
from rlcf.policy.roundtrip import check_references
from rlcf.policy.sampling import SamplingConfig
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
    for name in (config.tasks, config.open_tasks, config.validation):
        if name not in ("", "none", "auto"):
            check_name(name)
    pick_device(config.device)
    locate(embedded_policy(config.model))
    if config.comparator != "none":
        locate(embedded_comparator(config.comparator), "comparator")
    Trackers.named(config.tracker)
    processes = Processes.join()
    console.quiet = console.quiet or not processes.first
    if processes.first:
        RunDir.check(Path(config.out), config, resume=config.resume)
    processes.divide_cores()
    use_threads(config.threads or None)
    options = options_for([config.language], config.class_path)
    toolchain = Toolchain(config.language, **options[config.language])
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
    names = config.tracker if processes.first else "none"
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
    policy = policy_of(config, processes.device if config.device == "auto" else config.device)
    check_references(policy, tasks)
    comparator = _comparator(config, policy)
    judge = ComparatorJudge(comparator) if comparator else None
    grounding = Grounding(
        toolchain, judge, config.reward, config.comparator_weight, config.comparator_ranks
    )
    tasks, validate = _with_validation(config, tasks, toolchain, console)
    schedule = Schedule(config, tasks, open_tasks(config, console))
    where = RunDir if processes.first else NoRunDir
    run = where.open(Path(config.out), config, resume=config.resume)
    with run.starting():
        learning = None
        if comparator is not None and config.comparator_mode == "frozen":
            cache = run.path / "comparator" if processes.first else None
            judged = [policy.judged(task) for task in tasks]
            judge_ = _nearest(config, comparator, judged, cache, console)
            grounding = replace(grounding, judge=judge_)
        elif comparator is not None:
            settings = ComparatorConfig(lr=config.comparator_lr)
            learning = ComparatorTrainer(comparator, settings, config.seed)
        return Trainer(config, policy, schedule, grounding, learning, run, validate, processes)


def policy_of(config: TrainConfig, device: str) -> Policy:
    """The policy as it is before training.

    Raises:
        UserError: it cannot be loaded.
    """
    return load_policy(
        embedded_policy(config.model),
        device=device,
        precision=config.precision,
        eos_token=config.eos_token,
        pad_token=config.pad_token,
        chat=config.chat,
        chat_instruction=config.chat_instruction,
        stop=config.stop,
        lora_rank=config.lora_rank,
        gradient_checkpointing=config.gradient_checkpointing,
    )


def named_tasks(config: TrainConfig, tell: Callable[[str], object] | None = None) -> list[Task]:
    """The tasks of --tasks that are in the language, whatever their references.

    `tell` is given what there is to say of them.

    Raises:
        UserError: there are none.
    """
    tasks = load_tasks(
        config.tasks,
        limit=config.limit or None,
        seed=config.seed,
        default_split="train",
        tell=tell,
    )
    found = [task for task in tasks if task.language == config.language]
    if not found:
        raise UserError(f"{config.tasks} holds no task in {config.language}")
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
    if not config.open_tasks:
        return []
    tasks = load_tasks(config.open_tasks, default_split="train", tell=console.print)
    found = [replace(t, reference=None) for t in tasks if t.language == config.language]
    if not found:
        raise UserError(f"{config.open_tasks} holds no task in {config.language}")
    return found


def _with_validation(
    config: TrainConfig, tasks: list[Task], toolchain: Runner, console: Console
) -> tuple[list[Task], Validation | None]:
    """The tasks that are left to train on, and the validation on others."""
    if not config.validate_every:
        return tasks, None
    divided = divide(
        tasks,
        config.tasks,
        config.validation,
        config.validation_tasks,
        seed=config.seed,
        language=config.language,
    )
    console.print(f"validating on {divided.said}")
    sampling = SamplingConfig(config.temperature, config.top_k, config.max_new_tokens)
    validation = Validation(divided.validation, sampling, config.seed, toolchain=toolchain)
    return divided.training, validation


def _comparator(config: TrainConfig, policy: Policy) -> Comparator | None:
    if config.reward == "compiler" or "none" in (config.comparator, config.comparator_mode):
        return None
    name = embedded_comparator(config.comparator)
    if _same_model(name, embedded_policy(config.model)):
        raise UserError(
            f"--comparator {config.comparator} is the policy itself: it must be another model, "
            "or the policy would be judged by its own habits"
        )
    return load_comparator(
        name,
        seed=config.seed,
        device=str(policy.device),
        precision=config.precision,
        max_tokens=config.comparator_tokens,
        pooling=config.comparator_pooling,
        # The embedded one is small; published figures are of its fp32 weights.
        trained=config.comparator_mode == "online" or config.comparator == "embedded",
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
    neighbours, sharpness = config.comparator_neighbours, config.comparator_sharpness
    return NearestJudge(comparator, corpus, embedding_NH, neighbours, sharpness)
