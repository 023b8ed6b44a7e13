"""A comparator that learns while TRL trains; needs TRL (`make test-adapters`)."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import tiny
from optional import package
from rlcf.adapters.trl import CompilerReward
from rlcf.comparator.online import OnlineConfig
from rlcf.errors import UserError
from rlcf.languages.verdict import CompileResult, Verdict

STEPS = 8


class Lenient:
    """Accepts three programs of four."""

    language = "java"

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        words = [Verdict.ACCEPTED if i % 4 else Verdict.REJECTED for i in range(len(programs))]
        return [CompileResult(word) for word in words]

    def close(self) -> None: ...


@pytest.fixture(autouse=True)
def compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    package("trl")
    monkeypatch.setattr("rlcf.languages.Toolchain", lambda *_, **__: Lenient())


def trainer_of(folder: Path, comparator: Any, **settings: Any) -> Any:
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    policy = tiny.policy("llama")
    policy.tokenizer.padding_side = "left"
    rows = [{"prompt": t.prompt, "reference": t.reference} for t in tiny.tasks()]
    return GRPOTrainer(
        model=policy.model,
        processing_class=policy.tokenizer,
        reward_funcs=CompilerReward("java", comparator=comparator),
        train_dataset=Dataset.from_list(rows),
        eval_dataset=Dataset.from_list(rows[:2]),
        callbacks=[comparator],
        args=GRPOConfig(
            output_dir=str(folder),
            max_steps=STEPS,
            per_device_train_batch_size=4,
            per_device_eval_batch_size=4,
            num_generations=4,
            max_completion_length=12,
            learning_rate=1e-3,
            report_to=[],
            use_cpu=True,
            bf16=False,
            logging_steps=1,
            **settings,
        ),
    )


def online(folder: Path) -> Any:
    from rlcf.adapters.trl_online import OnlineComparator

    if not folder.exists():
        tiny.comparator().save(folder)
    return OnlineComparator(str(folder), lr=1e-2)


def logged(trainer: Any) -> list[dict[str, float]]:
    """What was logged of every step, times left out."""
    rows = [row for row in trainer.state.log_history if "reward" in row]
    return [
        {k: v for k, v in row.items() if "time" not in k and "per_second" not in k} for row in rows
    ]


def test_it_learns_within_its_band(tmp_path: Path) -> None:
    comparator = online(tmp_path / "comparator")
    trainer = trainer_of(tmp_path / "run", comparator, save_strategy="no")
    trainer.train()
    rows = logged(trainer)
    assert len(rows) == STEPS
    assert "comparator/accuracy" not in rows[0]  # there was no update before it
    assert all(row["comparator/pairs"] == 3 for row in rows[1:])  # of accepted programs alone
    assert all({"compile_rate", "comparator/loss"} <= set(row) for row in rows[1:3])
    band = OnlineConfig()
    for before, row in pairwise(rows[1:]):
        running = row["comparator/accuracy_running"]
        expected = 0 if running > band.high else 2 if running < band.low else 1
        assert row["comparator/updates"] == expected
        hits = row["comparator/accuracy"]
        assert running == pytest.approx(0.8 * before["comparator/accuracy_running"] + 0.2 * hits)


def test_a_resumed_run_is_the_run(tmp_path: Path) -> None:
    settings = {"save_strategy": "steps", "save_steps": 4}
    whole = trainer_of(tmp_path / "run", online(tmp_path / "comparator"), **settings)
    whole.train()
    again = trainer_of(tmp_path / "run", online(tmp_path / "comparator"), **settings)
    again.train(resume_from_checkpoint=str(tmp_path / "run" / "checkpoint-4"))
    assert logged(again) == logged(whole)
    assert any("comparator/loss" in row for row in logged(again)[5:])


def test_a_checkpoint_without_it_cannot_be_resumed(tmp_path: Path) -> None:
    comparator = online(tmp_path / "comparator")
    settings = {"save_strategy": "steps", "save_steps": 4}
    trainer_of(tmp_path / "run", comparator, **settings).train()
    checkpoint = tmp_path / "run" / "checkpoint-4"
    (checkpoint / "rlcf_comparator.pt").unlink()
    with pytest.raises(UserError, match="no OnlineComparator as a callback"):
        trainer_of(tmp_path / "run", comparator, **settings).train(
            resume_from_checkpoint=str(checkpoint)
        )


def test_it_does_not_learn_from_an_evaluation(tmp_path: Path) -> None:
    comparator = online(tmp_path / "comparator")
    trainer = trainer_of(
        tmp_path / "run", comparator, save_strategy="no", eval_strategy="steps", eval_steps=1
    )
    trainer.train()
    assert all(row["comparator/pairs"] == 3 for row in logged(trainer)[1:])


def test_it_stays_in_its_process(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="name a comparator there"):
        pickle.dumps(CompilerReward("java", comparator=online(tmp_path / "comparator")))


TWO = """
import json, sys
from pathlib import Path
import rlcf.languages
from test_adapters_trl_online import Lenient, online, trainer_of

rlcf.languages.Toolchain = lambda *_, **__: Lenient()
folder = Path(sys.argv[1])
comparator = online(folder / "comparator")
trainer = trainer_of(folder / "run", comparator, save_strategy="no")
trainer.train()
weights = [p.double().sum().item() for p in comparator._judge.comparator.parameters()]
told = {"weights": weights, "metrics": dict(comparator.metrics)}
(folder / f"{trainer.accelerator.process_index}.json").write_text(json.dumps(told))
"""


def test_two_processes_have_one_comparator(tmp_path: Path) -> None:
    tiny.comparator().save(tmp_path / "comparator")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    script = tmp_path / "two.py"
    script.write_text(TWO)
    here = str(Path(__file__).parent)
    env = os.environ | {"PYTHONPATH": os.pathsep.join([here, *sys.path]), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, script, tmp_path], env=env, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    first, second = (json.loads((tmp_path / f"{i}.json").read_text()) for i in range(2))
    assert first == second
    assert first["metrics"]["comparator/pairs"] == 6  # three of each process
