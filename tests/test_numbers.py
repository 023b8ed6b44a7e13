"""Numbers as people read them: no zero with a sign, and one definition for each measure."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import rlcf
from eval_fakes import FakeToolchain, task
from rlcf.cli import export
from rlcf.cli.terminal import format_estimate
from rlcf.cli.watch_view import metrics_table
from rlcf.evaluation.metrics import distinct_weights
from rlcf.evaluation.report import text as page
from rlcf.evaluation.score import score_completions
from rlcf.evaluation.statistics import Estimate
from rlcf.policy.completion import Batch, Completion
from rlcf.text import decimal
from rlcf.training.progress import StepPrinter
from rlcf.training.stepmetrics import batch_metrics

NEARLY = Estimate(-0.0001, -0.0004, -0.0)


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        (-0.0004, ".3f", "0.000"),
        (-0.0004, "+.3f", "0.000"),
        (0.0004, "+.3f", "0.000"),
        (0.0006, "+.3f", "+0.001"),
        (-0.0006, ".3f", "-0.001"),
        (-0.0, ".4g", "0"),
        (-1e-9, ".3g", "-1e-09"),
        (-0.0001, "+.1%", "0.0%"),
        (-0.0001, "+7.3f", "  0.000"),
        (-0.1, "+7.3f", " -0.100"),
        (math.nan, ".1f", "nan"),
        (-math.inf, "+.1f", "-inf"),
    ],
)
def test_what_rounds_to_zero_has_no_sign(value: float, form: str, expected: str) -> None:
    assert decimal(value, form) == expected


@given(st.floats(-1e-3, 1e-3), st.sampled_from(["compile_rate", "length_ratio"]), st.booleans())
def test_no_measure_is_minus_zero(value: float, measure: str, signed: bool) -> None:
    estimate = Estimate(value, value, value)
    shown = [
        *format_estimate(measure, estimate),
        export._value(measure, estimate),
        page.mean(measure, estimate, signed=signed).replace("\N{MINUS SIGN}", "-"),
        page.interval(measure, estimate, signed=signed).replace("\N{MINUS SIGN}", "-"),
    ]
    for number in " ".join(shown).replace(" %", "").replace("points", "").split():
        assert number == "to" or not (float(number) == 0 and number[0] in "+-"), number


def test_every_command_shows_zero_alike(capsys: pytest.CaptureFixture[str]) -> None:
    assert format_estimate("length_ratio", NEARLY) == ("0.000", "0.000 to 0.000")
    assert export._value("compile_rate", NEARLY, "low") == "0.0 %"
    assert page.mean("compile_rate", NEARLY, signed=True) == "0.0 points"
    assert page.number(-0.0) == "0"
    console = Console()
    StepPrinter(console, 0, 2)(
        1, {"reward": -0.0001, "similarity": -0.0, "kl": -1e-9, "programs": 4, "seconds/step": 1}
    )
    console.print(metrics_table([{"reward": -0.0, "compile_rate": -0.0}], everything=True))
    shown = capsys.readouterr().out
    assert "0.000" in shown
    assert "-0" not in shown
    assert "+0" not in shown


def test_signed_numbers_all_take_that_way() -> None:
    """A sign asked for in a format of its own would be shown before a zero too."""
    found = [
        f"{file.name}:{node.lineno}"
        for file in Path(rlcf.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FormattedValue)
        and any(spec.startswith("+") for spec in _literals(node.format_spec))
    ]
    assert found == []


def _literals(spec: ast.expr | None) -> Iterator[str]:
    for part in ast.walk(spec) if spec is not None else ():
        if isinstance(part, ast.Constant):
            yield str(part.value)


def test_distinct_is_one_thing_in_training_and_in_evaluation() -> None:
    """White space aside, and over tasks: a model that answers every task alike is not varied."""
    tasks = [task("A"), task("B")]
    texts = [["return 0;", "return  0;\n"], ["return 0;", "a + b;"]]
    scored = score_completions(tasks, texts, toolchains={"java": FakeToolchain()}).totals
    shared = scored["distinct_share"]
    assert shared is not None
    flat = [text for group in texts for text in group]
    groups = [
        [Completion(task, text) for text in group] for task, group in zip(tasks, texts, strict=True)
    ]
    logged = batch_metrics(Batch(groups))
    assert logged["distinct"] == shared.mean == 2 / 4
    assert distinct_weights(flat) == [1 / 3, 1 / 3, 1 / 3, 1]
    assert distinct_weights([]) == []
