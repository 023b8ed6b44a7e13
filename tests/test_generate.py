"""`rlcf generate --check`: what the compiler rejects is drawn again; the rows say how it went."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

import rlcf
import tiny
from rlcf.cli import main
from rlcf.errors import UserError
from rlcf.languages import Verdict, check
from rlcf.policy.checked import sample_checked
from rlcf.policy.sampling import SamplingConfig, sample_tasks

SAMPLING = SamplingConfig(1.0, None, 12)


class Fussy(tiny.FakeCompiler):
    """Rejects a program until it has seen `after` others."""

    def __init__(self, after: int) -> None:
        super().__init__(bad=("class",))
        self.after = after

    def check(self, programs: list[str]) -> list[rlcf.CompileResult]:  # type: ignore[override]
        if self.asked >= self.after:
            self.bad = ()
        return super().check(programs)


def drawn(compiler: tiny.FakeCompiler, retries: int, n: int = 2) -> list:  # type: ignore[type-arg]
    policy, tasks = tiny.policy(), tiny.tasks(3)
    compilers: dict[str, Any] = {"java": compiler}
    return sample_checked(policy, tasks, n, SAMPLING, compilers, seed=3, retries=retries)


def test_first_draws_are_those_without_a_check() -> None:
    accepted = drawn(tiny.FakeCompiler(), retries=3)
    plain = sample_tasks(tiny.policy(), tiny.tasks(3), 2, SAMPLING, seed=3)
    assert [[c.text for c in g] for g in accepted] == [[s.text for s in g] for g in plain]
    assert {(c.verdict, c.attempts) for g in accepted for c in g} == {(Verdict.ACCEPTED, 1)}


def test_rejected_completions_are_drawn_again() -> None:
    compiler = Fussy(after=6)
    plain = sample_tasks(tiny.policy(), tiny.tasks(3), 2, SAMPLING, seed=3)
    found = [c for g in drawn(compiler, retries=3) for c in g]
    assert {(c.verdict, c.attempts) for c in found} == {(Verdict.ACCEPTED, 2)}
    assert compiler.asked == 12
    again = [c.text for c in found]
    assert all(a != s.text for a, s in zip(again, [s for g in plain for s in g], strict=True))
    assert len(set(again)) == 6  # each draw has a random stream of its own
    assert [c.text for g in drawn(Fussy(after=6), retries=3) for c in g] == again


def test_what_is_never_accepted_is_the_first_draw_and_says_so() -> None:
    compiler = tiny.FakeCompiler(bad=("class",))
    plain = sample_tasks(tiny.policy(), tiny.tasks(3), 1, SAMPLING, seed=3)
    found = [c for g in drawn(compiler, retries=2, n=1) for c in g]
    assert [c.text for c in found] == [g[0].text for g in plain]
    assert {(c.verdict, c.attempts) for c in found} == {(Verdict.REJECTED, 3)}
    assert all(c.diagnostics[0].message == "class" for c in found)
    assert compiler.asked == 9


def test_unscored_is_no_rejection() -> None:
    compiler = tiny.FakeCompiler(broken=("class",))
    found = [c for g in drawn(compiler, retries=2, n=1) for c in g]
    assert {(c.verdict, c.attempts) for c in found} == {(Verdict.UNSCORED, 1)}
    assert compiler.asked == 9  # asked again, not drawn again


def test_greedy_draws_cannot_be_tried_again() -> None:
    with pytest.raises(UserError, match="all equal"):
        sample_checked(tiny.policy(), tiny.tasks(1), 1, SamplingConfig(0.0), {}, seed=0)


def test_checked_completions_of_the_embedded_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, file = tmp_path / "samples.jsonl", str(tmp_path / "tasks.jsonl")
    assert main(["tasks", "embedded:test", "--count", "12", "--out", file]) == 0
    command = ["generate", "--model", "embedded", "--tasks", file]
    assert main([*command, "--n", "2", "--check", "--retries", "2", "--out", str(out)]) == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == 24
    said = capsys.readouterr().out
    assert "the compiler accepted" in said
    kept = sum(row["verdict"] == "accepted" for row in rows)
    assert kept > sum(row["verdict"] == "accepted" and row["attempts"] == 1 for row in rows)
    tasks = {t.task_id: t for t in rlcf.load_tasks(file)}
    programs = [tasks[row["task_id"]].program(row["completion"]) for row in rows]
    for row, result in zip(rows, check(programs), strict=True):
        assert row["verdict"] == str(result.verdict)
        assert row["diagnostics"] == [d.to_json() for d in result.diagnostics]
        assert row["attempts"] == 3 or row["verdict"] == "accepted"
    scores = tmp_path / "scores.json"
    score = ["score", "--tasks", file, "--samples", str(out), "--json", str(scores)]
    assert main(score) == 0  # the rows are samples
    assert json.loads(scores.read_text())["totals"]["compile_rate"]["mean"] * 24 == kept


def test_one_program_of_ones_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = rlcf.load_tasks("embedded:test", limit=1)[0].prompt
    command = ["generate", "--model", "embedded", "--check", "--retries", "9"]
    assert main([*command, "--prompt", prompt]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(prompt)
    assert check([said.out])[0].verdict is Verdict.ACCEPTED
    assert "rlcf: accepted after" in said.err
    file = tmp_path / "Begun.java"
    file.write_text(prompt)
    assert main([*command, "--file", str(file)]) == 0
    assert capsys.readouterr().out == said.out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(prompt.encode())))
    assert main([*command, "--file", "-"]) == 0
    assert capsys.readouterr().out == said.out
    wrong = "class A {\n    int f() {\n        undefined();\n"
    assert main([*command[:-1], "1", "--prompt", wrong]) == 1
    assert "rlcf: rejected after 2 attempts" in capsys.readouterr().err
    [one] = rlcf.generate("embedded", [prompt], retries=9)
    assert (one.program, one.accepted) == (said.out, True)


def test_what_cannot_be_generated_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["generate", "--model", "embedded"]
    assert main(command) == 2
    assert "give one of --tasks, --prompt and --file" in capsys.readouterr().err
    assert main([*command, "--file", str(tmp_path / "absent")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert main([*command, "--prompt", "class A {", "--n", "2"]) == 2
    assert "--n has no effect without --tasks" in capsys.readouterr().err
    with pytest.raises(TypeError, match="a list"):
        rlcf.generate("embedded", "class A {")
