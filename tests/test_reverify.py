"""`rlcf reverify`: a run's programs judged anew, by the same grader and by others."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import absent
from eval_fakes import FakeToolchain
from rlcf.cli import main
from rlcf.errors import UserError
from rlcf.evaluation.reverify import Rejudged, Reward, rejudge, tally
from rlcf.languages.jvm.jdk import find_jdk
from rlcf.languages.verdict import Verdict
from rlcf.runfiles import RunFiles, read_rollouts
from rlcf.training.rundir import write_rollouts
from runs import make_run, row

Capture = pytest.CaptureFixture[str]
ACCEPTED, REJECTED, UNSCORED = Verdict.ACCEPTED, Verdict.REJECTED, Verdict.UNSCORED


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two steps on Python, with a comparator."""
    out = tmp_path_factory.mktemp("trained") / "run"
    words = "train --model embedded-python --tasks embedded-python --language python --limit 8"
    size = "--steps 2 --prompts-per-step 4 --samples-per-prompt 4 --max-new-tokens 96 --threads 1"
    assert main([*words.split(), *size.split(), "--out", str(out)]) == 0
    return out


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(trained, tmp_path / "run"))


def alter(run: Path, step: int, change: Callable[[list[dict[str, Any]]], object]) -> None:
    file = RunFiles(run).rollout_file(step)
    rows = read_rollouts(file)
    change(rows)
    write_rollouts(file, rows)


def found(run: Path, capsys: Capture, *words: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, what is written, and what is said."""
    out = run.parent / "changes.json"
    code = main(["reverify", str(run), "--json", str(out), *words])
    return code, json.loads(out.read_text()), capsys.readouterr().out


def test_the_same_grader_says_the_same(run: Path, capsys: Capture) -> None:
    before = {file: file.read_bytes() for file in run.rglob("*") if file.is_file()}
    code, content, said = found(run, capsys)
    assert code == 0
    assert content["total"]["programs"] == 32
    assert content["changed"] == []
    assert [step["step"] for step in content["steps"]] == [1, 2]
    rewards = [metrics["reward"] for metrics in RunFiles(run).metrics()]
    for side in ("before", "after"):  # what the run logged
        assert [s["reward"][side] for s in content["steps"]] == pytest.approx(rewards)
    assert "verdicts changed: none\nrewards changed: none\n" in said
    assert {file: file.read_bytes() for file in run.rglob("*") if file.is_file()} == before


def test_a_wrong_verdict_is_found(run: Path, capsys: Capture) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        rejected = next(row for row in rows if row["verdict"] == "rejected")
        rejected.update(verdict="accepted", similarity=0.5, reward=0.5, diagnostics=[])
        rejected["prompt"] += "\x1b[2J"

    alter(run, 2, change)
    code, content, said = found(run, capsys)
    assert code == 1
    assert content["total"]["flips"] == {"accepted -> rejected": 1}
    assert content["total"]["reward"]["after"] < content["total"]["reward"]["before"]
    assert [step["verdicts_changed"] for step in content["steps"]] == [0, 1]
    [changed] = content["changed"]
    assert (changed["step"], changed["before"]["reward"], changed["after"]["reward"]) == (
        2,
        0.5,
        -1,
    )
    [first, *_] = changed["after"]["diagnostics"]
    assert f"step 2, {changed['task_id']}, sample {changed['sample']}: accepted -> rejected" in said
    assert f"now:{first['line']}:{first['column']}: error: " in said
    assert "\x1b" not in said
    assert "now:" not in found(run, capsys, "--show", "0")[2]


def test_another_reward(run: Path, capsys: Capture) -> None:
    code, content, _ = found(run, capsys, "--reward", "compiler")
    rows = [row for file in RunFiles(run).rollout_files().values() for row in read_rollouts(file)]
    accepted = [row for row in rows if row["verdict"] == "accepted"]
    assert code == 1
    assert content["total"]["verdicts_changed"] == 0
    assert content["total"]["rewards_changed"] == len(accepted) > 0
    assert {one["after"]["reward"] for one in content["changed"]} == {1.0}
    assert content["total"]["reward"]["after"] == pytest.approx(2 * len(accepted) / len(rows) - 1)
    code, content, _ = found(run, capsys, "--comparator-weight", "0.25")
    for one in content["changed"]:
        g = one["before"]["reward"]  # with a weight of 1
        assert one["after"]["reward"] == pytest.approx(0.75 + 0.25 * g, abs=1e-5)


def test_a_broken_compiler_is_no_answer(
    run: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = Rejudged((ACCEPTED, UNSCORED), (1.0, math.nan), None)
    monkeypatch.setattr("rlcf.cli.reverify.rejudge", lambda *_: [lost])
    assert main(["reverify", str(run)]) == 2
    said = capsys.readouterr()
    assert "verdicts changed: 2 accepted -> unscored\n" in said.out
    assert "no program could be judged" in said.err


def test_ctrl_c_keeps_what_was_found(
    run: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def until(file: Path, *rest: Any) -> list[Rejudged]:
        if file.name.startswith("step_000002"):
            raise KeyboardInterrupt
        return rejudge(file, *rest)

    monkeypatch.setattr("rlcf.cli.reverify.rejudge", until)
    code, content, said = found(run, capsys)
    assert code == 130
    assert [step["step"] for step in content["steps"]] == [1]
    assert "16 programs of 1 of the 2 steps" in said


@absent.needs_jdk
def test_a_class_path_decides(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "Lib.java").write_text("public class Lib { }")
    for folder in ("with", "without"):
        (tmp_path / folder).mkdir()
    words = [find_jdk().javac, "-d", str(tmp_path / "with"), str(tmp_path / "Lib.java")]
    subprocess.run(words, check=True)
    needs = row("A", 0, "    Lib lib;\n}\n", reward=1.0, similarity=None)
    run = make_run(tmp_path / "run", 1, [needs, row("B", 0, "}\n", reward=1.0, similarity=None)])
    config = {"language": "java", "class_path": [str(tmp_path / "with")]}
    (run / "config.json").write_text(json.dumps(config))
    assert found(run, capsys)[0] == 0
    code, content, said = found(run, capsys, "--class-path", str(tmp_path / "without"))
    assert code == 1
    assert content["total"]["flips"] == {"accepted -> rejected": 1}
    assert content["total"]["reward"] == {"before": 1.0, "after": 0.0, "programs": 2}
    assert "    Lib lib;\n      ^~~\n" in said
    assert "cannot find symbol" in said


RLCF = Reward("rlcf", 1.0, ranks=False, compares=True)


def judged(tmp_path: Path, reward: Reward, *rows: dict[str, Any]) -> list[Rejudged]:
    """One step with these completions, by the fake toolchain."""
    make_run(tmp_path / "run", 1, rows)
    return rejudge(RunFiles(tmp_path / "run").rollout_file(1), FakeToolchain(), reward)


def test_no_verdict_is_no_rejection(tmp_path: Path) -> None:
    [lost, again] = judged(
        tmp_path,
        RLCF,
        row("A", 0, "// LOST }", verdict="accepted", reward=0.25),
        row("B", 0, "// LOST }"),
    )
    assert (lost.verdicts, again.verdicts) == ((ACCEPTED, UNSCORED), (UNSCORED, UNSCORED))
    assert lost.details is not None
    assert lost.details["after"]["reason"] == "the server died"
    assert lost.details["after"]["reward"] is None
    total = tally([lost, again])
    assert total["flips"] == {"accepted -> unscored": 1}
    assert (total["compile_rate"], total["reward"]) == (None, None)


def test_what_was_never_compared_has_no_reward(tmp_path: Path) -> None:
    new = row("A", 0, "}", verdict="rejected", reward=-1.0, similarity=None)
    open_task = row("B", 0, "}", reward=1.0, similarity=None)
    [one, other] = judged(tmp_path, RLCF, new, open_task)
    assert one.verdicts == (REJECTED, ACCEPTED)
    assert math.isnan(one.rewards[1])
    assert other.rewards == (1.0, 1.0)
    [one, _] = judged(tmp_path, Reward("compiler", 1.0, False, False), new, open_task)
    assert one.rewards == (-1.0, 1.0)


def test_ranks_are_those_of_the_programs_accepted_now(tmp_path: Path) -> None:
    ranks = Reward("rlcf", 1.0, ranks=True, compares=True)
    rows = [row("A", i, f"{'BAD' * (i == 2)} {i} }}", similarity=i / 10) for i in range(3)]
    rows[2]["verdict"] = "accepted"
    assert [one.rewards[1] for one in judged(tmp_path, ranks, *rows)] == [-0.5, 0.5, -1.0]


def test_a_program_is_judged_with_what_closes_it(tmp_path: Path) -> None:
    whole, closed = row("A", 0, "int n;"), row("A", 1, "int n;", closing="BAD }")
    found = judged(tmp_path, RLCF, whole, closed)
    assert [one.verdicts[1] for one in found] == [ACCEPTED, REJECTED]


def test_the_settings_of_the_run_hold() -> None:
    kept: dict[str, Any] = {"reward": "rlcf", "comparator": "embedded", "comparator_mode": "online"}
    kept |= {"comparator_weight": 0.3, "comparator_ranks": True}
    assert Reward.of(kept) == Reward("rlcf", 0.3, True, True)
    assert Reward.of(kept, "compiler") == Reward("compiler", 0.3, True, True)
    without = kept | {"comparator": "none"}
    assert not Reward.of(without).compares
    for given in (("rlcf", None), (None, 0.5)):
        with pytest.raises(UserError, match="the run had no comparator"):
            Reward.of(without, *given)


def test_what_cannot_be_judged_is_refused(run: Path, capsys: Capture) -> None:
    file = RunFiles(run).rollout_file(1)
    data = file.read_bytes()
    alter(run, 1, lambda rows: rows[0].pop("prompt"))
    assert main(["reverify", str(run)]) == 2
    assert "completions without 'prompt'" in capsys.readouterr().err
    file.write_bytes(data[:50])
    assert main(["reverify", str(run)]) == 2
    assert "cut off or damaged" in capsys.readouterr().err
    shutil.rmtree(run / "rollouts")
    assert main(["reverify", str(run)]) == 2
    assert "no rollouts in it" in capsys.readouterr().err
