"""`rlcf watch` on runs made up: waiting, going on, finished, cut off, hostile."""

from __future__ import annotations

import io
import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import zstandard
from rich.console import Console, ConsoleDimensions

from rlcf.cli import main
from rlcf.cli.watch import look_at
from rlcf.cli.watch_view import sparkline, view

SAMPLE = {
    "task_id": "t/1",
    "verdict": "rejected",
    "reward": -1.0,
    "completion": "    int a = \x1b[31mb;\n}\n",
    "diagnostics": [{"severity": "error", "line": 7, "message": "cannot find symbol\nmore"}],
}


def row(step: int, **more: float) -> str:
    return json.dumps({"step": step, "reward": step / 10, "programs": 8, "odd": 1} | more) + "\n"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    config = {"steps": 20, "model": "mine", "algorithm": "rloo"}
    (tmp_path / "config.json").write_text(json.dumps(config))
    return tmp_path


def log(run: Path, steps: int, **more: float) -> None:
    text = "".join(row(s, **{"seconds/step": 2.0}, **more) for s in range(1, steps + 1))
    (run / "metrics.jsonl").write_text(text)


def keep(run: Path, step: int, data: bytes) -> None:
    (run / "rollouts").mkdir(exist_ok=True)
    (run / "rollouts" / f"step_{step:06d}.jsonl.zst").write_bytes(data)


def shown(run: Path, *, everything: bool = False, size: tuple[int, int] = (100, 40)) -> str:
    console = Console(width=size[0], height=size[1], record=True, file=io.StringIO())
    console.print(view(look_at(run), ConsoleDimensions(*size), everything=everything))
    return console.export_text()


def test_before_the_first_step_it_waits(run: Path) -> None:
    assert "waiting for the first step" in shown(run)


def test_what_goes_on_is_shown(run: Path) -> None:
    log(run, 5, **{"errors/syntax": 0.25, "errors/type_mismatch": 0.5})
    with (run / "metrics.jsonl").open("a") as file:
        file.write('{"step": 6, "rew')  # being written
    text = shown(run)
    assert "mine · rloo · step 5 of 20 · 4 programs/s · about 0:30 left" in text
    assert any(line.count("▁") == 1 and "█" in line for line in text.splitlines())
    assert "rejected for: type mismatch 50.0%, syntax 25.0%" in text
    assert "odd" not in text
    assert "finished" not in text
    assert "odd" in shown(run, everything=True)


def test_a_program_of_the_latest_whole_step(run: Path) -> None:
    log(run, 2)
    good = zstandard.compress((json.dumps(SAMPLE) + "\n").encode())
    keep(run, 1, good)
    keep(run, 2, good[:20])  # being written
    text = shown(run)
    assert "t/1 · rejected · reward -1.00" in text
    assert "int a = \ufffd[31mb;" in text
    assert "\x1b" not in text
    assert "line 7: cannot find symbol" in text


@pytest.mark.parametrize("size", [(60, 24), (100, 40), (200, 60)])
def test_it_fits_the_terminal(run: Path, size: tuple[int, int]) -> None:
    many: dict[str, Any] = dict.fromkeys(("compile_rate", "kl", "entropy", "length_ratio"), 0.5)
    log(run, 9, **many)
    sample = SAMPLE | {"completion": "int a;\n" * 100}
    keep(run, 9, zstandard.compress((json.dumps(sample) + "\n").encode()))
    lines = shown(run, size=size).splitlines()
    assert len(lines) <= size[1]
    assert max(map(len, lines)) <= size[0]


def test_cheating_is_pointed_out(run: Path) -> None:
    log(run, 8, length_ratio=1.0, degenerate=0.0, distinct=0.9)
    assert "look here" not in shown(run)
    with (run / "metrics.jsonl").open("a") as file:
        for step in range(9, 14):
            file.write(row(step, length_ratio=0.4, degenerate=0.3, distinct=0.1, unscored=0.2))
    text = shown(run)
    assert "programs get shorter: 0.40" in text
    assert "30.0 % (at first 0.0 %) of the programs are degenerate" in text
    assert "only 10.0 % (at first 90.0 %) of the programs are distinct" in text
    assert "20.0 % of the programs could not be judged" in text


@pytest.mark.parametrize(("mode", "pointed_out"), [("frozen", True), ("online", False)])
def test_collapse_into_plausible_programs(run: Path, mode: str, pointed_out: bool) -> None:
    config = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps(config | {"comparator_mode": mode}))
    log(run, 8, similarity=-0.15, length_ratio=1.0)
    with (run / "metrics.jsonl").open("a") as file:
        file.writelines(row(step, similarity=-0.4, length_ratio=1.0) for step in range(9, 14))
    assert "look here" not in shown(run)  # as far as runs go that keep their right answers
    with (run / "metrics.jsonl").open("a") as file:
        file.writelines(row(step, similarity=-0.7, length_ratio=0.9) for step in range(14, 19))
    assert ("less like the solutions: -0.70 (at first -0.15)" in shown(run)) == pointed_out


def test_a_silent_run_is_pointed_out(run: Path) -> None:
    log(run, 5)
    past = time.time() - 1000
    os.utime(run / "metrics.jsonl", (past, past))
    assert "no step for 16:40: was it stopped?" in shown(run)


def test_it_ends_with_the_run(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log(run, 3)

    def finish() -> None:
        time.sleep(0.2)
        (run / "policy").mkdir()
        (run / "policy" / "model.safetensors").touch()

    other = threading.Thread(target=finish)
    other.start()
    assert main(["watch", str(run), "--every", "0.05"]) == 0
    other.join()
    assert "finished" in capsys.readouterr().out


def test_an_old_model_does_not_finish_a_resumed_run(run: Path) -> None:
    (run / "policy").mkdir()
    (run / "policy" / "model.safetensors").touch()
    past = time.time() - 1000
    os.utime(run / "policy" / "model.safetensors", (past, past))
    log(run, 3)
    assert not look_at(run).finished


def test_what_is_no_run_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", str(tmp_path / "absent"), "--once"]) == 2
    assert "not a run directory" in capsys.readouterr().err


def test_sparklines() -> None:
    assert sparkline([1.0, 1.0]) == "▁▁"
    assert sparkline([]) == ""
    assert sparkline([float("nan")]) == ""
    assert len(sparkline([float(i) for i in range(1000)])) <= 40
