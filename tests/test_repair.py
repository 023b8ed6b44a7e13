"""Repair: what the compiler said of a program reaches the model's next prompt, and what it costs.

Models are tiny and untrained: a compiler that grows milder stands for one that learns.
"""

from __future__ import annotations

import json
import math
import runpy
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import rlcf
import tiny
from rlcf.cli import main
from rlcf.evaluation.budget import at_equal_tokens
from rlcf.evaluation.evaluate import evaluate_policy
from rlcf.evaluation.results import ScoreReport, TurnScore
from rlcf.evaluation.statistics import Estimate
from rlcf.languages import CompileResult, Diagnostic, ErrorClass, Verdict
from rlcf.languages.feedback import errors_of
from rlcf.policy.checked import Turn, draws_of, sample_checked, sample_turns
from rlcf.policy.model import Policy
from rlcf.policy.prompting import ChatStyle, PlainStyle
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.tasks.task import Attempt
from test_chat import chat_policy

SAMPLING = SamplingConfig(1.0, None, 12)
TASKS = [replace(task, tests="T") for task in tiny.tasks(6)]
ERRORS = "line 1: class\n    class Add0 {"


class Milder(tiny.FakeCompiler):
    """Knows programs by their task: rejects 1 and 2 for some rounds, 3 for ever; 4 breaks it."""

    def __init__(self) -> None:
        super().__init__(bad=("Add1 ", "Add2 ", "Add3 "), broken=("Add4 ",))
        self.programs: list[str] = []

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        self.bad = tuple(w for w in self.bad if w == "Add3 " or self._seen(w) < int(w[3]))
        self.programs += programs
        return super().check(programs)

    def _seen(self, word: str) -> int:
        return sum(word in program for program in self.programs)


def policy(style: ChatStyle | PlainStyle) -> Policy:
    return replace(chat_policy(2000), style=style)


def turns(compiler: tiny.FakeCompiler, *, repair: int = 1, n: int = 1, seed: int = 3) -> list[Turn]:
    asked = policy(PlainStyle())
    compilers: dict[str, Any] = {"java": compiler}
    return sample_turns(asked, TASKS, n, SAMPLING, compilers, seed=seed, repair=repair)


class Strict(tiny.FakeCompiler):
    """Rejects all."""

    def _one(self, program: str) -> CompileResult:
        error = Diagnostic("error", "", ErrorClass.OTHER, f"{len(program)} too many", 7, 1, 0, 1)
        return CompileResult(Verdict.REJECTED, (error,))


@pytest.mark.parametrize("style", [PlainStyle(), ChatStyle()])
def test_program_and_errors_reach_the_next_prompt(style: ChatStyle | PlainStyle) -> None:
    asked, compilers = policy(style), {"java": Strict()}
    found = sample_turns(asked, TASKS[:1], 1, SAMPLING, compilers, seed=3, repair=2)
    for before, after in pairwise(next(iter(turn.values())) for turn in found):
        attempt = Attempt(before.program, errors_of(before.result, before.program))
        shown = asked.tokenizer.decode(after.prompt_ids)
        assert shown == style.prompt(asked.tokenizer, replace(TASKS[0], attempt=attempt))
        assert f"line 7: {len(before.program)} too many" in shown
        for line in before.program.splitlines():
            assert line.rstrip() in shown
        assert after.task.prompt == before.task.prompt  # the compiler sees none of it
        assert after.token_ids != before.token_ids


def test_the_prompt_of_a_plain_model_is_a_comment_before_the_task() -> None:
    task = replace(TASKS[0], attempt=Attempt("class Add0 {\n}\n", ERRORS))
    assert PlainStyle().prompt(None, task) == (
        "// This program is rejected by the compiler:\n//\n// class Add0 {\n// }\n//\n"
        "// The compiler says:\n//\n// line 1: class\n//     class Add0 {\n//\n"
        f"// The corrected program:\n\n{task.prompt}"
    )


def test_the_prompt_of_a_chat_is_two_further_turns() -> None:
    asked = policy(ChatStyle())
    said = asked.style.prompt(asked.tokenizer, TASKS[0])
    task = replace(TASKS[0], attempt=Attempt("class Add0 {\n}\n", ERRORS))
    again = asked.style.prompt(asked.tokenizer, task)
    assert again.startswith(said)
    assert again.removeprefix(said) == (
        "```java\nclass Add0 {\n}\n```<|end|>\n"
        f"<|begin|>user\nThe compiler rejects this program:\n\n{ERRORS}\n\nCorrect it. Answer with "
        "the whole program, from its first line to its last, in one fenced code block.<|end|>\n"
        "<|begin|>assistant\n"
    )


def test_only_what_is_rejected_is_repaired() -> None:
    found = turns(Milder(), repair=3)
    plain = sample_tasks(policy(PlainStyle()), TASKS, 1, SAMPLING, seed=3)
    assert [c.text for c in found[0].values()] == [group[0].text for group in plain]
    assert [sorted(turn) for turn in found] == [[0, 1, 2, 3, 4, 5], [1, 2, 3], [2, 3], [3]]
    compilers: dict[str, Any] = {"java": Milder()}
    asked = policy(PlainStyle())
    kept = [
        group[0] for group in sample_checked(asked, TASKS, 1, SAMPLING, compilers, seed=3, repair=3)
    ]
    assert [c.attempts for c in kept] == [1, 2, 3, 4, 1, 1]
    assert [str(c.verdict) for c in kept] == [
        *("accepted", "accepted", "accepted", "rejected", "unscored", "accepted"),
    ]
    for slot, one in enumerate(kept):
        draws = draws_of(found, slot)
        assert one.tokens == sum(len(c.token_ids) for c in draws)
        assert one.text == draws[0 if slot == 3 else -1].text
        assert len({c.token_ids for c in draws}) == len(draws)


def test_the_same_seed_draws_the_same_whatever_is_drawn_beside_it() -> None:
    def tokens(found: list[Turn]) -> list[list[tuple[int, ...]]]:
        return [[c.token_ids for c in turn.values()] for turn in found]

    bad = ("class",)
    one, other = turns(tiny.FakeCompiler(bad)), turns(tiny.FakeCompiler(bad))
    assert tokens(one) == tokens(other) != tokens(turns(tiny.FakeCompiler(bad), seed=4))
    both = turns(tiny.FakeCompiler(bad), n=2)
    assert [row[::2] for row in tokens(both)] == tokens(one)


def report(**options: Any) -> ScoreReport:
    asked, toolchains = policy(PlainStyle()), {"java": Milder()}
    return evaluate_policy(
        asked, TASKS, n=1, sampling=SAMPLING, seed=3, toolchains=toolchains, **options
    )


@pytest.mark.parametrize("how", ["repair", "retries"])
def test_rates_after_each_turn_and_what_it_cost(how: str, tmp_path: Path) -> None:
    found = report(**{how: 3})
    rates = [(turn.compile_rate.mean, turn.pass_at_1.mean) for turn in found.by_turn]  # type: ignore[union-attr]
    assert rates == [(0.4, 0.4), (0.6, 0.6), (0.8, 0.8), (0.8, 0.8)]
    assert [turn.drawn for turn in found.by_turn] == [6, 3, 2, 1]
    assert found.totals["pass@1"] == found.by_turn[-1].pass_at_1
    assert [row.attempts for row in found.rows] == [1, 2, 3, 4, 1, 1]
    assert sum(row.tokens or 0 for row in found.rows) == sum(t.tokens for t in found.by_turn)
    assert [row.outcome for row in found.rows].count("unscored") == found.unscored == 1
    prompts = [turn.prompt_tokens / turn.drawn for turn in found.by_turn]
    assert (min(prompts[1:]) > 2 * prompts[0]) is (how == "repair")
    found.save(tmp_path / "scores.json")
    assert ScoreReport.load(tmp_path / "scores.json") == found


def test_without_further_turns_the_first_is_all() -> None:
    [turn] = report().by_turn
    assert (turn.drawn, turn.compile_rate) == (6, report(repair=2).by_turn[0].compile_rate)


def test_a_comparison_at_equal_tokens() -> None:
    def costs(*turns: tuple[int, int, float]) -> ScoreReport:
        def score(tokens: int, prompt: int, rate: float) -> TurnScore:
            return TurnScore(1, tokens, prompt, None, Estimate(rate, 0, 1))

        return ScoreReport((), by_turn=tuple(score(*turn) for turn in turns))

    repaired = costs((100, 50, 0.2), (60, 150, 0.5), (60, 150, 0.6))
    again = costs((100, 50, 0.2), (80, 50, 0.3), (20, 50, 0.4))
    rows = at_equal_tokens(repaired, again, "pass@1", prompts=False)
    assert [row[:2] for row in rows] == [(100, 0.2), (160, 0.5), (220, 0.6)]
    assert [row[2] for row in rows] == pytest.approx([0.2, 0.275, math.nan], nan_ok=True)
    rows = at_equal_tokens(repaired, again, "pass@1", prompts=True)
    assert [row[0] for row in rows] == [150, 360, 570]
    assert [row[2] for row in rows] == pytest.approx([0.2, math.nan, math.nan], nan_ok=True)


def test_errors_as_text() -> None:
    def error(message: str, line: int, start: int) -> Diagnostic:
        return Diagnostic(
            "error", "", ErrorClass.OTHER, message, line, 1, start, start + 1 if line else -1
        )

    program = "class A {\n    int b = oops;\n"
    found = [
        error("cannot find symbol\n  symbol: oops", 2, 22),
        error("cannot find symbol\n  symbol: oops", 2, -1),
        error("in /tmp/xy12/z/program.h", 0, -1),
        replace(error("a mere warning", 1, 0), severity="warning"),
        error("x" * 999, 1, 0),
        error("the fourth", 1, 0),
    ]
    said = errors_of(CompileResult(Verdict.REJECTED, tuple(found)), program)
    assert said.splitlines() == [
        "line 2: cannot find symbol symbol: oops",
        "    int b = oops;",
        "in program.h",
        "line 1: " + "x" * 199 + "…",
        "    class A {",
    ]


def test_feedback_is_what_a_tool_gives_an_agent() -> None:
    assert rlcf.feedback("def f():\n    return 1\n", "python") == "accepted"
    wrong = "def f(:\n    return 1\n"
    [result] = rlcf.check([wrong], "python")
    assert rlcf.feedback(wrong, "python") == errors_of(result, wrong)
    assert rlcf.feedback(wrong, "python").startswith("line 1: invalid syntax\n    def f(:")
    assert rlcf.feedback("x" * (2**20 + 1), "python").startswith("no verdict: longer than")


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = ["--model", "embedded-python", "--tasks", "embedded-python:test", "--limit", "6"]
    short = ["--max-new-tokens", "24", "--repair", "1"]
    out, scores = tmp_path / "samples.jsonl", tmp_path / "scores.json"
    assert main(["generate", *model, *short, "--out", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert {row["attempts"] for row in rows} == {1, 2}
    assert all(row["verdict"] == "accepted" or row["attempts"] == 2 for row in rows)
    assert main(["evaluate", *model, *short, "--json", str(scores)]) == 0
    found = ScoreReport.load(scores)
    assert [row.attempts for row in found.rows] == [row["attempts"] for row in rows]
    assert [row.tokens for row in found.rows] == [row["tokens"] for row in rows]
    assert "after turn" in capsys.readouterr().out
    again = tmp_path / "again.json"
    assert main(["evaluate", *model, *short[:2], "--retries", "1", "--json", str(again)]) == 0
    assert main(["compare", str(again), str(scores)]) == 0
    assert "at equal tokens" in capsys.readouterr().out
    assert main(["evaluate", *model, "--retries", "1", "--repair", "1"]) == 2
    assert "--retries has no effect without --repair 0" in capsys.readouterr().err


def test_the_example(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    example = Path(rlcf.__file__).parents[2] / "examples" / "repair.py"
    monkeypatch.setattr("sys.argv", [str(example), "embedded"])
    runpy.run_path(str(example), run_name="__main__")
    said = capsys.readouterr().out
    assert "line 3: " in said
    assert "attempts" in said
