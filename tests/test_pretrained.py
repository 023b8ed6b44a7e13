"""The proof on pretrained models: its whole path on tiny ones, its plan, its numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import absent
import tiny
from experiments.pretrained import stages
from experiments.pretrained.derive import scale_adapters
from experiments.pretrained.page import Args as PageArgs
from experiments.pretrained.page import main as write_page
from experiments.pretrained.plan import read_plan
from experiments.pretrained.proof import Args, main, write
from experiments.pretrained.proof import compare as compare_results
from experiments.pretrained.stages import Runner
from experiments.pretrained.tally import Found, arm_json, rates, rivals_json
from rlcf.errors import UserError
from rlcf.evaluation.evaluate import evaluate_policy
from rlcf.evaluation.results import SampleScore, ScoreReport, compare
from rlcf.tasks import load_tasks, write_tasks

RECIPES = Path(__file__).parents[1] / "recipes"
PLAN = """
train = ["train.jsonl"]
max_new_tokens = 12
ks = [1, 2]
seeds = [0, 1]
[choice]
tasks = "validation.jsonl"
chats = ["off"]
stops = ["class", "method"]
style_n = 1
temperatures = [0.5, 1.0]
n = 2
[tests.toy]
tasks = "missing.jsonl|test.jsonl"
n = 2
beside = [0.0, 0.5]
[tests.other]
tasks = "validation.jsonl"
n = 2
beside = []
arms = ["base"]
[policies.tiny]
model = "a"
seeds = { compiler = [0] }
start = "tuned"
rl = { lr = 1e-3 }
[policies.larger]
model = "b"
arms = ["base"]
[files]
a = "model"
b = "larger"
c = "encoder"
[rl]
comparator = "c"
steps = 1
lr = 5.0
prompts_per_step = 2
samples_per_prompt = 2
precision = "fp32"
[sft]
batch_size = 4
precision = "fp32"
[arms.tuned]
kind = "sft"
epochs = 1.0
[arms.rlcf]
[arms.compiler]
reward = "compiler"
start = "base"
[arms.sft]
kind = "sft"
matched_to = "rlcf"
[arms.rft]
kind = "rft"
matched_to = "rlcf"
count = 2
[arms.merged]
kind = "average"
matched_to = "rlcf"
[arms.best_of_2]
kind = "best_of"
count = 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i, name in enumerate(("model", "larger")):
        tiny.policy(seed=i).save(tmp_path / "models" / name)
    (tmp_path / "models" / "encoder").mkdir()
    tiny.comparator().save(tmp_path / "models" / "encoder")
    (tmp_path / "data").mkdir()
    for name, tasks in (("train", tiny.tasks(4)), ("validation", tiny.tasks(2))):
        write_tasks(tmp_path / "data" / f"{name}.jsonl", tasks)
    tested = [replace(t, tests="\nclass Main { public static void main(String[] a) { } }\n")
              for t in tiny.tasks(6)[4:]]  # fmt: skip
    write_tasks(tmp_path / "data" / "test.jsonl", tested)
    (tmp_path / "toy.toml").write_text(PLAN)
    return tmp_path


def run(folder: Path, *only: str, **more: Any) -> int:
    places: dict[str, Any] = {name: folder / name for name in ("models", "data", "runs", "out")}
    return main(Args(folder / "toy.toml", **places, only=only, threads=1, **more))


def forbid(*args: Any, **settings: Any) -> Any:
    raise AssertionError("this was done before")


def test_best_of_n_draws_so_many_where_its_temperature_is_chosen(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rich.console import Console

    text = (folder / "toy.toml").read_text().replace("count = 2", "count = 3")
    (folder / "toy.toml").write_text(text)
    plan = read_plan(folder / "toy.toml")
    runner = Runner(plan, folder / "models", folder / "data", folder, 1, Console())
    drawn: list[int] = []

    def score(policy: Any, model: Any, style: Any, temperature: float, n: int) -> ScoreReport:
        drawn.append(n)
        return report("p--") if temperature == 1.0 else report("---")

    monkeypatch.setattr(runner, "score", score)
    monkeypatch.setattr(runner, "style", lambda policy: {})
    [arm] = [arm for arm in plan.arms if arm.kind == "best_of"]
    assert runner.temperature(plan.policies[0], arm) == 1.0
    assert drawn == [3, 3]


@absent.needs_jdk
def test_the_whole_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rlcf.policy.sampling import sample_tasks

    monkeypatch.setattr(stages, "PART", 1)
    # A tiny policy writes nothing that compiles; what is drawn for fine-tuning is made to.
    monkeypatch.setattr(stages, "sample_tasks", _references(sample_tasks))
    assert run(folder) == 0
    out = folder / "out" / "pretrained_toy.json"
    found = json.loads(out.read_text())
    assert list(found["larger"]) == ["base"]
    first = ["base", "tuned", "rlcf", "compiler"]
    assert list(found["tiny"]) == [*first, "sft", "rft", "merged", "best_of_2"]
    rlcf, base = found["tiny"]["rlcf"], found["tiny"]["base"]
    assert rlcf["seeds"] == len(rlcf["by_seed"]) == 2
    assert "minus_base" not in base
    for name in ("compile_rate", "execution_rate", "pass@1", "length_ratio"):
        assert set(rlcf[name]) == {"mean", "low", "high"}
        assert set(rlcf["minus_base"][name]) == {"mean", "low", "high"}
    assert set(rlcf["at"]) == {"greedy", "0.5", f"{rlcf['temperature']:g}"}
    assert rlcf["stop"] in ("class", "method")
    assert rlcf["chat"] == "off"
    sft, rft, merged = (found["tiny"][arm]["tokens"] for arm in ("sft", "rft", "merged"))
    assert sft == rft == pytest.approx(rlcf["tokens"], rel=0.5)
    assert merged == pytest.approx(2 * rlcf["tokens"])
    settings, cold = (
        json.loads(next((folder / "runs" / "tiny").glob(f"{arm}-*/config.json")).read_text())
        for arm in ("rlcf-1", "compiler-0")
    )
    assert "/tuned-0-" in settings["model"]
    assert cold["model"] == str(folder / "models" / "model")
    costs = [found["tiny"][arm]["tokens"] for arm in ("tuned", "rlcf", "compiler")]
    assert costs[1] > costs[0] > 0  # what it starts with counts
    assert costs[1] == pytest.approx(costs[0] + costs[2], rel=0.5)
    assert settings["lr"] == 1e-3  # the policy's own goes before the rate of all
    assert settings["stop"] == rlcf["stop"]

    for work in ("train", "run_sft", "evaluate_policy", "load_policy", "merged_policy"):
        monkeypatch.setattr(stages, work, forbid)
    assert run(folder) == 0
    assert json.loads(out.read_text()) == found
    assert run(folder, committed=out) == 0


def _references(draw: Callable[..., Any]) -> Callable[..., Any]:
    def drawn(policy: Any, tasks: Any, *args: Any, **settings: Any) -> Any:
        found = draw(policy, tasks, *args, **settings)
        return [
            [replace(sample, text=task.reference) for sample in group]
            for task, group in zip(tasks, found, strict=True)
        ]

    return drawn


@absent.needs_jdk
def test_what_was_cut_short_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "PART", 1)
    drawn, draw = [], evaluate_policy

    def killed(*args: Any, **settings: Any) -> Any:
        drawn.append(args[1][0].task_id)
        if len(drawn) == 7:
            raise KeyboardInterrupt
        return draw(*args, **settings)

    monkeypatch.setattr(stages, "evaluate_policy", killed)
    with pytest.raises(KeyboardInterrupt):
        run(folder, "larger")
    assert run(folder, "larger") == 0
    # Two styles and two temperatures of two validation tasks; two or three temperatures of two
    # tests; what was cut short is drawn once more.
    styles, temperatures = 2 * 2, 2 * 2
    assert len(drawn) - 1 in {styles + temperatures + 2 * k for k in (2, 3)}
    assert run(folder, "larger/base") == 0


def test_the_plan_is_told_without_doing_it(folder: Path, capsys: Any) -> None:
    assert run(folder, "tiny/rlcf", dry_run=True) == 0
    said = capsys.readouterr().out
    assert not (folder / "runs").exists()
    assert "rlcf: 2 trained" in said
    assert "compiler" not in said
    assert "hours in all" in said
    assert run(folder, "tiny/rlcf", dry_run=True, seeds=(1,)) == 0
    assert "rlcf: 1 trained" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("lr = 5.0", "rate = 5.0", "unknown setting of arm rlcf in .*'rate'"),
        ("style_n = 1", "stile_n = 1", "did you mean style_n"),
        ('kind = "best_of"', 'kind = "best"', "did you mean best_of"),
        ('kind = "average"\nmatched_to = "rlcf"', 'kind = "average"', "merged must be matched_to"),
        ('start = "tuned"', 'start = "rft"', "tiny must start with an arm of sft that has epochs"),
        ('model = "b"\n', "", "missing .*'model'"),
        ('"class", "method"', '"class", "brace"', "unknown --stops 'brace'"),
    ],
)
def test_a_wrong_plan_is_named(folder: Path, old: str, new: str, words: str) -> None:
    assert old in PLAN
    (folder / "toy.toml").write_text(PLAN.replace(old, new))
    with pytest.raises(UserError, match=words):
        run(folder, dry_run=True)


def test_an_unknown_arm_and_missing_files_are_named(folder: Path) -> None:
    with pytest.raises(UserError, match=r"--only tiny/rlfc: there are .*tiny/rlcf"):
        run(folder, "tiny/rlfc")
    (folder / "data" / "validation.jsonl").unlink()
    with pytest.raises(UserError, match=r"no validation\.jsonl in"):
        run(folder, dry_run=True)


@pytest.mark.parametrize("name", ["proof", "proof_small"])
def test_the_committed_plans_are_understood(name: str) -> None:
    plan = read_plan(RECIPES / "pretrained" / f"{name}.toml")
    assert {"base", "tuned_2", "rlcf_2"} <= {arm.name for arm in plan.arms}
    if name == "proof":
        wanted = {"base", "sft", "rft", "compiler", "comparator", "paper", "rlcf", "merged"}
        assert {arm.name for arm in plan.arms} == wanted | {
            "best_of_5",
            "halfway",
            "tuned",
            "tuned_2",
            "rlcf_2",
            "cold",
        }


def test_a_share_of_adapters(tmp_path: Path) -> None:
    source = tmp_path / "whole"
    source.mkdir()
    with pytest.raises(UserError, match="no adapters"):
        scale_adapters(source, 0.5, tmp_path / "none")
    (source / "adapter_config.json").write_text('{"r": 16, "lora_alpha": 32}')
    (source / "adapter_model.safetensors").write_bytes(b"weights")
    scale_adapters(source, 0.5, tmp_path / "half")
    config = json.loads((tmp_path / "half" / "adapter_config.json").read_text())
    assert config == {"r": 16, "lora_alpha": 16.0}
    assert (tmp_path / "half" / "adapter_model.safetensors").read_bytes() == b"weights"


def test_what_is_reproduced_is_trained_as_what_was_committed() -> None:
    full, small = (
        read_plan(RECIPES / "pretrained" / f"{n}.toml") for n in ("proof", "proof_small")
    )
    for name in ("tuned_2", "rlcf_2"):
        arms = [next(a for a in plan.arms if a.name == name) for plan in (full, small)]
        plans = list(zip((full, small), arms, strict=True))
        ours, theirs = (plan.settings(plan.policies[0], arm) for plan, arm in plans)
        assert ours == theirs
        assert len({plan.start(plan.policies[0], arm).name for plan, arm in plans}) == 1
    assert full.tests[0].name == small.tests[0].name
    assert (full.train, full.max_new_tokens) == (small.train, small.max_new_tokens)


def report(*passed: str) -> ScoreReport:
    """Of one task per word, a sample per letter: p passed, c compiled, else rejected."""
    rows = [
        SampleScore(f"t{i}", j, f"{i}{j}", one != "-", {"p": "passed", "c": "failed"}.get(
            one, "not_run"), "", (), (), 1, 1, False, True)
        for i, word in enumerate(passed)
        for j, one in enumerate(word)
    ]  # fmt: skip
    return ScoreReport(tuple(rows), (1, 2))


def test_one_seed_has_the_products_own_numbers() -> None:
    before, after = report("pc-", "c--", "ppp", "-c-"), report("ppc", "cc-", "ppp", "pc-")
    base = Found({0.5: [before], 0.8: [after]})
    found = arm_json(Found({0.2: [after], 0.8: [after]}), base)
    for name, estimate in after.totals.items():
        if estimate is not None:
            assert found[name] == estimate.to_json()
    for name, estimate in compare(before, after).items():
        assert found["minus_base"][name] == estimate.to_json()
    assert found["at"]["0.8"]["minus_base"]["pass@1"]["mean"] == 0
    assert "minus_base" not in arm_json(base, base)


def test_the_page_has_every_arm_and_what_it_beats(tmp_path: Path) -> None:
    base, ours, rival = report("pc-", "c--"), report("ppc", "cc-"), report("pp-", "c--")
    steps = [{"step": 1, "compile_rate": 0.2, "kl": 0.0}, {"step": 2, "compile_rate": 0.4}]
    arms = {"base": Found({0.2: [base]}), "rlcf": Found({0.5: [ours]}, 2e6, metrics=[steps])}
    arms["sft"] = Found({0.2: [rival]})
    minus = rivals_json(arms, "rlcf")
    assert list(minus) == ["sft"]
    assert minus["sft"]["compile_rate"]["mean"] > 0
    rows = {name: arm_json(one, arms["base"]) for name, one in arms.items()}
    rows["rlcf"]["minus"] = minus
    result, page = tmp_path / "r.json", tmp_path / "page.md"
    result.write_text(json.dumps({"tiny": rows}))
    page.write_text("before\n<!-- r: begin -->\nold\n<!-- r: end -->\nafter\n")
    write_page(PageArgs(result, page))
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| tiny | rlcf | 1 | 0.5 | 83.3 (" in text
    assert "| tiny | rlcf - sft | +33.3 (" in text
    assert (tmp_path / "r_tiny.svg").read_text().startswith("<svg")
    listing = (tmp_path / "r_programs.md").read_text()
    assert listing.count("<summary>t0</summary>") == listing.count("\nrlcf (passed)") == 1
    page.write_text("no marks")
    with pytest.raises(UserError, match="lacks the marks"):
        write_page(PageArgs(result, page))


def test_seeds_are_averaged_and_count_as_more_draws() -> None:
    one, other = report("pp", "cc", "p-"), report("pc", "c-", "--")
    both = rates([one, other])
    assert both["compile_rate"]["mean"] == pytest.approx((5 / 6 + 3 / 6) / 2)
    assert both["pass@2"]["mean"] == pytest.approx((2 / 3 + 1 / 3) / 2)  # not of four together
    assert rates([one])["pass@1"]["mean"] == pytest.approx(0.5)


def test_results_are_compared_rate_by_rate() -> None:
    def side(low: float, high: float) -> dict[str, Any]:
        return {"p": {"a": {"pass@1": {"mean": low, "low": low, "high": high}}}}

    assert [one.meet for one in compare_results(side(0.1, 0.3), side(0.2, 0.4))] == [True]
    assert [one.meet for one in compare_results(side(0.1, 0.2), side(0.3, 0.4))] == [False]
    assert list(compare_results(side(0.1, 0.2), {})) == []


def test_one_arm_does_not_forget_the_others(folder: Path) -> None:
    from rich.console import Console

    runner = Runner(read_plan(folder / "toy.toml"), folder / "models", folder, folder, 1, Console())
    out = folder / "r.json"
    write(out, runner, {"tiny": {"base": Found({0.5: [report("pc")]})}})
    write(out, runner, {"larger": {"base": Found({0.5: [report("cc")]})}})
    found = json.loads(out.read_text())
    assert found["tiny"]["base"]["pass@1"]["mean"] == 0.5
    assert found["larger"]["base"]["pass@1"]["mean"] == 0
    assert len(load_tasks(str(folder / "data" / "test.jsonl"))) == 2
