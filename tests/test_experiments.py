"""Experiments: the runner from settings to a page, on the embedded model; its arithmetic."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import absent
import tiny
from experiments import arms
from experiments.arms import Runner
from experiments.compute import rl_tokens, sft_tokens
from experiments.page import Args as PageArgs
from experiments.page import main as write_page
from experiments.reproduce import compare, find
from experiments.results import Evaluation, arm_json, best_of, differences
from experiments.settings import read_experiment
from experiments.shares import Args as SharesArgs
from experiments.shares import main as measure_shares
from rlcf.errors import UserError
from rlcf.evaluation.results import SampleScore, ScoreReport
from rlcf.languages.outcome import Outcome
from rlcf.policy.model import load_policy
from rlcf.tasks import load_tasks, write_tasks
from rlcf.tasks.task import Task

ROOT = Path(__file__).parents[1]
SETTINGS = """
base = "{model}"
test = "{tasks}"
length_tasks = "{tasks}"
n = 2
ks = [1, 2]
temperature = 1.0
max_new_tokens = 12
seeds = [0, 1]
best_of = [2]
[rl]
tasks = "{tasks}"
comparator = "{encoder}"
steps = 2
prompts_per_step = 4
samples_per_prompt = 2
max_new_tokens = 12
precision = "fp32"
validation = "none"
[sft]
tasks = "{tasks}"
validation = "none"
batch_size = 4
precision = "fp32"
[arms.rlcf]
[arms.compiler]
reward = "compiler"
seeds = [0]
[arms.sft]
kind = "sft"
matched_to = "rlcf"
seeds = [0]
[arms.mean]
kind = "average"
matched_to = "rlcf"
share = 0.5
seeds = [0]
[arms.again]
start = "mean"
seeds = [0]
"""


def run(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", f"experiments.{name}", *map(str, arguments)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True)


@absent.needs_jdk
def test_from_settings_to_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, encoder = tiny.save_policy(tmp_path / "model"), tmp_path / "encoder"
    encoder.mkdir()
    tiny.comparator().save(encoder)
    write_tasks(tmp_path / "tasks.jsonl", tiny.tasks(6))
    settings, out, page = tmp_path / "toy.toml", tmp_path / "toy.json", tmp_path / "toy.md"
    text = SETTINGS.format(model=model, encoder=encoder, tasks=tmp_path / "tasks.jsonl")
    settings.write_text(text)
    args = arms.Args(settings, tmp_path / "runs", out, threads=1)
    arms.main(args)
    found = json.loads(out.read_text())
    assert list(found["arms"]) == [
        "base",
        "rlcf",
        "compiler",
        "sft",
        "mean",
        "again",
        "base, best of 2",
    ]
    rlcf, sft = found["arms"]["rlcf"], found["arms"]["sft"]
    assert rlcf["seeds"] == [0, 1]
    assert len(rlcf["curves"]["compile_rate"]) == 2
    assert len(rlcf["curves"]["compile_rate"][0]) == 2
    assert sft["tokens"] == rlcf["tokens"] >= found["arms"]["compiler"]["tokens"] > 0
    mean, again = found["arms"]["mean"]["tokens"], found["arms"]["again"]["tokens"]
    assert mean == pytest.approx(2 * rlcf["tokens"], rel=0.5)
    assert again == pytest.approx(3 * rlcf["tokens"], rel=0.5)  # with those of its start
    assert again > mean
    config = json.loads((tmp_path / "runs" / "again-0" / "config.json").read_text())
    assert config["model"] == str(tmp_path / "runs" / "mean-0" / "policy")
    assert 0 <= rlcf["sampled"]["rates"]["compile_rate"]["mean"] <= 1
    assert "compile_rate" in found["differences"]["rlcf - sft"]
    capsys.readouterr()
    arms.main(args)  # all is there
    assert "seed 0" not in capsys.readouterr().out
    assert json.loads(out.read_text())["arms"] == found["arms"]
    page.write_text("before\n<!-- toy: begin -->\nold\n<!-- toy: end -->\nafter\n")
    write_page(PageArgs(out, page))
    written = page.read_text()
    assert written.startswith("before\n")
    assert written.endswith("after\n")
    assert "old" not in written
    assert f"| rlcf | {100 * rlcf['sampled']['rates']['compile_rate']['mean']:.1f} (" in written
    assert (tmp_path / "toy.svg").read_text().startswith("<svg")
    assert "[All tables and sample programs](./toy_tables.md)" in written
    tables = (tmp_path / "toy_tables.md").read_text()
    for part in ("Greedy", "Minus the base", "Guards", "Errors by class", "Arm against arm"):
        assert f"**{part}**" in tables
    assert tables.count("<details") == len(found["programs"]) > 0


def test_an_average_goes_its_share_of_the_way(tmp_path: Path) -> None:
    for seed, folder in enumerate(("base", "runs/rlcf-0/policy", "runs/rlcf-1/policy")):
        tiny.policy(seed=seed).save(tmp_path / folder)
    write_tasks(tmp_path / "tasks.jsonl", tiny.tasks(2))
    text = SETTINGS.format(model=tmp_path / "base", encoder="", tasks=tmp_path / "tasks.jsonl")
    (tmp_path / "toy.toml").write_text(text)
    experiment = read_experiment(tmp_path / "toy.toml", {})
    mean = next(arm for arm in experiment.arms if arm.name == "mean")
    Runner(experiment, tmp_path / "runs", 1)._train(mean, 0, tmp_path / "runs" / "mean-0")
    folders = ("base", "runs/rlcf-0/policy", "runs/rlcf-1/policy", "runs/mean-0/policy")
    base, one, two, merged = (weight(tmp_path / folder) for folder in folders)
    torch.testing.assert_close(merged, base / 2 + (one + two) / 4)
    # From another start than the seeds' own.
    onwards = replace(mean, name="onwards", start="mean", share=0.25)
    Runner(experiment, tmp_path / "runs", 1)._train(onwards, 0, tmp_path / "runs" / "onwards-0")
    further = weight(tmp_path / "runs/onwards-0/policy")
    torch.testing.assert_close(further, 0.75 * merged + (one + two) / 8)


def weight(model: Path) -> torch.Tensor:
    """One matrix of a model."""
    state = load_policy(str(model)).model.state_dict()
    found: torch.Tensor = state[next(k for k in state if k.endswith("q_proj.weight"))]
    return found


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(
        'base="x"\ntest="y"\nn=1\ntemperature=1\nmax_new_tokens=9\n[arms.a]\nspeed=3\n'
    )
    done = run("arms", wrong, "--runs", tmp_path, "--out", wrong)
    assert done.returncode == 1
    assert "arm a: unknown setting 'speed'" in done.stderr


@pytest.mark.parametrize(
    "file",
    [
        f
        for f in sorted(ROOT.glob("recipes/*/*.toml"))
        if f.stem.startswith("arms") or f.stem == "small"
    ],
    ids=lambda f: f"{f.parent.name}-{f.stem}",
)
def test_the_committed_settings_are_understood(file: Path) -> None:
    experiment = read_experiment(file, {"test": "held-out.jsonl"})
    assert experiment.test == "held-out.jsonl"
    assert {"rlcf", "compiler", "sft"} <= {arm.name for arm in experiment.arms}


def row(task: str, sample: int, *, compiled: bool, passed: bool = False) -> SampleScore:
    outcome = "passed" if passed else "failed" if compiled else "unscored"
    return SampleScore(task, sample, "", compiled, outcome, "", (), (), 1, 1, False, True)


def test_best_of_takes_the_first_that_compiles() -> None:
    rows = [
        row("a", 0, compiled=False),
        row("a", 1, compiled=True, passed=True),
        row("a", 2, compiled=True),
        row("a", 3, compiled=True, passed=True),
        row("b", 0, compiled=False),
        row("b", 1, compiled=False),
        row("b", 2, compiled=False),
        row("b", 3, compiled=True),
    ]
    chosen = best_of(ScoreReport(tuple(rows)), 2)
    assert [(r.task_id, r.sample) for r in chosen.rows] == [("a", 1), ("a", 2), ("b", 0), ("b", 3)]


def test_compute_counts_by_hand() -> None:
    step = {"programs": 8.0, "tokens": 10.0, "compile_rate": 0.5, "comparator/updates": 1.0}
    # drawing, reference and update (5) of 8 x 10 completion and 2 x 20 prompt tokens
    assert rl_tokens([step], 20, 4, 0.0, 0) == 5 * (80 + 40)
    judged = 0.5 * 30 * (2 * 4 + 3 * 2 * 32)
    assert rl_tokens([step], 20, 4, 0.5, 0) == 5 * (80 + 40) + judged
    kept = 3 * 2 * 70 + 0.5 * 1000  # references of two prompts, and a corpus embedded once
    embedded = rl_tokens([step], 20, 4, 0.5, 0, kept=70, corpus=1000)
    assert embedded == 5 * (80 + 40) + judged + kept
    batch = rl_tokens([step], 20, 4, 0.0, 0, kept=70, kept_batch=5)  # five drawn of all tasks
    assert batch == 5 * (80 + 40) + 3 * 5 * 70
    assert sft_tokens([20, 20], [30, 30]) == 300


def test_a_repeated_experiment_is_compared_rate_by_rate(tmp_path: Path) -> None:
    def arm(low: float, high: float) -> dict[str, object]:
        rate = {"mean": (low + high) / 2, "low": low, "high": high}
        names = ("compile_rate", "execution_rate", "pass@1")
        return {"sampled": {"rates": dict.fromkeys(names, rate)}}

    found = list(compare({"base": arm(0.2, 0.4)}, {"base": arm(0.3, 0.5), "other": arm(0, 1)}))
    assert [one.meet for one in found] == [True] * 3
    found = list(compare({"base": arm(0.2, 0.3)}, {"base": arm(0.4, 0.5)}))
    assert [one.meet for one in found] == [False] * 3
    assert "committed  25.0 (20.0 to 30.0)  here  45.0 (40.0 to 50.0)  APART" in found[0].line
    (tmp_path / "test_even.jsonl").write_text("")
    assert find(tmp_path, "test.jsonl", "test_even.jsonl").name == "test_even.jsonl"
    with pytest.raises(UserError, match=r"no train\.jsonl in"):
        find(tmp_path, "train.jsonl")


def test_intervals_of_an_experiment_do_not_collapse_at_the_edge() -> None:
    """They are the product's own, of the samples of all seeds."""

    def scored(good: bool) -> ScoreReport:
        outcome = str(Outcome.PASSED if good else Outcome.FAILED)
        rows = [
            SampleScore(f"t/{i}", 0, "x", good, outcome, "", (), (), 1, 1, False, True)
            for i in range(8)
        ]
        return ScoreReport(tuple(rows))

    base, arm = [Evaluation(0, scored(False))], [Evaluation(i, scored(True)) for i in range(2)]
    rate = arm_json(arm, base)["sampled"]["rates"]["compile_rate"]
    assert rate["mean"] == rate["high"] == 1
    assert 0.5 < rate["low"] < 1
    single = arm_json(arm[:1], base)["sampled"]["rates"]["compile_rate"]
    whole = scored(True).totals["compile_rate"]
    assert whole
    assert single == whole.to_json()
    change = differences(base, arm, "sampled")["compile_rate"]
    assert 0 < change["low"] < change["mean"] == 1


@absent.needs_jdk
def test_what_a_model_learns_mbjp_from(tmp_path: Path) -> None:
    data = tmp_path / "java"
    data.mkdir()
    good = Task("m/1", "java", "class A { static int f() {\n", reference="return 1; } }\n")
    bad = Task("m/2", "java", "class A { static int f() {\n", reference="return x; } }\n")
    write_tasks(data / "train.jsonl", [good, bad])
    script = ROOT / "recipes" / "mbjp" / "mix.py"
    words = [sys.executable, script, data, tmp_path / "out", "--embedded", "5", "--times", "3"]
    done = subprocess.run([*map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "3 MBJP, 5 embedded, 0 corpus; 1 references left out" in done.stdout
    fit = load_tasks(str(tmp_path / "out" / "fit.jsonl"))
    assert len({t.task_id for t in fit}) == len(fit) == 8
    assert [t.task_id for t in load_tasks(str(tmp_path / "out" / "rl.jsonl"))] == ["m/1"]


@absent.needs_jdk
def test_shares_of_the_way_are_measured(tmp_path: Path) -> None:
    base, model = tmp_path / "base", tmp_path / "model"
    tiny.policy(seed=0).save(base)
    tiny.policy(seed=1).save(model)
    write_tasks(tmp_path / "tasks.jsonl", tiny.tasks(2))
    args = SharesArgs(
        base=str(base),
        models=(str(model),),
        tasks=str(tmp_path / "tasks.jsonl"),
        name="one",
        out=tmp_path / "shares.json",
        shares=(0.0, 0.5),
        n=1,
        max_new_tokens=12,
        threads=1,
    )
    measure_shares(args)
    measure_shares(replace(args, name="two", shares=(1.0,)))
    found = json.loads((tmp_path / "shares.json").read_text())
    assert {name: [p["share"] for p in s["points"]] for name, s in found.items()} == {
        "one": [0.0, 0.5],
        "two": [1.0],
    }
    rate = found["two"]["points"][0]["rates"]["compile_rate"]
    assert 0 <= rate["low"] <= rate["mean"] <= rate["high"] <= 1
