"""Judge completions: does each compile, and what do its tests say.

Judges in batches, equal completions once. Programs run only in the sandbox's processes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

from rlcf.evaluation.metrics import code_length, is_degenerate
from rlcf.evaluation.results import SampleScore, ScoreReport
from rlcf.languages.outcome import Job, Outcome, Runner, RunResult
from rlcf.languages.verdict import CompileResult, Verdict
from rlcf.sandbox.limits import Limits
from rlcf.tasks.task import Task

Progress = Callable[[str, int, int], None]
"""Called with the stage (`compile` or `run`), how many programs are done, and of how many."""

_COMPILE_BATCH = 128
_RUN_BATCH = 32
"""Programs handed over at a time: large enough to keep all workers busy, small enough
that progress moves."""

_Key = tuple[int, str]
"""Number of the task, and the completion."""


def score_completions(
    tasks: Sequence[Task],
    completions: Sequence[Sequence[str]],
    *,
    limits: Limits | None = None,
    ks: Sequence[int] = (1,),
    progress: Progress | None = None,
    seed: int = 0,
    toolchains: Mapping[str, Runner] | None = None,
    class_path: Sequence[str] = (),
) -> ScoreReport:
    """Compile every completion, run the tests of those accepted, and count.

    Args:
        tasks: with distinct ids; those without tests are only compiled.
        completions: the i-th are the samples of the i-th task; may be empty.
        limits: of each test run; `Limits()` where None.
        ks: the k of pass@k.
        progress: called as work goes on.
        seed: of the bootstrap.
        toolchains: by language, to be used and left open; others are started and closed here.
        class_path: what programs are compiled against, where their toolchain is started here.

    Raises:
        ValueError: `tasks` and `completions` differ in length.
        rlcf.UserError: unknown language, or its tools are not installed.
    """
    if len(tasks) != len(completions):
        raise ValueError(f"{len(tasks)} tasks but completions for {len(completions)}")
    tell = progress or (lambda stage, done, total: None)
    keys: list[_Key] = list(
        dict.fromkeys((i, text) for i, texts in enumerate(completions) for text in texts)
    )
    judged = _judge(tasks, keys, Toolchains(toolchains or {}, class_path), limits, tell)
    rows = [
        _row(task, sample, text, *judged[i, text])
        for i, (task, texts) in enumerate(zip(tasks, completions, strict=True))
        for sample, text in enumerate(texts)
    ]
    return ScoreReport(tuple(rows), tuple(ks), seed)


def _judge(
    tasks: Sequence[Task],
    keys: Sequence[_Key],
    toolchains: Toolchains,
    limits: Limits | None,
    tell: Progress,
) -> dict[_Key, tuple[CompileResult, RunResult | None]]:
    """The compiler's word on each program and, where it is accepted and there are tests, theirs."""
    compiled: dict[_Key, CompileResult] = {}
    ran: dict[_Key, RunResult] = {}
    tell("compile", 0, len(keys))
    groups = _by_language(tasks, keys)
    for language, group in groups.items():
        with toolchains.open(language, groups) as toolchain:
            for batch in _batches(group, _COMPILE_BATCH):
                programs = [tasks[i].program(text) for i, text in batch]
                compiled.update(zip(batch, toolchain.check(programs), strict=True))
                tell("compile", len(compiled), len(keys))
            wanted = [key for key in group if _is_tested(tasks[key[0]], compiled[key])]
            total = len(ran) + len(wanted)
            tell("run", len(ran), total)
            for batch in _batches(wanted, _RUN_BATCH):
                jobs = [_job(tasks[i], text) for i, text in batch]
                ran.update(zip(batch, toolchain.run(jobs, limits), strict=True))
                tell("run", len(ran), total)
    return {key: (compiled[key], ran.get(key)) for key in keys}


def _is_tested(task: Task, compiled: CompileResult) -> bool:
    return task.tests is not None and compiled.verdict is Verdict.ACCEPTED


def _job(task: Task, completion: str) -> Job:
    return Job(task.tested(completion), task.tests or "", task.entry_point or "")


def _row(
    task: Task, sample: int, text: str, compiled: CompileResult, ran: RunResult | None
) -> SampleScore:
    if compiled.verdict is Verdict.UNSCORED:
        outcome, detail = Outcome.UNSCORED, compiled.reason
    elif ran is None:
        outcome, detail = Outcome.NOT_RUN, ""
    else:
        outcome, detail = ran.outcome, ran.detail
    accepted = {Verdict.ACCEPTED: True, Verdict.REJECTED: False}.get(compiled.verdict)
    return SampleScore(
        task_id=task.task_id,
        sample=sample,
        completion=text,
        compiled=accepted,
        outcome=str(outcome),
        detail=detail,
        error_classes=tuple(dict.fromkeys(str(d.error_class) for d in compiled.errors)),
        diagnostics=tuple(d.to_json() for d in compiled.diagnostics),
        length=code_length(text),
        reference_length=None if task.reference is None else code_length(task.reference),
        degenerate=is_degenerate(text, task.reference, task.language),
        tested=task.tests is not None,
        whole=not task.prompt,
    )


def _by_language(tasks: Sequence[Task], keys: Sequence[_Key]) -> dict[str, list[_Key]]:
    groups: dict[str, list[_Key]] = {}
    for key in keys:
        groups.setdefault(tasks[key[0]].language, []).append(key)
    return groups


def _batches(keys: Sequence[_Key], size: int) -> Iterator[Sequence[_Key]]:
    for begin in range(0, len(keys), size):
        yield keys[begin : begin + size]


@dataclass(frozen=True)
class Toolchains:
    """Those that were given, and others for as long as they are needed."""

    given: Mapping[str, Runner]
    class_path: Sequence[str]

    @contextmanager
    def open(self, language: str, among: Collection[str]) -> Iterator[Runner]:
        """Of one of the languages of the tasks."""
        if language in self.given:
            yield self.given[language]
            return
        from rlcf.languages import Toolchain, options_for

        own = options_for(among, self.class_path)[language]
        with closing(Toolchain(language, **own)) as toolchain:
            yield toolchain
