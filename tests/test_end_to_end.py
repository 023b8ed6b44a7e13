"""The verbs with models, as a user runs them: real JDK, real processes, tiny models."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

import absent
import tiny
from rlcf.cli import main
from rlcf.tasks import load_tasks, write_tasks
from rlcf.tasks.task import Task

FAST = ["--precision", "fp32", "--threads", "1"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny.save_policy(tmp_path_factory.mktemp("model") / "policy"))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("encoder") / "comparator"
    folder.mkdir()
    tiny.comparator().save(folder)
    return str(folder)


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("tasks") / "tasks.jsonl"
    write_tasks(file, tiny.tasks(8))
    return str(file)


def train_args(model: str, encoder: str, tasks: str, out: Path, *more: str) -> list[str]:
    return [
        "train", "--model", model, "--comparator", encoder, "--tasks", tasks, "--out", str(out),
        "--prompts-per-step", "3", "--samples-per-prompt", "2", "--max-new-tokens", "12",
        "--checkpoint-every", "2", "--lr", "1e-3", *FAST, *more,
    ]  # fmt: skip


def command(args: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "rlcf", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def metrics(out: Path) -> list[dict[str, float]]:
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in row.items() if "seconds" not in k} for row in rows]


def test_sft_train_generate_score_evaluate(
    model: str, encoder: str, tasks: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sft = ["sft", "--model", model, "--tasks", tasks, "--validation", "none", "--epochs", "80"]
    assert main([*sft, "--lr", "5e-3", "--out", str(tmp_path / "sft"), *FAST]) == 0
    warm = str(tmp_path / "sft" / "policy")
    out = tmp_path / "run"
    assert main(train_args(warm, encoder, tasks, out, "--steps", "2", "--lr", "1e-5")) == 0
    shown = capsys.readouterr().out
    assert "step    2/2" in shown
    assert "programs/s" in shown
    assert {p.name for p in out.iterdir()} >= {
        "config.json", "environment.json", "metrics.jsonl", "rollouts", "checkpoints", "policy"
    }  # fmt: skip
    samples, scores = tmp_path / "samples.jsonl", tmp_path / "scores.json"
    policy = str(out / "policy")
    generate = ["generate", "--model", policy, "--tasks", tasks, "--n", "2"]
    assert main([*generate, "--max-new-tokens", "40", "--out", str(samples)]) == 0
    assert main(["score", "--tasks", tasks, "--samples", str(samples), "--json", str(scores)]) == 0
    scored = json.loads(scores.read_text())
    evaluated = tmp_path / "evaluated.json"
    evaluate = ["evaluate", "--model", policy, "--tasks", tasks, "--n", "2"]
    assert main([*evaluate, "--max-new-tokens", "40", "--json", str(evaluated)]) == 0
    again = json.loads(evaluated.read_text())
    assert again["totals"]["compile_rate"] == scored["totals"]["compile_rate"]
    assert scored["totals"]["compile_rate"]["mean"] > 0.5  # SFT had learnt the references


KINDS = {
    "ppo": (
        "--algorithm", "ppo", "--epochs", "2", "--kl-target", "0.001", "--credit", "localised",
        "--validate-every", "2", "--validation-tasks", "2", "--patience", "50",
    ),
    "frozen": ("--comparator-mode", "frozen", "--minibatches", "2"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_kill_9_at_any_instant_then_resume(
    model: str, encoder: str, tasks: str, tmp_path: Path, kind: str
) -> None:
    steps = 16
    more = ["--steps", str(steps), "--checkpoint-every", "1", *KINDS[kind]]
    if kind == "ppo":
        more += ["--validation", tasks]
    whole = tmp_path / "whole"
    assert main(train_args(model, encoder, tasks, whole, *more)) == 0
    out = tmp_path / "killed"
    args = train_args(model, encoder, tasks, out, *more, "--resume")
    rng, kills = random.Random(os.getpid()), 0
    for quarter in (1, 2, 3):
        process = command(args)
        # Wait for a quarter of the steps more, then strike at an instant within the next ones.
        while process.poll() is None and logged(out) < quarter * steps // 4:
            time.sleep(0.005)
        time.sleep(rng.uniform(0, 0.3))
        kills += process.poll() is None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert kills >= 1
    assert main(args) == 0
    assert metrics(out) == metrics(whole)
    for name in ("policy", *(["best"] if kind == "ppo" else [])):
        a, b = (folder / name / "model.safetensors" for folder in (whole, out))
        assert a.read_bytes() == b.read_bytes()
    assert not [p for p in out.iterdir() if p.name.startswith(".")]


def logged(out: Path) -> int:
    file = out / "metrics.jsonl"
    return file.read_text().count("\n") if file.exists() else 0


@absent.needs_jdk
def test_ctrl_c_saves_a_checkpoint_first(
    model: str, encoder: str, tasks: str, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    process = command(train_args(model, encoder, tasks, out, "--steps", "5000"))
    while not (out / "metrics.jsonl").exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)  # the whole group, as a terminal does
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 130, text
    assert "Traceback" not in text
    done = metrics(out)[-1]["step"]
    assert (out / "checkpoints" / f"step_{done:06.0f}.pt").exists()


def test_a_reference_that_does_not_compile_is_named_and_left_out(
    model: str, encoder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = tiny.tasks(4)
    bad = Task("tiny/bad", "java", good[0].prompt, "        return nothing;\n    }\n}\n")
    write_tasks(tmp_path / "mixed.jsonl", [*good, bad])
    write_tasks(tmp_path / "all_bad.jsonl", [bad])
    mixed = train_args(model, encoder, str(tmp_path / "mixed.jsonl"), tmp_path / "a")
    assert main([*mixed, "--steps", "1"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "left out 1 of 5 tasks" in shown
    assert "tiny/bad" in shown
    all_bad = train_args(model, encoder, str(tmp_path / "all_bad.jsonl"), tmp_path / "b")
    assert main(all_bad) == 2
    assert "tiny/bad" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


def test_bad_input_of_verbs_with_models(
    model: str, encoder: str, tasks: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = tmp_path / "bare"
    tiny.policy().model.save_pretrained(bare)
    (tmp_path / "exists").mkdir()
    (tmp_path / "exists" / "file").touch()

    def train(changes: dict[str, str]) -> list[str]:
        args = train_args(model, encoder, tasks, tmp_path / "out")
        for flag, value in changes.items():
            args += [flag, value]
        return args

    cases = [
        (train({"--model": str(bare)}), "tokenizer"),
        (train({"--model": "nobody/nothing"}), "hub"),
        (train({"--comparator": str(tmp_path / "none")}), "comparator"),
        (
            train({"--tasks": str(tmp_path / "no.jsonl")}),
            "embedded, embedded-python, embedded-cpp, mbjp",
        ),
        (train({"--language": "klingon"}), "java"),
        (train({"--algorithm": "magic"}), "rloo"),
        (train({"--reward": "praise"}), "rlcf"),
        (train({"--out": str(tmp_path / "exists")}), "exists"),
        (train({"--samples-per-prompt": "1"}), "at least 2"),
        (["evaluate", "--model", model, "--tasks", tasks, "--k", "5"], "raise --n"),
    ]
    for args, expected in cases:
        assert main(args) == 2, args
        err = capsys.readouterr().err.strip()
        assert err.startswith("rlcf: error: "), err
        assert len(err.splitlines()) == 1, err
        assert expected in err
    assert not (tmp_path / "out").exists()


def test_without_a_jdk_one_line_says_what_to_install(
    model: str, encoder: str, tasks: str, tmp_path: Path
) -> None:
    args = train_args(model, encoder, tasks, tmp_path / "out")
    environment = {**os.environ, "PATH": str(tmp_path), "JAVA_HOME": ""}
    done = subprocess.run(
        [sys.executable, "-m", "rlcf", *args], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 2
    assert done.stderr.startswith("rlcf: error: ")
    assert "openjdk" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_embedded_models_train(tmp_path: Path) -> None:
    args = ["train", "--model", "embedded", "--limit", "40", "--out", str(tmp_path / "r"), *FAST]
    sizes = ["--steps", "2", "--prompts-per-step", "4", "--samples-per-prompt", "4"]
    assert main([*args, *sizes, "--max-new-tokens", "120", "--lr", "1e-4"]) == 0
    rows = metrics(tmp_path / "r")
    assert all(0.2 < row["compile_rate"] <= 1 for row in rows)
    assert rows[0]["kl"] == pytest.approx(0, abs=1e-6)  # the policy is its own reference at first
    assert rows[1]["kl"] > 0


def test_quickstart_in_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "q"
    args = ["quickstart", "--out", str(out), "--steps", "1", "--eval-tasks", "12"]
    assert main([*args, "--samples", "2"]) == 0
    summary = json.loads((out / "summary.json").read_text())
    for side in ("before", "after", "difference"):
        for name in ("compile_rate", "execution_rate", "pass@1", "length_ratio"):
            assert set(summary[side][name]) == {"mean", "low", "high"}
        assert summary[side]["tasks"] == 12
    assert (out / "report.html").stat().st_size > 10_000
    capsys.readouterr()
    assert main([*args, "--samples", "2"]) == 0  # the second time shows the table again
    assert "finished earlier" in " ".join(capsys.readouterr().out.split())


def test_quickstart_in_python_in_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    args = ["quickstart", "--language", "python", "--steps", "1", "--eval-tasks", "12"]
    assert main([*args, "--samples", "2"]) == 0
    out = tmp_path / "runs" / "quickstart-python"
    summary = json.loads((out / "summary.json").read_text())
    assert summary["before"]["tasks"] == summary["after"]["tasks"] == 12
    assert 0.2 < summary["before"]["compile_rate"]["mean"] < 1
    assert "the embedded Python model" in (out / "report.html").read_text()
    rows = json.loads((out / "before.json").read_text())["samples"]
    assert all(row["task_id"].startswith("embedded-python/") for row in rows)
    assert main(["quickstart", "--language", "cobol"]) == 2
    assert "known are java, python, cpp" in " ".join(capsys.readouterr().err.split())


def test_embedded_tasks_are_what_the_names_say() -> None:
    train, test = load_tasks("embedded:train", limit=50), load_tasks("embedded:test", limit=50)
    assert not {t.task_id for t in train} & {t.task_id for t in test}
