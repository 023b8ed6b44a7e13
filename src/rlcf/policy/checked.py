"""Completions that the compiler has seen: what it rejects is drawn again, or repaired.

Drawing again puts the same prompt once more. Repairing shows the model the rejected program with
what the compiler said of it (`prompting`). Keeps the first draw that the compiler accepts, with its
verdict, attempts and diagnostics; if it accepts none, the first draw, marked as rejected. A draw
without a verdict ends its slot: it stays unscored. The first draws are those of `sample_tasks` with
the same seed. Acceptance says that a program compiles, not that it is right. Nothing is trained or
run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from rlcf.errors import UserError
from rlcf.languages import Toolchain, check_until_scored, options_for
from rlcf.languages.feedback import errors_of
from rlcf.languages.verdict import Compiler, Diagnostic, Verdict
from rlcf.policy.completion import Completion
from rlcf.policy.model import Policy, load_policy
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.tasks.task import Attempt, Task

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
    tokens: int = 0
    """Drawn in all attempts."""

    @property
    def accepted(self) -> bool:
        return self.verdict is Verdict.ACCEPTED


Turn = dict[int, Completion]
"""The draws of a turn by their slots: numbers of completions to be found, task by task."""


def generate(
    model: str | Policy,
    prompts: Sequence[str],
    *,
    language: str = "java",
    retries: int = RETRIES,
    repair: int = 0,
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
        repair: turns in which the model is shown what it wrote and the errors, in place of these.
        sampling: how completions are drawn; temperature 0.8 if not given.
        seed: same seed, same machine: same completions.
        class_path: what programs are compiled against.

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
            model,
            tasks,
            1,
            sampling,
            {language: compiler},
            seed=seed,
            retries=retries,
            repair=repair,
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
    repair: int = 0,
    progress: Progress | None = None,
) -> list[list[Checked]]:
    """Draw `samples_per_task` completions per task, with the turns of `sample_turns`."""
    turns = sample_turns(
        policy,
        tasks,
        samples_per_task,
        config,
        compilers,
        seed=seed,
        retries=retries,
        repair=repair,
        progress=progress,
    )
    found = [_checked(draws_of(turns, slot)) for slot in turns[0]]
    n = samples_per_task
    return [found[i * n : (i + 1) * n] for i in range(len(tasks))]


def sample_turns(
    policy: Policy,
    tasks: Sequence[Task],
    samples_per_task: int,
    config: SamplingConfig,
    compilers: Mapping[str, Compiler],
    *,
    seed: int,
    retries: int = 0,
    repair: int = 0,
    progress: Progress | None = None,
) -> list[Turn]:
    """Draw, then put what is rejected again, for `repair` turns or else for `retries`.

    `compilers` has one for each language of the tasks; without any, nothing is judged.

    Raises:
        UserError: retries without chance: greedy draws are all equal.
    """
    if min(retries, repair) < 0:
        raise UserError("--retries and --repair must be at least 0")
    if retries and not repair and config.temperature == 0:
        raise UserError("greedy completions are all equal: raise --temperature or use --retries 0")
    tell = progress or (lambda stage, done, total: None)
    slots = [(task, j) for task in tasks for j in range(samples_per_task)]
    done = 0

    def drawn(count: int) -> None:
        nonlocal done
        done += count
        tell("generate", done, len(slots))

    def rejected() -> Turn:
        left = _judged(turns[-1], compilers)
        tell("retry", len(slots) - len(left), len(slots))
        return left

    groups = sample_tasks(policy, tasks, samples_per_task, config, seed=seed, progress=drawn)
    turns = [dict(enumerate(sample for group in groups for sample in group))]
    for number in range(1, (repair or retries) + 1):
        left = rejected()
        again = [_again(*slots[i], number, c if repair else None) for i, c in left.items()]
        groups = sample_tasks(policy, again, 1, config, seed=seed)
        turns.append({i: group[0] for i, group in zip(left, groups, strict=True)})
    if compilers:
        rejected()
    return turns


def draws_of(turns: Sequence[Turn], slot: int) -> list[Completion]:
    """What was drawn for a slot, turn by turn."""
    return [turn[slot] for turn in turns if slot in turn]


def kept_of(draws: Sequence[Completion]) -> Completion:
    """The last of a slot's draws, or the first if the last was rejected as all before it."""
    return draws[0 if draws[-1].result.verdict is Verdict.REJECTED else -1]


def tokens_of(draws: Iterable[Completion]) -> int:
    """Tokens drawn."""
    return sum(len(draw.token_ids) for draw in draws)


def _checked(draws: Sequence[Completion]) -> Checked:
    kept = kept_of(draws)
    return Checked(
        text=kept.text,
        program=kept.program,
        verdict=kept.result.verdict,
        attempts=len(draws),
        diagnostics=kept.result.diagnostics,
        tokens=tokens_of(draws),
    )


def _again(task: Task, sample: int, number: int, rejected: Completion | None) -> Task:
    """The task under a name of its own, whose random stream no other draw has; to be repaired
    where it comes with a rejected program."""
    again = replace(task, task_id=f"{task.task_id}\x00{sample}\x00{number}")
    return again if rejected is None else to_repair(again, rejected)


def to_repair(task: Task, rejected: Completion) -> Task:
    """The task together with a program that the compiler rejects, and its errors."""
    errors = errors_of(rejected.result, rejected.program)
    return replace(task, attempt=Attempt(rejected.program, errors))


def _judged(turn: Turn, compilers: Mapping[str, Compiler]) -> Turn:
    """Ask the compiler about each draw; those that it rejects."""
    for language in {sample.task.language for sample in turn.values()}:
        mine = [s for s in turn.values() if s.task.language == language]
        asked = check_until_scored(compilers[language].check, [s.program for s in mine])
        for sample, result in zip(mine, asked, strict=True):
            sample.result = result
    return {i: s for i, s in turn.items() if s.result.verdict is Verdict.REJECTED}
