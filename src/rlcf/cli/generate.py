"""`rlcf generate`: completes tasks or one program, and sees to it that they compile."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlcf.cli.modelflags import ModelFlags
from rlcf.cli.terminal import progress_bars
from rlcf.errors import UserError
from rlcf.inputs import read_text
from rlcf.languages import Toolchain, options_for
from rlcf.languages.registry import known
from rlcf.outputs import Output, write
from rlcf.settings import CountOrNone, Need
from rlcf.tasks import Task, load_tasks

if TYPE_CHECKING:
    from rlcf.policy.checked import Checked
    from rlcf.policy.model import Policy


@dataclass(frozen=True)
class Args(ModelFlags):
    """Complete tasks or a program of your own with a model.

    Tasks give JSON lines that `rlcf score` and mxeval read. One program (--prompt, --file, or
    standard input by --file -) is printed whole. With --check the language's compiler judges each
    completion; one that it rejects is drawn again, and the first that it accepts is kept, with its
    verdict and the number of attempts. If none is accepted, the first is kept and marked so.

    With --repair the model is shown what it wrote and the compiler's errors, and corrects it, in
    place of drawing again.

    With --chat the lines hold a whole `program` in place of a `completion`. Exit code of one
    program: 0 done (if checked: accepted), 1 not accepted, 2 no verdict or bad input.

    Examples:
      rlcf generate --model embedded --tasks embedded:test --limit 20 --out samples.jsonl
      rlcf generate --model path/to/model --tasks mbjp --n 5 --check --out samples.jsonl
      rlcf generate --model path/to/model --tasks mbjp --chat auto --repair 2
      rlcf generate --model path/to/model --file Begun.java --check --retries 8 > Program.java
    """

    tasks: str = ""
    """JSONL file of tasks, or the name of a task set (see `rlcf tasks --help`); of several splits,
    the one called test, unless :SPLIT is added."""
    prompt: str | None = None
    """Instead of tasks: the beginning of one program, up to where the model is to go on."""
    file: Path | None = None
    """Instead of tasks: a file that holds it; - is standard input."""
    language: str = "java"
    """Language of --prompt or --file."""
    out: Path = Path("samples.jsonl")
    """File for completions of tasks; it must not exist."""
    check: bool = False
    """Ask the compiler about each completion, and draw again those that it rejects."""
    retries: CountOrNone = 3
    """With --check: further draws for a completion, at most."""
    repair: CountOrNone = 0
    """Turns at most in which the model corrects what the compiler rejects; implies --check, in
    place of --retries."""
    class_path: tuple[str, ...] = ()
    """What checked programs are compiled against: jar files, classes, headers, packages, modules,
    crates (docs/languages.md)."""

    NEEDS = (
        Need(("retries",), lambda a: a.check, "--check"),
        Need(("retries",), lambda a: not a.repair, "--repair 0"),
        Need(("class_path",), lambda a: a.checks, "--check or --repair"),
        Need(("out", "limit", "n"), lambda a: a.tasks, "--tasks: one program is printed"),
        Need(("language",), lambda a: not a.tasks, "--prompt or --file: tasks name their own"),
    )

    @property
    def checks(self) -> bool:
        """Whether the compiler is asked."""
        return self.check or self.repair > 0

    def outputs(self) -> list[Output]:
        """The completions of tasks; one program is printed."""
        return [Output(self.out, kind="new")] if self.tasks else []


def main(args: Args) -> int:
    """Sample, check if asked, and write."""
    given = [name for name in ("tasks", "prompt", "file") if getattr(args, name)]
    if len(given) != 1:
        raise UserError("give one of --tasks, --prompt and --file to say what to complete")
    return _whole_set(args) if args.tasks else _one(args)


def _whole_set(args: Args) -> int:
    tasks = load_tasks(
        args.tasks, limit=args.limit, seed=args.seed, default_split="test", tell=print
    )
    policy = args.load()
    # A chat's answer is a whole program and no completion, so that nobody joins it to the prompt.
    key = "completion" if policy.judged(tasks[0]) == tasks[0] else "program"
    rows, words = (_checked if args.checks else _plain)(args, policy, tasks, key)
    write(args.out, "".join(json.dumps(row) + "\n" for row in rows))
    print(f"wrote {len(rows)} completions of {len(tasks)} tasks to {args.out}")
    if words:
        print(words)
    return 0


def _plain(
    args: Args, policy: Policy, tasks: Sequence[Task], key: str
) -> tuple[list[dict[str, Any]], str]:
    from rlcf.policy.sampling import sample_tasks

    total, done = args.n * len(tasks), 0
    with progress_bars({"generate": "writing programs"}) as progress:

        def generated(count: int) -> None:
            nonlocal done
            done += count
            progress("generate", done, total)

        drawn = sample_tasks(
            policy, tasks, args.n, args.sampling, seed=args.seed, progress=generated
        )
    return [
        {"task_id": task.task_id, "language": task.language, key: sample.text}
        for task, group in zip(tasks, drawn, strict=True)
        for sample in group
    ], ""


def _checked(
    args: Args, policy: Policy, tasks: Sequence[Task], key: str
) -> tuple[list[dict[str, Any]], str]:
    drawn = _draw(args, policy, tasks, args.n)
    rows = [
        {
            "task_id": task.task_id,
            "language": task.language,
            key: one.text,
            "verdict": str(one.verdict),
            "attempts": one.attempts,
            "tokens": one.tokens,
            "diagnostics": [d.to_json() for d in one.diagnostics],
        }
        for task, group in zip(tasks, drawn, strict=True)
        for one in group
    ]
    every = [one for group in drawn for one in group]
    first = sum(one.accepted and one.attempts == 1 for one in every)
    accepted = sum(one.accepted for one in every)
    share = "the compiler accepted {:.1f} % of the first draws, {:.1f} % of what is kept"
    words = share.format(100 * first / len(every), 100 * accepted / len(every))
    unscored = sum(str(one.verdict) == "unscored" for one in every)
    return rows, words + (f"; no verdict on {unscored}" if unscored else "")


def _draw(args: Args, policy: Policy, tasks: Sequence[Task], count: int) -> list[list[Checked]]:
    from rlcf.policy.checked import sample_checked

    stages = {"generate": "writing programs", "retry": "accepted"}
    with ExitStack() as stack:
        options = options_for({task.language for task in tasks}, args.class_path)
        compilers = {
            name: stack.enter_context(Toolchain(name, **own)) for name, own in options.items()
        }
        progress = stack.enter_context(progress_bars(stages))
        return sample_checked(
            policy,
            tasks,
            count,
            args.sampling,
            compilers,
            seed=args.seed,
            retries=args.retries,
            repair=args.repair,
            progress=progress,
        )


def _one(args: Args) -> int:
    """Complete one program and print it; what the compiler says goes to standard error."""
    from rlcf.policy.sampling import sample_tasks

    task = Task("prompt", known(args.language), _prompt(args))
    policy = args.load()
    if not args.checks:
        [[sample]] = sample_tasks(policy, [task], 1, args.sampling, seed=args.seed)
        print(policy.judged(task).program(sample.text), end="")
        return 0
    [[one]] = _draw(args, policy, [task], 1)
    print(one.program, end="")
    tries = f"{one.attempts} attempt" + "s" * (one.attempts > 1)
    print(f"rlcf: {one.verdict} after {tries}", file=sys.stderr)
    for d in one.diagnostics:
        print(f"{d.line}:{d.column}: {d.severity}: {d.message.strip()}", file=sys.stderr)
    return {"accepted": 0, "rejected": 1}.get(str(one.verdict), 2)


def _prompt(args: Args) -> str:
    if args.prompt is not None:
        return args.prompt
    assert args.file is not None
    text = read_text(args.file)
    if not text.strip():
        raise UserError(f"{args.file} is empty: it must hold the beginning of a program")
    return text
