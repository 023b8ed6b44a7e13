"""The lm-eval tasks: metrics alone, and lm-eval's own evaluation where it is installed."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest

import eval_fakes
import tiny
from optional import package
from rlcf.adapters.lm_eval import utils
from rlcf.tasks import Task, write_tasks

FOLDER = Path(utils.__file__).parent
TESTS = """
class Main {
    public static void main(String[] args) throws Exception {
        if (Add1.add1(2) != 3) throw new Exception("wrong");
    }
}
"""


def task() -> Task:
    one = tiny.tasks(2)[1]
    return Task(one.task_id, "java", one.prompt, one.reference, TESTS)


@pytest.fixture(autouse=True)
def _close() -> Any:
    yield
    if utils._toolchain.cache_info().currsize:
        utils._toolchain("java").close()
    utils._toolchain.cache_clear()


def test_answers_are_compiled_and_run() -> None:
    doc = task().to_json()
    reference = doc["canonical_solution"]
    known = {"compiled": 1.0, "executed": 1.0, "pass_at_1": 1.0}
    assert utils.process_results(doc, [reference]) == known
    assert utils.process_results(doc, [reference + "\nclass More {"]) == known  # cut at the class
    wrong = reference.replace("+ 1", "+ 2")
    assert utils.process_results(doc, [wrong]) == known | {"pass_at_1": 0.0}
    assert set(utils.process_results(doc, ["return x;"]).values()) == {0.0}


def test_the_unknown_is_left_out_of_means() -> None:
    assert utils.mean_of_known([1.0, math.nan, 0.0]) == 0.5
    assert math.isnan(utils.mean_of_known([math.nan]))


def test_the_folder_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    import runpy

    runpy.run_module("rlcf.adapters.lm_eval", run_name="__main__")
    assert Path(capsys.readouterr().out.strip()) == FOLDER


def evaluated(name: str, tasks: list[Task], folder: Path) -> dict[str, Any]:
    """What lm-eval finds out about a tiny model."""
    lm_eval = package("lm_eval")
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    path = folder / "tasks.jsonl"
    write_tasks(path, tasks)
    os.environ["HF_DATASETS_CACHE"] = str(folder / "cache")
    policy = tiny.policy("llama")
    result = lm_eval.simple_evaluate(
        model=HFLM(pretrained=policy.model, tokenizer=policy.tokenizer, device="cpu", batch_size=1),
        tasks=[name],
        task_manager=TaskManager(include_path=str(FOLDER), metadata={"tasks": str(path)}),
        gen_kwargs="max_gen_toks=12",
        confirm_run_unsafe_code=True,
        metadata={"tasks": str(path)},
    )
    assert result["n-samples"][name]["effective"] == len(tasks)
    found: dict[str, Any] = result["results"][name]
    json.dumps(found["compiled,none"])
    return found


@pytest.mark.parametrize("name", ["rlcf_mbjp", "rlcf_mathqa_java"])
def test_lm_eval_runs_the_tasks(name: str, tmp_path: Path) -> None:
    found = evaluated(name, [task()], tmp_path)
    assert found["compiled,none"] in (0.0, 1.0)
    assert found["pass_at_1,none"] in (0.0, 1.0)


def test_lm_eval_leaves_the_unscored_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    eval_fakes.install(monkeypatch)
    marks = ("", "LOST", "RUN=unscored", "RUN=failed")  # accepted and passed; unscored twice
    tasks = [
        Task(f"t/{i}", "java", f"// {mark}\nclass A {{\n", None, "T")
        for i, mark in enumerate(marks)
    ]
    found = evaluated("rlcf_mbjp", tasks, tmp_path)
    assert found["compiled,none"] == 1.0  # of three, not 3/4
    assert found["executed,none"] == 1.0  # of two
    assert found["pass_at_1,none"] == 0.5
