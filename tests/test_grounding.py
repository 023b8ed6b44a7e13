"""Grounding, credit and the comparator."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import T5Config

import tiny
from rlcf.comparator.judge import ComparatorJudge
from rlcf.comparator.model import Program, load_comparator
from rlcf.comparator.online import ComparatorTrainer, OnlineConfig, Pair, pair_loss
from rlcf.errors import UserError
from rlcf.grounding import Grounding
from rlcf.grounding.credit import blame_T, token_ends
from rlcf.grounding.reward import ranks_within
from rlcf.policy.completion import Completion
from rlcf.tasks.task import Task

COMPLETIONS = ["ok", "oops", "crash", "fine"]
REFERENCES = ["ref", "ref", "ref", None]


def constant_judge(prompts: Any, completions: Any, references: Any) -> Any:
    return np.full(len(prompts), 0.25, dtype=np.float32)


def rewarded(
    grounding: Grounding, texts: Sequence[str], references: Sequence[str | None]
) -> list[Completion]:
    found = [
        Completion(Task("t", "java", "p ", reference), text)
        for text, reference in zip(texts, references, strict=True)
    ]
    grounding(found)
    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("rlcf", [0.25, -1, np.nan, 1]),
        ("compiler", [1, -1, np.nan, 1]),
        ("comparator", [0.25, 0.25, 0.25, np.nan]),
    ],
)
def test_rewards_by_source(source: str, expected: list[float]) -> None:
    grounding = Grounding(tiny.FakeCompiler(), constant_judge, source)
    found = rewarded(grounding, COMPLETIONS, REFERENCES)
    np.testing.assert_array_equal([c.reward for c in found], expected)
    np.testing.assert_array_equal([c.compiled for c in found], [1, 0, np.nan, 1])


def test_ranks_within_groups_by_hand() -> None:
    nan = np.nan
    values = np.array([-0.99, 0.5, -0.98, nan, -0.97, 0.5, -0.98, 0.2], np.float32)
    ranks = ranks_within(["a", "b", "a", "a", "a", "b", "a", "c"], values)
    expected = [-3 / 4, 0, 0, nan, 3 / 4, 0, 0, 0]
    np.testing.assert_allclose(ranks, np.array(expected, np.float32))
    assert ranks_within([], np.zeros(0, np.float32)).shape == (0,)


@pytest.mark.parametrize(
    ("source", "expected"),
    [("rlcf", [0.25, -1, np.nan, 1, 0.75]), ("comparator", [-0.5, 0.5, 0.5, np.nan, -0.5])],
)
def test_ranks_reward_and_g_is_kept(source: str, expected: list[float]) -> None:
    """Accepted programs are told apart where g is -0.9 and -0.8; rejected ones stay below them."""
    g = {"ok": -0.9, "fine": -0.8, "oops": -0.7, "crash": -0.7}

    def judge(prompts: Any, completions: Any, references: Any) -> Any:
        return np.array([g[c] for c in completions], np.float32)

    grounding = Grounding(tiny.FakeCompiler(), judge, source, weight=0.5, ranks=True)
    words, references = [*COMPLETIONS, "fine"], [*REFERENCES, "ref"]
    if source == "comparator":
        words[4] = "ok"
    found = rewarded(grounding, words, references)
    np.testing.assert_allclose([c.reward for c in found], expected, rtol=1e-6)
    assert found[0].similarity == np.float32(-0.9)


def test_equal_programs_are_compiled_once() -> None:
    compiler = tiny.FakeCompiler()
    rewarded(Grounding(compiler), ["a", "b", "a", "a", "b"], [None] * 5)
    assert compiler.asked == 2


def test_unknown_reward_and_missing_comparator_are_user_errors() -> None:
    with pytest.raises(UserError, match="rlcf, compiler, comparator"):
        Grounding(tiny.FakeCompiler(), None, "tests")
    with pytest.raises(UserError, match="needs a comparator"):
        Grounding(tiny.FakeCompiler(), None, "comparator")


def test_judge_is_antisymmetric_bounded_and_zero_for_equals() -> None:
    judge = ComparatorJudge(tiny.comparator())
    prompts, a, b = ["p "] * 3, ["x = 1;", "y", "same"], ["return 2;", "z }", "same"]
    forward, backward = judge(prompts, a, b), judge(prompts, b, a)
    np.testing.assert_allclose(forward, -backward, atol=1e-6)
    assert forward[2] == 0
    assert np.all(np.abs(forward) < 1)


def test_the_judge_does_not_see_where_a_sample_was_cut() -> None:
    judge = ComparatorJudge(tiny.comparator())
    same = judge(["p "] * 2, ["a;  \n}\n", "  a;\n}"], ["a;\n}", "a;\n}\n\n"])
    assert same.tolist() == [0, 0]


def test_scores_do_not_depend_on_the_batch() -> None:
    comparator = tiny.comparator()
    programs = [Program("p" * i, "body " * (i + 1)) for i in range(9)]
    together = comparator.score(programs)
    alone = torch.cat([comparator.score([p]) for p in programs])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


def pairs(count: int) -> list[Pair]:
    rng = random.Random(0)
    return [
        Pair(f"class A{i} {{", f" return {rng.randrange(9)}; }}", f" goto {rng.randrange(9)}; }}")
        for i in range(count)
    ]


def test_the_comparator_learns_to_tell_references_and_stays_calibrated() -> None:
    trainer = ComparatorTrainer(tiny.comparator(), OnlineConfig(lr=1e-3), seed=0)
    rng = random.Random(0)
    for _ in range(60):
        trainer.train_on(pairs(32), rng)
    assert trainer.accuracy_on(pairs(32)) == 1.0
    judge = ComparatorJudge(trainer.comparator)
    some = pairs(8)
    g_B = judge([p.prompt for p in some], [p.sample for p in some], [p.reference for p in some])
    assert -0.95 < g_B.mean() < -0.6  # label smoothing 0.1 aims at -0.8: no saturation


def test_pair_loss_is_least_at_the_calibrated_difference() -> None:
    smoothing = 0.1
    grid = torch.linspace(-3, 3, 601)
    losses = torch.stack([pair_loss(d[None], torch.ones(1), smoothing) for d in grid])
    assert torch.tanh(grid[losses.argmin()]).item() == pytest.approx(1 - 2 * smoothing, abs=0.01)


def test_the_accuracy_band_pauses_and_speeds_up() -> None:
    trainer = ComparatorTrainer(tiny.comparator(), OnlineConfig(), seed=0)
    due = []
    for accuracy in (0.99, 0.8, 0.3):
        trainer.accuracy = accuracy
        due.append(trainer.updates_due())
    assert due == [0, 1, 2]


def test_copies_of_the_reference_are_no_pairs() -> None:
    trainer = ComparatorTrainer(tiny.comparator(), OnlineConfig(), seed=0)
    metrics = trainer.update([Pair("p", "return 1;", " return  1;\n")], step=1)
    assert metrics == {"comparator/pairs": 0.0}
    assert not trainer.replay


def test_a_saved_comparator_scores_the_same(tmp_path: Path) -> None:
    first = tiny.comparator()
    first.save(tmp_path)
    again = load_comparator(str(tmp_path), precision="fp32", max_tokens=256)
    programs = [Program("p ", "return 1;"), Program("q ", "x")]
    torch.testing.assert_close(first.score(programs), again.score(programs))


def test_an_encoder_decoder_is_no_comparator(tmp_path: Path) -> None:
    T5Config().save_pretrained(tmp_path)
    tiny.tokenizer().save_pretrained(tmp_path)
    with pytest.raises(UserError, match="comparator"):
        load_comparator(str(tmp_path))


def test_blame_falls_on_the_line_of_the_first_error() -> None:
    tokenizer = tiny.tokenizer()
    prompt, completion = "class A {\n", "int a = 1;\nint b = oops;\nint c = 2;\n}\n"
    ids = tokenizer(completion)["input_ids"]
    ends = token_ends(tokenizer, ids)
    assert ends[-1] == len(completion)
    (result,) = tiny.FakeCompiler().check([prompt + completion])
    weights_T = blame_T(result, prompt + completion, len(prompt), ends)
    assert weights_T.mean() == pytest.approx(1.0, abs=1e-5)
    guilty = "".join(
        completion[start:end]
        for start, end, w in zip([0, *ends[:-1]], ends, weights_T, strict=True)
        if w > 1
    )
    assert guilty.strip() == "int b = oops"


def test_accepted_programs_and_errors_before_the_completion_get_even_blame() -> None:
    tokenizer, compiler = tiny.tokenizer(), tiny.FakeCompiler()
    for prompt, completion in (("class A { ", "fine }"), ("oops { ", "fine }")):
        (result,) = compiler.check([prompt + completion])
        ends = token_ends(tokenizer, tokenizer(completion)["input_ids"])
        assert set(blame_T(result, prompt + completion, len(prompt), ends)) == {1.0}
