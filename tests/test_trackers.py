"""`--tracker` with the real packages, offline: what they hold afterwards is what metrics.jsonl has.

Each runs in a process of its own, as a training would. CI has TensorBoard; Weights & Biases and
trackio skip where they are not installed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tiny
from rlcf.tasks import write_tasks

pytest.importorskip("accelerate", reason="accelerate is not installed")
_BLOCK = 32768
TRAIN = """
import sys
from rich.console import Console
import tiny
from rlcf.training import train as train_module
from rlcf.training.config import TrainConfig

train_module.Toolchain = lambda language: tiny.FakeCompiler(bad=("q", "z"))
where, tracker = sys.argv[1:]
config = TrainConfig.of(
    model=f"{where}/model", tasks=f"{where}/tasks.jsonl", out=f"{where}/mine", reward="compiler",
    comparator="none", steps=2, prompts_per_step=3, samples_per_prompt=4, max_new_tokens=12,
    precision="fp32", threads=1, tracker=tracker,
)
train_module.train(config, Console(quiet=True))
"""


def trained(tmp_path: Path, tracker: str, **environment: str) -> list[dict[str, float]]:
    """Two steps with that tracker; returns the rows of metrics.jsonl."""
    if importlib.util.find_spec(tracker) is None:
        pytest.skip(f"{tracker} is not installed: pip install {tracker}")
    tiny.save_policy(tmp_path / "model")
    write_tasks(tmp_path / "tasks.jsonl", tiny.tasks())
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    subprocess.run(
        [sys.executable, "-c", TRAIN, str(tmp_path), tracker],
        env={**os.environ, "PYTHONPATH": path, **environment},
        cwd=tmp_path,
        check=True,
    )
    lines = (tmp_path / "mine" / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_tensorboard(tmp_path: Path) -> None:
    rows = trained(tmp_path, "tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found: dict[str, list[tuple[int, float]]] = {}
    for file in (tmp_path / "mine" / "trackers").rglob("events.out.tfevents*"):
        events = EventAccumulator(str(file)).Reload()
        for tag in events.Tags()["scalars"]:
            found[tag] = [(e.step, e.value) for e in events.Scalars(tag)]
    for name in ("reward", "compile_rate", "kl"):
        assert [step for step, _ in found[name]] == [1, 2]
        assert [v for _, v in found[name]] == pytest.approx([row[name] for row in rows], rel=1e-5)


def records(data: bytes) -> Iterator[bytes]:
    """The records of a `.wandb` file: LevelDB's log format after a header of 7 bytes."""
    at, record = 7, b""
    while at + 7 <= len(data):
        left = _BLOCK - at % _BLOCK
        if left < 7:
            at += left
            continue
        _, length, kind = struct.unpack_from("<IHB", data, at)
        record += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield record
            record = b""


def test_weights_and_biases(tmp_path: Path) -> None:
    own = {"WANDB_MODE": "offline", "WANDB_DIR": str(tmp_path), "WANDB_SILENT": "true"}
    rows = trained(tmp_path, "wandb", **own)
    (file,) = tmp_path.rglob("run-*.wandb")
    from wandb.proto import wandb_internal_pb2

    history, projects = [], set[tuple[str, str]]()
    for data in records(file.read_bytes()):
        record: Any = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        if record.HasField("run"):
            projects.add((record.run.project, record.run.display_name))
        if record.HasField("history"):
            items = record.history.item
            history.append({(i.key or i.nested_key[0]): json.loads(i.value_json) for i in items})
    assert ("rlcf", "mine") in projects
    assert [row["_step"] for row in history] == [1, 2]
    assert [row["reward"] for row in history] == pytest.approx([row["reward"] for row in rows])


def test_trackio(tmp_path: Path) -> None:
    rows = trained(tmp_path, "trackio", TRACKIO_DIR=str(tmp_path / "trackio"))
    script = (
        "import json; from trackio.sqlite_storage import SQLiteStorage as S; "
        "print(json.dumps([S.get_logs('rlcf', 'mine'), S.get_run_config('rlcf', 'mine')]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TRACKIO_DIR": str(tmp_path / "trackio")},
        capture_output=True,
        text=True,
        check=True,
    )
    logs, config = json.loads(done.stdout.splitlines()[-1])
    assert [row["step"] for row in logs] == [1, 2]
    assert [row["reward"] for row in logs] == pytest.approx([row["reward"] for row in rows])
    assert config["samples_per_prompt"] == 4
