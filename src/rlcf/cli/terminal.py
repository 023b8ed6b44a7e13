"""What the verbs share on the terminal: progress bars, and numbers with intervals.

Progress goes to stderr, so that stdout can be piped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from math import isnan

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from rlcf.evaluation.budget import at_equal_tokens
from rlcf.evaluation.numbers import digits, unit
from rlcf.evaluation.results import ScoreReport, TurnScore
from rlcf.evaluation.score import Progress as Callback
from rlcf.evaluation.statistics import Estimate


@contextmanager
def progress_bars(names: Mapping[str, str]) -> Iterator[Callback]:
    """Bars on stderr for the stages in `names` (stage -> label), gone when done."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bars = {stage: progress.add_task(label, total=None) for stage, label in names.items()}

        def update(stage: str, done: int, total: int) -> None:
            progress.update(bars[stage], completed=done, total=total)

        yield update


def evaluation_progress(*, turns: bool = False) -> AbstractContextManager[Callback]:
    """Bars for `evaluate_policy`, also of further `turns`."""
    further = {"retry": "accepted"} if turns else {}
    stages = {"compile": "compiling", "run": "running tests"}
    return progress_bars({"generate": "writing programs", **further, **stages})


def show_differences(
    console: Console,
    title: str,
    before: ScoreReport,
    after: ScoreReport,
    differences: Mapping[str, Estimate],
    labels: Mapping[str, str],
) -> None:
    """Print both sides of the measures in `labels` (measure -> label), and how they differ."""
    table = Table(title=title, title_justify="left")
    for head in ("", "before", "after", "difference", "95 % interval, paired"):
        table.add_column(head, justify="right" if head else "left")
    for name, label in labels.items():
        sides = [format_estimate(name, side.totals.get(name))[0] for side in (before, after)]
        table.add_row(label, *sides, *format_estimate(name, differences.get(name), signed=True))
    console.print(table)


def show_at_equal_tokens(console: Console, before: ScoreReport, after: ScoreReport) -> None:
    """Print what one side reached by each turn, and the other for as many tokens."""
    table = Table(title="at equal tokens", title_justify="left")
    for head in ("", "after turn", "tokens", "measure", "before", "after"):
        table.add_column(head, justify="right" if head else "left")
    for prompts, label in ((False, "drawn"), (True, "drawn and in prompts")):
        for measure in ("compile_rate", "pass@1"):
            rows = at_equal_tokens(after, before, measure, prompts=prompts)
            for turn, (tokens, rate, other) in enumerate(rows, 1):
                shares = (
                    "" if isnan(s) else digits(measure, s) + unit(measure) for s in (other, rate)
                )
                table.add_row(label, str(turn), str(tokens), measure, *shares)
    console.print(table)


def show_scores(report: ScoreReport, *, title: str) -> None:
    """Print the totals with their intervals, the outcomes and the error classes."""
    console = Console(highlight=False)
    table = Table(title=title, title_justify="left")
    table.add_column("measure")
    table.add_column("value", justify="right")
    table.add_column("95 % interval", justify="right")
    for name, estimate in report.totals.items():
        table.add_row(name, *format_estimate(name, estimate))
    console.print(table)
    if len(report.by_turn) > 1:
        console.print(_by_turn(report.by_turn))
    console.print("outcomes: " + _counts(report.outcomes))
    if report.error_classes:
        console.print("samples with errors, by class: " + _counts(report.error_classes))


def _by_turn(turns: Sequence[TurnScore]) -> Table:
    table = Table()
    for head in ("after turn", "drawn", "tokens", "prompt tokens", "compile_rate", "pass@1"):
        table.add_column(head, justify="right")
    for number, turn in enumerate(turns, 1):
        counts = (number, turn.drawn, turn.tokens, turn.prompt_tokens)
        rates = (turn.compile_rate, turn.pass_at_1)
        table.add_row(*map(str, counts), *(format_estimate("pass@1", rate)[0] for rate in rates))
    return table


def format_estimate(
    name: str, estimate: Estimate | None, *, signed: bool = False
) -> tuple[str, str]:
    """Value and interval as text; `signed`: of a difference."""
    if estimate is None:
        return "not measured", ""
    mean, low, high = (
        digits(name, value, signed=signed) for value in (estimate.mean, estimate.low, estimate.high)
    )
    return mean + unit(name, signed=signed), f"{low} to {high}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
