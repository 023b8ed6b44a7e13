"""The parts of a run, from its settings: tasks, policy, comparator, grounding, validation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from rlcf.assets import embedded_comparator, embedded_policy
from rlcf.comparator.frozen import NearestJudge, embed_corpus
from rlcf.comparator.judge import ComparatorJudge
from rlcf.comparator.model import Comparator, Program, load_comparator
from rlcf.device import pick_device
from rlcf.errors import UserError
from rlcf.grounding.reward import Similarity
from rlcf.languages.outcome import Runner
from rlcf.languages.references import usable_references
from rlcf.languages.verdict import Compiler
from rlcf.modelplace import locate
from rlcf.policy.model import Policy
from rlcf.tasks import load_tasks
from rlcf.tasks.loaders import check_name
from rlcf.tasks.task import Task
from rlcf.training.config import TrainConfig
from rlcf.training.trackers import Trackers
from rlcf.training.validation import Validation, divide


def check_names(config: TrainConfig) -> None:
    """Whether all that is named can be had, before anything is loaded.

    Raises:
        UserError: it cannot.
    """
    for name in (config.tasks, config.data.open_tasks, config.validation.tasks):
        if name not in ("", "none", "auto"):
            check_name(name)
    pick_device(config.loading.device)
    locate(embedded_policy(config.model))
    if config.comparator.model != "none":
        locate(embedded_comparator(config.comparator.model), "comparator")
    Trackers.named(config.run.tracker)


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


def with_validation(
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


def comparator_of(config: TrainConfig, policy: Policy) -> Comparator | None:
    """The comparator as it is before training; None if the reward does without.

    Raises:
        UserError: it cannot be loaded, or is the policy itself.
    """
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


def similarity_of(
    config: TrainConfig,
    comparator: Comparator | None,
    tasks: list[Task],
    cache: Path | None,
    console: Console,
) -> Similarity | None:
    """How programs are compared: a frozen comparator embeds the references of all tasks first."""
    if comparator is None or config.comparator.mode != "frozen":
        return comparator and ComparatorJudge(comparator)
    corpus = [Program(t.prompt, t.reference) for t in tasks if t.reference is not None]

    def progress(done: int, size: int) -> None:
        console.print(f"embedded {done:,} of {size:,} references")

    embedding_NH = embed_corpus(comparator, corpus, cache, progress)
    neighbours, sharpness = config.comparator.neighbours, config.comparator.sharpness
    return NearestJudge(comparator, corpus, embedding_NH, neighbours, sharpness)
