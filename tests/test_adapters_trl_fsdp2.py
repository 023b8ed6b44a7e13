"""The method in TRL with a policy that FSDP2 shards over two processes (`make test-adapters`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import tiny
from optional import package

CONFIG = Path(__file__).parents[1] / "examples" / "fsdp2.yaml"
TWO = """
import json, sys
from pathlib import Path
import rlcf.languages
from fsdp2_on_cpu import shard
from test_adapters_trl_online import Lenient, online, trainer_of

folder = Path(sys.argv[1])
if sys.argv[2:]:
    shard(Path(sys.argv[2]))
rlcf.languages.Toolchain = lambda *_, **__: Lenient()
comparator = online(folder / "comparator")
trainer = trainer_of(folder / "run", comparator, save_strategy="no")
trainer.train()
kinds = sorted({type(p).__name__ for p in trainer.model_wrapped.parameters()})
told = {"parameters": kinds, "log": trainer.state.log_history}
(folder / f"{trainer.accelerator.process_index}.json").write_text(json.dumps(told))
"""


@pytest.fixture(autouse=True)
def _trl() -> None:
    package("trl")


def trained(folder: Path, *config: Path) -> list[dict[str, Any]]:
    """What each of two processes saw."""
    tiny.comparator().save(folder / "comparator")
    script = folder / "two.py"
    script.write_text(TWO)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    here = str(Path(__file__).parent)
    env = os.environ | {"PYTHONPATH": os.pathsep.join([here, *sys.path]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, script, folder, *config], env=env, cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [json.loads((folder / f"{i}.json").read_text()) for i in range(2)]


def test_sharding_changes_nothing_but_where_weights_are(tmp_path: Path) -> None:
    whole, sharded = trained(tmp_path / "whole"), trained(tmp_path / "sharded", CONFIG)
    assert [one["parameters"] for one in whole] == [["Parameter"]] * 2
    assert [one["parameters"] for one in sharded] == [["DTensor"]] * 2
    names = ("loss", "reward", "grad_norm", "comparator/loss", "comparator/accuracy_running")
    steps = [row for row in sharded[0]["log"] if "loss" in row]
    assert len(steps) == 8
    for name in names:
        before, after = (
            [row[name] for row in one["log"] if name in row] for one in (whole[0], sharded[0])
        )
        assert len(before) == len(after) > 0
        assert after == pytest.approx(before, rel=1e-3, abs=1e-5), name
