"""Completions that the compiler has seen: what it rejects is drawn again.

Keeps the first draw that the compiler accepts, with its verdict, attempts and diagnostics; if it
accepts none, the first draw, marked as rejected. The first draws are those of `sample_tasks` with
the same seed. Acceptance says that a program compiles, not that it is right. Nothing is trained or
run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from rlcf.errors import UserError
from rlcf.languages import Toolchain, check_until_scored, options_for
from rlcf.languages.verdict import Compiler, Diagnostic, Verdict
from rlcf.policy.completion import Completion
from rlcf.policy.model import Policy, load_policy
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.tasks.task import Task

RETRIES = 3
Progress = Callable[[str, int, int], None]
"""Called with the stage (`generate`, or `retry` for all further rounds), done, total."""


@dataclass(frozen=True)
class Checked:
    """A completion and the compiler's word on it."""

    text: str
    """To be joined with the judged task's prompt: `policy.judged(task).program(text)`."""
    program: str
    """The whole program."""
    verdict: Verdict
    """Accepted, rejected, or unscored: the compiler could not tell."""
    attempts: int
    """Draws until this one was accepted; all of them if none was."""
    diagnostics: tuple[Diagnostic, ...] = ()
    """What the compiler says of the program, with places in it."""

    @property
    def accepted(self) -> bool:
        return self.verdict is Verdict.ACCEPTED


@dataclass(frozen=True)
class _Slot:
    """One completion to be found."""

    task: Task
    number: int
    draws: int = 0
    first: Checked | None = None

    def stream(self) -> Task:
        """The task under a name of its own, whose random stream no other draw has."""
        return replace(self.task, task_id=f"{self.task.task_id}\x00{self.number}\x00{self.draws}")


def generate(
    model: str | Policy,
    prompts: Sequence[str],
    *,
    language: str = "java",
    retries: int = RETRIES,
    sampling: SamplingConfig | None = None,
    seed: int = 0,
    class_path: Sequence[str] = (),
) -> list[Checked]:
    """Complete beginnings of programs, checked by the language's compiler.

    Args:
        model: a loaded policy, a hub name, a folder, or `embedded`.
        prompts: each the beginning of a program, up to where the model is to go on.
        language: of the programs.
        retries: further draws for a prompt whose completion is rejected.
        sampling: how completions are drawn; temperature 0.8 if not given.
        seed: same seed, same machine: same completions.
        class_path: what Java programs are compiled against.

    Raises:
        TypeError: `prompts` is one string.
        UserError: the model cannot be loaded, or the language's compiler is not installed.
    """
    if isinstance(prompts, str):
        raise TypeError("generate takes a list of prompts: generate(model, [prompt])")
    if isinstance(model, str):
        from rlcf.assets import embedded_policy

        model = load_policy(embedded_policy(model))
    tasks = [Task(f"prompt/{i}", language, prompt) for i, prompt in enumerate(prompts)]
    sampling = sampling or SamplingConfig(temperature=0.8)
    with Toolchain(language, **options_for([language], class_path)[language]) as compiler:
        found = sample_checked(
            model, tasks, 1, sampling, {language: compiler}, seed=seed, retries=retries
        )
    return [group[0] for group in found]


def sample_checked(
    policy: Policy,
    tasks: Sequence[Task],
    samples_per_task: int,
    config: SamplingConfig,
    compilers: Mapping[str, Compiler],
    *,
    seed: int,
    retries: int = RETRIES,
    progress: Progress | None = None,
) -> list[list[Checked]]:
    """Draw `samples_per_task` completions per task, each anew up to `retries` times while rejected.

    `compilers` has one for each language of the tasks.

    Raises:
        UserError: retries without chance: greedy draws are all equal.
    """
    if retries < 0:
        raise UserError("--retries must be at least 0")
    if retries and config.temperature == 0:
        raise UserError("greedy completions are all equal: raise --temperature or use --retries 0")
    tell = progress or (lambda stage, done, total: None)
    total, done = samples_per_task * len(tasks), 0

    def drawn(count: int) -> None:
        nonlocal done
        done += count
        tell("generate", done, total)

    groups = sample_tasks(policy, tasks, samples_per_task, config, seed=seed, progress=drawn)
    slots = [_Slot(task, j) for task in tasks for j in range(samples_per_task)]
    samples = [sample for group in groups for sample in group]
    found: dict[int, Checked] = {}
    left = list(range(len(slots)))
    for attempt in range(1, retries + 2):
        checked = _judged(samples, compilers)
        for i, one in zip(left, checked, strict=True):
            first = slots[i].first or one
            slots[i] = replace(slots[i], draws=attempt, first=first)
            kept = first if one.verdict is Verdict.REJECTED else one
            found[i] = replace(kept, attempts=attempt)
        left = [i for i in left if found[i].verdict is Verdict.REJECTED]
        tell("retry", total - len(left), total)
        if not left or attempt > retries:
            break
        again = [slots[i].stream() for i in left]
        samples = [g[0] for g in sample_tasks(policy, again, 1, config, seed=seed)]
    n = samples_per_task
    return [[found[i * n + j] for j in range(n)] for i in range(len(tasks))]


def _judged(samples: Sequence[Completion], compilers: Mapping[str, Compiler]) -> list[Checked]:
    """The compiler's word on each draw, in order."""
    for language in {sample.task.language for sample in samples}:
        mine = [s for s in samples if s.task.language == language]
        asked = check_until_scored(compilers[language].check, [s.program for s in mine])
        for sample, result in zip(mine, asked, strict=True):
            sample.result = result
    return [Checked(s.text, s.program, s.result.verdict, 1, s.result.diagnostics) for s in samples]
