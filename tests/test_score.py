"""Scoring: rows, totals, what unscored and untested samples do to them, JSON, comparison."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval_fakes import FakeToolchain, install, task
from rlcf.cli.terminal import format_estimate
from rlcf.evaluation import Estimate, ScoreReport, compare, score_completions
from rlcf.outputs import write
from rlcf.sandbox.limits import Limits
from rlcf.tasks import load_tasks

PASS, FAIL, ERROR = "x + y; RUN=passed", "x - y; RUN=failed", "x / y; RUN=error"


def score(tasks: Any, completions: Any, **options: Any) -> ScoreReport:
    tools = {"toolchains": {"java": FakeToolchain()}}
    return score_completions(tasks, completions, **{**tools, **options})


def mean(report: ScoreReport, name: str) -> float:
    estimate = report.totals[name]
    assert estimate is not None
    return estimate.mean


def test_rows_say_what_happened() -> None:
    tasks = [task("A"), task("B", tests=None)]
    report = score(tasks, [[PASS, "BAD", ERROR], ["ok;"]])
    assert [(r.task_id, r.sample, r.compiled, r.outcome) for r in report.rows] == [
        ("A", 0, True, "passed"),
        ("A", 1, False, "not_run"),
        ("A", 2, True, "error"),
        ("B", 0, True, "not_run"),
    ]
    bad = report.rows[1]
    assert bad.error_classes == ("syntax",)
    assert bad.diagnostics[1]["start"] == len(tasks[0].prompt)
    assert report.rows[2].detail == "why"
    assert report.outcomes == {"passed": 1, "error": 1, "not_run": 2}
    assert report.error_classes == {"syntax": 1}


def test_rates_by_their_definitions() -> None:
    report = score([task("A"), task("B")], [[PASS, FAIL, ERROR, "BAD"], [FAIL, "BAD 2"]])
    assert mean(report, "compile_rate") == pytest.approx(4 / 6)
    assert mean(report, "execution_rate") == pytest.approx(3 / 6)
    assert mean(report, "pass@1") == pytest.approx((1 / 4 + 0) / 2)


def test_pass_at_k_takes_tasks_with_enough_samples() -> None:
    report = score([task("A"), task("B")], [[PASS, FAIL], [FAIL]], ks=(1, 2, 5))
    assert mean(report, "pass@2") == 1.0
    assert report.totals["pass@5"] is None


def test_unscored_is_no_verdict_and_leaves_the_rates() -> None:
    report = score([task("A")], [[PASS, "LOST", "z; RUN=unscored"]])
    lost, unrun = report.rows[1:]
    assert (lost.compiled, lost.outcome, lost.detail) == (None, "unscored", "the server died")
    assert (unrun.compiled, unrun.outcome) == (True, "unscored")
    assert report.unscored == 2
    assert mean(report, "compile_rate") == 1.0
    assert mean(report, "execution_rate") == 1.0
    assert mean(report, "pass@1") == 1.0


def test_tasks_without_tests_or_references_do_not_count_where_nothing_is_known() -> None:
    report = score([task("A", tests=None, reference=None)], [["x;", "BAD"]])
    assert mean(report, "compile_rate") == 0.5
    assert report.totals["execution_rate"] is None
    assert report.totals["pass@1"] is None
    assert report.totals["length_ratio"] is None
    mixed = score([task("A"), task("B", tests=None)], [[FAIL], ["x;"]])
    assert mean(mixed, "execution_rate") == 1.0


def test_length_ratio_is_a_ratio_of_means() -> None:
    tasks = [
        task("A", reference="1234567890"),
        task("B", reference="12"),
        task("C", reference=None),
    ]
    report = score(tasks, [["12345", "123456   7"], ["12 4"], ["a very long completion"]])
    assert mean(report, "length_ratio") == pytest.approx(((5 + 8) / 2 + 4) / (10 + 2))


def test_distinct_and_degenerate_shares() -> None:
    report = score(
        [task("A"), task("B")], [["return 0;", "return  0;"], ["return 0;", "a + b + c"]]
    )
    assert mean(report, "distinct_share") == pytest.approx(2 / 4)
    assert mean(report, "degenerate_share") == pytest.approx(3 / 4)


def test_equal_completions_are_judged_once_per_task() -> None:
    fake = FakeToolchain()
    report = score([task("A"), task("B")], [[PASS] * 3, [PASS]], toolchains={"java": fake})
    assert (len(fake.programs), len(fake.jobs), len(report.rows)) == (2, 2, 4)
    assert fake.closed == 0, "a toolchain that is given stays open"
    assert fake.jobs[0].program == tasks_program("A")
    assert fake.jobs[0].tests == "T"


def tasks_program(name: str) -> str:
    return task(name).program(PASS)


def test_tools_are_started_handed_the_limits_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = install(monkeypatch)
    limits = Limits(wall_seconds=1.0)
    told: list[tuple[str, int, int]] = []
    many = [f"{PASS} {i}" for i in range(200)]
    score_completions([task("A")], [many], limits=limits, progress=lambda *step: told.append(step))
    assert fake.closed == 1
    assert set(fake.limits) == {limits}
    assert told[0] == ("compile", 0, 200)
    assert ("compile", 200, 200) in told
    assert told[-1] == ("run", 200, 200)
    assert told == sorted(told)


def test_tools_are_closed_when_work_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = install(monkeypatch)

    def stop(stage: str, done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_completions([task("A")], [[PASS]], progress=stop)
    assert fake.closed == 1


def test_tasks_and_completions_must_match() -> None:
    with pytest.raises(ValueError, match="1 tasks but completions for 2"):
        score([task("A")], [[], []])


def test_no_samples_at_all() -> None:
    report = score([task("A")], [[]])
    assert report.rows == ()
    assert set(report.totals.values()) == {None}


def test_json_round_trip_and_layout(tmp_path: Path) -> None:
    report = score([task("A"), task("B")], [[PASS, "BAD \ud800"], ["LOST"]], ks=(1, 2), seed=3)
    report.save(tmp_path / "s.json")
    assert ScoreReport.load(tmp_path / "s.json") == report
    assert ScoreReport.load(tmp_path / "s.json").totals == report.totals
    data = json.loads((tmp_path / "s.json").read_text())
    assert [row["compiled"] for row in data["samples"]] == [True, False, None]
    assert set(data["totals"]["compile_rate"]) == {"mean", "low", "high"}
    assert {"execution_rate", "pass@1", "pass@2", "length_ratio"} <= set(data["totals"])
    assert data["tasks"] == 2
    assert data["counts"]["unscored"] == 1


def test_summary_has_the_headline_measures() -> None:
    summary = score([task("A")], [[PASS]]).summary()
    assert list(summary) == ["compile_rate", "execution_rate", "pass@1", "length_ratio", "tasks"]


def test_compare_is_paired_over_shared_tasks() -> None:
    tasks = [task(f"T{i}") for i in range(20)]
    before = score(tasks, [[PASS if i < 5 else "BAD"] for i in range(20)])
    after = score(tasks[:-1], [[PASS if i < 15 else "BAD"] for i in range(19)])
    difference = compare(before, after)
    assert difference["compile_rate"].mean == pytest.approx(10 / 19)
    assert difference["compile_rate"].low > 0
    assert set(difference) == {*before.totals}
    same = compare(before, before)["pass@1"]
    assert same.mean == 0.0
    assert same.low < 0 < same.high, "twenty tasks that did not change prove no equality"
    with pytest.raises(ValueError, match="no task in common"):
        compare(before, score([task("other")], [[PASS]]))


def test_atomic_write_keeps_the_old_file_when_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "s.json"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_estimates_are_shown_in_their_units() -> None:
    assert format_estimate("compile_rate", Estimate(0.5, 0.25, 0.75)) == ("50.0 %", "25.0 to 75.0")
    assert format_estimate("length_ratio", Estimate(1.0, 0.9, 1.1)) == ("1.000", "0.900 to 1.100")
    assert format_estimate("pass@1", None) == ("not measured", "")
    change = Estimate(0.112, 0.088, 0.135)
    assert format_estimate("compile_rate", change, signed=True) == ("+11.2 points", "+8.8 to +13.5")


def test_real_programs_end_to_end() -> None:
    tasks = load_tasks("embedded:test", limit=4, seed=11)
    good = [t.reference or "" for t in tasks]
    completions = [
        [good[0], good[0].replace("return ", "return nowhere + ", 1)],
        [good[1], 'throw new IllegalStateException("no");\n    }\n}'],
        [good[2], "while (true) { }\n    }\n}"],
        [good[3], "System.exit(0); return null;\n    }\n}"],
    ]
    report = score_completions(tasks, completions, limits=Limits(wall_seconds=2, cpu_seconds=2))
    first = [row for row in report.rows if row.sample == 0]
    assert [(row.compiled, row.outcome) for row in first] == [(True, "passed")] * 4
    wrong = {row.task_id: row for row in report.rows if row.sample == 1}
    unresolved = wrong[tasks[0].task_id]
    assert unresolved.error_classes == ("unresolved_name",)
    program = tasks[0].program(unresolved.completion)
    (place,) = unresolved.diagnostics
    assert program[place["start"] : place["end"]] == "nowhere"
    assert wrong[tasks[1].task_id].outcome == "error"
    assert wrong[tasks[2].task_id].outcome == "timeout"
    assert wrong[tasks[3].task_id].outcome != "passed"
    assert report.unscored == 0
