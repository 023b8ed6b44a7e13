"""The page of a training run alone: curves, guards, tables as CSV, the programs of each step."""

from __future__ import annotations

import base64
import csv
import io
import json
import random
import re
import string
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import eval_fakes
import runs
from rlcf.cli import main
from rlcf.evaluation import Measured, Run, score_completions, write_report
from rlcf.evaluation.given import whole_program
from rlcf.evaluation.report.programs import browsed
from rlcf.evaluation.report.rollouts import rollouts
from rlcf.evaluation.results import ScoreReport
from rlcf.runfiles import RunFiles, read_rollouts
from rlcf.tasks import write_tasks

Capture = pytest.CaptureFixture[str]


def page(run: Path, *flags: str) -> str:
    assert main(["report", str(run), *flags]) == 0
    return (run / "report.html").read_text(encoding="utf-8")


def packed(text: str) -> list[dict[str, Any]]:
    """The steps of a page, unpacked."""
    found = re.search(r'id="rollout-data">(.*?)</script>', text, re.DOTALL)
    assert found
    return [step | unpacked(step) for step in json.loads(found[1])["steps"]]


def unpacked(step: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(zlib.decompress(base64.b64decode(step["data"]))))


def tables(text: str) -> dict[str, list[list[str]]]:
    links = re.findall(r'download="(.*?)" href="data:text/csv;charset=utf-8;base64,(.*?)"', text)
    return {
        name: list(csv.reader(io.StringIO(base64.b64decode(content).decode())))
        for name, content in links
    }


def test_a_run_alone_makes_a_page(tmp_path: Path, capsys: Capture) -> None:
    run = runs.make_run(tmp_path / "run", 8)
    text = page(run)
    said = capsys.readouterr().out
    assert "for rates before and after on held-out tasks: rlcf evaluate --model m --tasks" in said
    assert text.count("<figure") == 6
    assert "The guards do not look like cheating" in text
    assert 'id="results"' not in text
    assert 'id="programs"' not in text
    assert re.findall(r'<a href="#(\w+)">', text) == ["training", "guards", "rollouts"]
    assert [step["step"] for step in packed(text)] == list(range(1, 9))
    shown = re.sub(r"<(style|script).*?</\1>|base64,[^\"]*", "", text, flags=re.DOTALL)
    assert "step 8: 0" in shown, "a reward of -0.0"
    assert not re.search(r"[-\N{MINUS SIGN}]0(?:\.0+)?(?![.\d])", shown)


def test_cheating_is_said_at_the_top(tmp_path: Path) -> None:
    text = page(runs.make_run(tmp_path / "run", 12, length_ratio=0.3))
    found = re.search(r'<p class="verdict bad">(.*?)</p>', text)
    assert found
    assert "look like cheating" in found[1]
    assert "0.30 (at first 1.00) of the solutions" in found[1]


def test_a_run_without_programs_or_guards(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").write_text('{"step": 1, "loss": 2.5}\n{"step": 2, "loss": 2.0}\n')
    text = page(tmp_path)
    assert "nothing can be said of cheating" in text
    assert re.findall(r'<a href="#(\w+)">', text) == ["training"]


def test_what_is_no_run_is_said(tmp_path: Path, capsys: Capture) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "no metrics.jsonl" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "absent")]) == 2
    assert "no such folder" in capsys.readouterr().err
    run = runs.make_run(tmp_path / "run", 3)
    assert main(["report", str(run), "--step", "4"]) == 2
    assert "no programs of step 4; it has those of steps 1 to 3" in capsys.readouterr().err
    assert main(["report", str(run), "--tasks", "mine.jsonl"]) == 2
    assert "before.json is not there: rlcf evaluate" in capsys.readouterr().err


def test_steps_are_saved_as_csv(tmp_path: Path) -> None:
    run = runs.make_run(tmp_path / "run", 150)
    text = page(run)
    heads, *rows = tables(text)["steps.csv"]
    assert heads[:2] == ["step", "compile_rate"]
    assert [row[0] for row in rows] == [str(i) for i in range(1, 151)]
    assert rows[9][heads.index("kl")] == "0.01"
    assert text.count('<th scope="row">') == 100
    assert "Steps as a table (100 of 150)" in text


def test_measures_are_saved_as_csv(tmp_path: Path) -> None:
    tasks = [eval_fakes.task("A"), eval_fakes.task("B")]
    before, after = measured(tasks, ["BAD", "x;"]), measured(tasks, ["y;", "x;"])
    write_report(tmp_path / "a.html", title="", facts={}, measured=Measured(before, after, tasks))
    heads, *rows = tables((tmp_path / "a.html").read_text())["measures.csv"]
    found = {row[0]: dict(zip(heads, row, strict=True)) for row in rows}
    assert float(found["compile_rate"]["Before"]) == 0.5
    assert float(found["compile_rate"]["After"]) == 1
    assert float(found["compile_rate"]["difference"]) == 0.5
    assert float(found["compile_rate"]["Before low"]) < 0.5
    assert "distinct_share" in found


def measured(tasks: list[Any], texts: list[str]) -> ScoreReport:
    return score_completions(
        tasks,
        [[text] for text in texts],
        toolchains={"java": eval_fakes.FakeToolchain()},
    )


def test_rollouts_keep_what_training_knew(tmp_path: Path) -> None:
    run = runs.make_run(tmp_path / "run", 2)
    first = packed(page(run))[0]
    assert [t["id"] for t in first["tasks"]] == ["A", "B"]
    assert first["tasks"][0] == {
        "id": "A",
        "prompt": "class A {\n",
        "line": 2,
        "language": "java",
    }
    bad, good, lost = first["rows"]
    assert [bad["state"], good["state"], lost["state"]] == ["rejected", "accepted", "unscored"]
    assert bad["program"] == ["    int n = 1;\n    ", ["BAD", "bad <b>word</b>"], ";\n}\n"]
    assert bad["messages"] == ["line 3: bad <b>word</b>"]
    assert bad["classes"] == ["syntax"]
    minus = "\N{MINUS SIGN}"
    dot = "\N{MIDDLE DOT}"
    assert bad["facts"] == f"reward {minus}1 {dot} advantage 0.5 {dot} 7 tokens"


def test_rollouts_that_do_not_say_their_prompt_are_not_underlined(tmp_path: Path) -> None:
    """As runs of older versions left them: where the completion begins is not known."""
    old = runs.row("A", 0, "BAD;\n")
    del old["prompt"], old["language"]
    (first,) = packed(page(runs.make_run(tmp_path / "run", 1, [old])))
    assert first["rows"][0]["program"] == ["BAD;\n"]
    assert first["rows"][0]["messages"] == ["line 2: bad <b>word</b>"]


def test_too_many_programs_are_drawn_from(tmp_path: Path) -> None:
    rng = random.Random(0)
    noise = ["".join(rng.choices(string.printable, k=400)) for _ in range(80)]
    run = runs.make_run(tmp_path / "run", 5, [runs.row("A", i, t) for i, t in enumerate(noise)])
    budget = 60_000
    found = rollouts(RunFiles(run).rollout_files(), seed=1, budget=budget)
    assert found is not None
    assert 0.7 * budget < len(found.json) <= budget
    assert (found.steps, found.known) == (5, 400)
    steps = json.loads(found.json)["steps"]
    shown = [step["shown"] for step in steps]
    assert sum(shown) == found.shown < 400
    assert min(shown) > 0.7 * max(shown), "each step has its share"
    samples = [row["sample"] for row in unpacked(steps[0])["rows"]]
    assert samples == sorted(samples), "in their own order"
    assert samples != list(range(len(samples))), "drawn"
    assert rollouts(RunFiles(run).rollout_files(), seed=1, budget=budget) == found
    one = page(run, "--step", "3")
    assert [(s["step"], s["shown"], s["of"]) for s in packed(one)] == [(3, 80, 80)]


def test_a_page_is_never_larger_than_it_may_be(tmp_path: Path) -> None:
    rng = random.Random(0)
    rows = [runs.row("A", i, "".join(rng.choices(string.printable, k=9000))) for i in range(200)]
    run = runs.make_run(tmp_path / "run", 6, rows)
    text = page(run)
    assert 4_000_000 < len(text.encode()) < 5_000_000
    assert "drawn at random" in text
    assert "rlcf report RUN --step N" in text


def test_a_step_that_is_being_written_is_left_out(tmp_path: Path) -> None:
    run = runs.make_run(tmp_path / "run", 3)
    last = RunFiles(run).rollout_files()[3]
    last.write_bytes(last.read_bytes()[:20])
    assert [step["step"] for step in packed(page(run))] == [1, 2]
    with pytest.raises(ValueError, match="not compressed rollouts"):
        read_rollouts(last)


HOSTILE = "</script><script>window.hacked = 1</script>\u202e\ud800 $title"


def test_hostile_programs_stay_text(tmp_path: Path) -> None:
    hostile = runs.row(HOSTILE, 0, f"BAD {HOSTILE}")
    text = page(runs.make_run(tmp_path / "run", 7, [hostile]))
    assert "window.hacked" not in text
    assert text.count("<script") == 2
    (entry,) = packed(text)[0]["tasks"]
    assert "\u202e" not in entry["id"]
    assert "\ud800" not in entry["id"]


@pytest.mark.parametrize("tail", ["", "}\n"])
def test_whole_programs_are_underlined_in_themselves(tail: str) -> None:
    """Answers of chats and whole programs are judged without the prompt before them."""
    task = replace(eval_fakes.task("A"), closing=tail)
    program = "class A {\n  BAD;\n" + tail
    sides = [measured([whole_program(task)], [program]), measured([task], ["  BAD;\n"])]
    assert [side.rows[0].whole for side in sides] == [True, False]
    sides = [ScoreReport.from_json(side.to_json()) for side in sides]
    ((_, _, before, after),) = json.loads(browsed([task], *sides, budget=10**6).json)["pairs"]
    assert before["program"] == ["class A {\n  ", ["BAD", "bad <b>word</b>"], f";\n{tail}"]
    assert before["whole"] is True
    assert after["program"] == ["  ", ["BAD", "bad <b>word</b>"], ";\n"]
    assert "whole" not in after


def test_scores_of_older_versions_are_completions() -> None:
    value = measured([eval_fakes.task("A")], ["x;"]).to_json()
    del value["samples"][0]["whole"]
    assert ScoreReport.from_json(value).rows[0].whole is False


def test_measurements_and_training_are_one_page(tmp_path: Path) -> None:
    run = runs.make_run(tmp_path / "run", 8)
    tasks = [eval_fakes.task("A"), eval_fakes.task("B")]
    write_tasks(run / "tasks.jsonl", tasks)
    for name, texts in (("before", ["BAD", "x;"]), ("after", ["x;", "x;"])):
        measured(tasks, texts).save(run / f"{name}.json")
    text = page(run, "--tasks", str(run / "tasks.jsonl"))
    links = re.findall(r'<a href="#(\w+)">', text)
    assert links == ["results", "training", "guards", "errors", "browser", "rollouts"]


def test_a_page_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give measurements or a run"):
        write_report(tmp_path / "a.html", title="", facts={})
    write_report(tmp_path / "a.html", title="", facts={}, run=Run([{"step": 1, "kl": 1}], {}, {}))
    assert "Programs of each step" not in (tmp_path / "a.html").read_text()
