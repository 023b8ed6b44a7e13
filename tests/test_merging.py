"""`rlcf merge`: weighted means of weights by hand, and what does not fit together."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import tiny
from rlcf.cli import main
from rlcf.errors import UserError
from rlcf.policy.merging import merged_policy
from rlcf.policy.model import load_policy

pytestmark = pytest.mark.in_process

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def models(tmp_path: Path) -> list[str]:
    folders = [tmp_path / "run" / "policy", tmp_path / "one", tmp_path / "two"]
    for seed, folder in enumerate(folders):
        tiny.policy(seed=seed).save(folder)
    return [str(folder) for folder in folders]


def states(models: list[str]) -> list[dict[str, torch.Tensor]]:
    return [load_policy(name).model.state_dict() for name in models]


def test_the_mean_goes_a_part_of_the_way(models: list[str]) -> None:
    base, one, two = states(models)
    merged = merged_policy(models[1:], base=models[0], share=0.75).model.state_dict()
    assert set(merged) == set(base)
    for name, value in merged.items():
        wanted = 0.25 * base[name] + 0.375 * one[name] + 0.375 * two[name]
        torch.testing.assert_close(value, wanted)
    assert any(not torch.equal(one[k], two[k]) for k in one)
    for share, end in ((0.0, base), (1.0, one)):
        whole = merged_policy(models[1:2], base=models[0], share=share).model.state_dict()
        torch.testing.assert_close(whole, end)


def test_the_verb_takes_runs_and_writes_a_model(
    models: list[str], tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "new" / "merged"
    command = ["merge", str(tmp_path / "run"), models[1], "--out", str(out)]
    assert main(command) == 0
    assert f"wrote {out}: the mean of 2 models" in capsys.readouterr().out
    first, second, merged = states([models[0], models[1], str(out)])
    name = next(k for k in merged if k.endswith("q_proj.weight"))
    torch.testing.assert_close(merged[name], (first[name] + second[name]) / 2)
    assert load_policy(str(out)).tokenizer.get_vocab() == tiny.policy().tokenizer.get_vocab()
    assert main(command) == 2  # it does not overwrite
    assert "exists" in capsys.readouterr().err


def test_what_does_not_fit_is_refused(models: list[str], tmp_path: Path) -> None:
    small = models[1]
    tiny.policy("gpt2").save(tmp_path / "gpt2")
    with pytest.raises(UserError, match="not of one architecture"):
        merged_policy([small, str(tmp_path / "gpt2")])
    with pytest.raises(UserError, match="give --base"):
        merged_policy([small], share=0.5)
    with pytest.raises(UserError, match="--share 2"):
        merged_policy([small], base=models[0], share=2)
    with pytest.raises(UserError, match="nothing to merge"):
        merged_policy([])
