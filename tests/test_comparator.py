"""The comparator on the architectures of the hub, and the one that is never trained."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers.processors import TemplateProcessing
from transformers import (
    AutoModel,
    GPT2Config,
    LlamaConfig,
    ModernBertConfig,
    RobertaConfig,
    Starcoder2Config,
)

import tiny
from rlcf.comparator.frozen import NearestJudge, embed_corpus
from rlcf.comparator.judge import ComparatorJudge
from rlcf.comparator.model import Comparator, Program, load_comparator
from rlcf.comparator.online import ComparatorTrainer, OnlineConfig, Pair
from rlcf.errors import UserError

pytestmark = pytest.mark.in_process

_SMALL: dict[str, Any] = {
    "vocab_size": 320,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_SHAPE: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 256,
    **_SMALL,
}
ARCHITECTURES = {
    "roberta": RobertaConfig(**_SHAPE),  # CodeBERT's
    "modernbert": ModernBertConfig(**_SHAPE, cls_token_id=1, sep_token_id=2),
    "gpt2": GPT2Config(n_embd=32, n_layer=2, n_head=2, n_positions=256, **_SMALL),
    "llama": LlamaConfig(num_key_value_heads=2, **_SHAPE),
    "starcoder2": Starcoder2Config(num_key_value_heads=2, **_SHAPE),
}
DECODERS = ("gpt2", "llama", "starcoder2")
PROGRAMS = [
    Program("class A { ", "return 1; }"),
    Program("class BC { int b;", "x"),
    Program("", ""),
]


def folder(path: Path, architecture: str) -> str:
    """A model folder as the hub has them."""
    torch.manual_seed(0)
    AutoModel.from_config(ARCHITECTURES[architecture]).save_pretrained(path)
    tiny.tokenizer().save_pretrained(path)
    return str(path)


def load(path: Path, architecture: str, pooling: str = "auto") -> Comparator:
    return load_comparator(folder(path, architecture), precision="fp32", pooling=pooling)


def pairs(count: int) -> list[Pair]:
    rng = random.Random(0)
    return [
        Pair(f"class A{i} {{", f" return {rng.randrange(9)}; }}", f" goto {rng.randrange(9)}; }}")
        for i in range(count)
    ]


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("pooling", ["auto", "mean", "last"])
def test_architectures_of_the_hub(tmp_path: Path, architecture: str, pooling: str) -> None:
    comparator = load(tmp_path / "model", architecture, pooling)
    if pooling == "auto":
        assert comparator.pooling == ("last" if architecture in DECODERS else "mean")
    together = comparator.score(PROGRAMS)
    alone = torch.cat([comparator.score([p]) for p in PROGRAMS])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)
    trainer = ComparatorTrainer(comparator, OnlineConfig(lr=1e-3), seed=0)
    rng = random.Random(0)
    for _ in range(40):
        trainer.train_on(pairs(16), rng)
    assert trainer.accuracy_on(pairs(16)) > 0.9
    (tmp_path / "saved").mkdir()
    comparator.save(tmp_path / "saved")
    again = load_comparator(str(tmp_path / "saved"), precision="fp32")
    assert again.pooling == comparator.pooling
    torch.testing.assert_close(comparator.score(PROGRAMS), again.score(PROGRAMS))


def test_last_pooling_reads_the_last_token_of_the_program_itself(tmp_path: Path) -> None:
    comparator = load(tmp_path, "llama", "last")
    ids_BL, mask_BL, body_BL = comparator._encode(PROGRAMS[:2])
    states_BLH = comparator.states(ids_BL, mask_BL)
    by_hand = [
        comparator.scale * comparator.head(states_BLH[i, int(body_BL[i].nonzero().max())])[0]
        for i in range(2)
    ]
    torch.testing.assert_close(comparator(PROGRAMS[:2]), torch.stack(by_hand))


def test_a_padding_token_is_found_and_the_models_own_frame_is_kept(tmp_path: Path) -> None:
    name = folder(tmp_path, "roberta")
    tokenizer = tiny.tokenizer()
    tokenizer.pad_token = None
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|begin|> $A <|end|>", special_tokens=[("<|begin|>", 1), ("<|end|>", 2)]
    )
    tokenizer.save_pretrained(name)
    comparator = load_comparator(name, precision="fp32", max_tokens=12)
    ids_BL, mask_BL, body_BL = comparator._encode([Program("int a; " * 9, "b;"), Program("", "c")])
    begin, end = comparator.tokenizer.bos_token_id, comparator.tokenizer.eos_token_id
    assert ids_BL[0, 0] == ids_BL[1, 0] == begin
    for i in range(2):
        length = int(mask_BL[i].sum())
        assert ids_BL[i, length - 1] == end
        assert body_BL[i, length - 1] == 0
        assert body_BL[i, length - 2] == 1
    assert ids_BL.shape[1] == 12  # a prompt that is too long loses its beginning


def test_a_model_that_reads_every_prompt_within_its_positions(tmp_path: Path) -> None:
    for architecture in ("roberta", "gpt2"):
        comparator = load(tmp_path / architecture, architecture)
        long = Program("int a; " * 500, "return b; " * 500)
        assert torch.isfinite(comparator.score([long])).all()


def test_unknown_pooling_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="known are auto, mean, last"):
        load_comparator(str(tmp_path), pooling="max")


@pytest.mark.parametrize(("always_right", "expected"), [(True, 0.0), (False, 2.0)])
def test_updates_pause_above_the_band_and_double_below(always_right: bool, expected: float) -> None:
    """The real update, with a comparator whose scores are fixed by hand."""
    trainer = ComparatorTrainer(tiny.comparator(), OnlineConfig(), seed=0)
    sign = 1.0 if always_right else -1.0
    trainer._differences = lambda pairs: torch.full((len(pairs),), sign)  # type: ignore[method-assign]
    for step in range(12):
        before = [p.clone() for p in trainer.comparator.parameters()]
        metrics = trainer.update(pairs(8), step)
    assert metrics["comparator/updates"] == expected
    moved = any(
        not torch.equal(a, b) for a, b in zip(before, trainer.comparator.parameters(), strict=True)
    )
    assert moved == (expected > 0)
    name = "skipped" if always_right else "doubled"
    assert metrics[f"comparator/{name}"] > 0
    again = ComparatorTrainer(tiny.comparator(), OnlineConfig(), seed=0)
    again.load_state_dict(trainer.state_dict())
    assert (again.skipped, again.doubled) == (trainer.skipped, trainer.doubled)


def test_an_untrained_comparator_is_drawn_into_the_band() -> None:
    config = replace(OnlineConfig(batch_size=16), lr=1e-3)
    trainer = ComparatorTrainer(tiny.comparator(), config, seed=0)
    seen = [trainer.update(pairs(16), step) for step in range(60)]
    assert seen[-1]["comparator/accuracy"] == 1.0
    assert seen[-1]["comparator/updates"] == 0  # ahead of the policy: it waits


CORPUS = [
    Program(f"class A{i} {{ ", text)
    for i, text in enumerate(
        ["return a + b; }", "return a - b; }", "while (x) { y++; }", "for (;;) { z--; }"] * 3
    )
]


def nearest(comparator: Comparator | None = None) -> NearestJudge:
    comparator = comparator or tiny.comparator()
    return NearestJudge(comparator, CORPUS, embed_corpus(comparator, CORPUS))


def test_the_frozen_judge_prefers_the_reference() -> None:
    judge = nearest()
    prompts, wanted = [c.prompt for c in CORPUS], [c.completion for c in CORPUS]
    assert not judge(prompts, wanted, wanted).any()
    strange = ['"####" @@@@ ~~~~'] * len(CORPUS)
    g_B = judge(prompts, strange, wanted)
    assert (g_B < 0).all()
    assert (g_B >= -0.99).all()
    # a small change stays nearer than another program
    small = judge(prompts[:1], ["return a + c; }"], wanted[:1])
    other = judge(prompts[:1], ["for (;;) { z--; }"], wanted[:1])
    assert other[0] < small[0] < 0


def test_other_references_score_about_minus_tanh_1() -> None:
    judge = nearest()
    moved = CORPUS[1:] + CORPUS[:1]
    g_B = judge(
        [c.prompt for c in moved],
        [c.completion for c in moved],
        [c.completion for c in moved],
    )
    assert not g_B.any()
    embedding_NH = embed_corpus(judge.comparator, CORPUS)
    unit = judge._unit(embedding_NH)
    own = torch.arange(len(CORPUS))
    difference = judge.difference(unit.roll(-1, 0), unit, own)
    assert (difference / judge.tau).mean().item() == pytest.approx(-1, abs=1e-4)


def test_the_frozen_difference_by_hand() -> None:
    judge = nearest()
    judge.neighbours = 1
    judge.corpus_NH = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]])
    sample = torch.tensor([[0.0, 1.0]])
    found = judge.difference(sample, judge.corpus_NH[:1], torch.tensor([0]))
    # own reference: 0 - 1; nearest of the others: 1 for the sample, 0.6 for the reference
    assert found.item() == pytest.approx(0.5 * -1 + 0.5 * (1 - 0.6))


def test_without_neighbours_the_own_reference_counts_alone() -> None:
    comparator = tiny.comparator()
    embedding_NH = embed_corpus(comparator, CORPUS)
    plain, sharp = (NearestJudge(comparator, CORPUS, embedding_NH, 0, s) for s in (1.0, 3.0))
    sample = plain._unit(embedding_NH)[1:2]
    found = plain.difference(sample, plain.corpus_NH[:1], torch.tensor([0]))
    assert found.item() == pytest.approx((sample @ plain.corpus_NH[0]).item() - 1)
    assert sharp.tau == pytest.approx(plain.tau / 3)
    one = ([CORPUS[0].prompt], ["return a + c; }"], [CORPUS[0].completion])
    assert np.arctanh(sharp(*one)[0]) == pytest.approx(3 * np.arctanh(plain(*one)[0]), rel=1e-4)


def test_embeddings_are_kept_and_reused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rlcf.comparator import frozen

    monkeypatch.setattr(frozen, "CHUNK", 5)
    comparator, seen = tiny.comparator(), []
    first = embed_corpus(comparator, CORPUS, tmp_path, lambda done, of: seen.append((done, of)))
    assert seen == [(5, 12), (10, 12), (12, 12)]
    assert len(list(tmp_path.iterdir())) == 3
    monkeypatch.setattr(Comparator, "embed", lambda *args: pytest.fail("computed again"))
    assert torch.equal(embed_corpus(comparator, CORPUS, tmp_path), first)
    monkeypatch.undo()
    changed = tiny.comparator(seed=1)
    assert not torch.equal(embed_corpus(changed, CORPUS, tmp_path), first)


def test_a_frozen_judge_needs_references_and_one_is_enough() -> None:
    comparator = tiny.comparator()
    with pytest.raises(UserError, match="needs references"):
        NearestJudge(comparator, [], torch.zeros(0, 32))
    judge = NearestJudge(comparator, CORPUS[:1], embed_corpus(comparator, CORPUS[:1]))
    assert np.isfinite(judge(["class A0 { "], ["other"], ["return a + b; }"])).all()
    assert judge([], [], []).shape == (0,)


def test_the_same_program_scores_the_same_in_any_company() -> None:
    comparator = tiny.comparator()
    for judge in (ComparatorJudge(comparator), nearest(comparator)):
        prompts, wanted = [c.prompt for c in CORPUS], [c.completion for c in CORPUS]
        written = [f"return {i}; }}" for i in range(len(CORPUS))]
        together = judge(prompts, written, wanted)
        alone = judge(prompts[:1], written[:1], wanted[:1])
        np.testing.assert_allclose(together[:1], alone, atol=1e-4)


def test_a_frozen_encoder_is_held_in_the_precision_it_computes_in(tmp_path: Path) -> None:
    name = folder(tmp_path, "roberta")
    whole, half, exact = (
        load_comparator(name, precision=precision, trained=trained)
        for precision, trained in (("bf16", True), ("bf16", False), ("fp32", False))
    )
    kinds = [{p.dtype for p in c.encoder.parameters()} for c in (whole, half, exact)]
    assert kinds == [{torch.float32}, {torch.bfloat16}, {torch.float32}]
    cosine_B = torch.cosine_similarity(whole.embed(PROGRAMS), half.embed(PROGRAMS))
    assert (cosine_B > 0.99).all()


def test_what_is_embedded_together_is_of_like_length(monkeypatch: pytest.MonkeyPatch) -> None:
    comparator = tiny.comparator()
    widths: list[int] = []
    states = comparator.states

    def counted(ids: Any, mask: Any) -> Any:
        widths.append(ids.shape[1])
        return states(ids, mask)

    monkeypatch.setattr(comparator, "states", counted)
    programs = [Program("", "a = b; " * n) for n in (20, 1, 19, 2, 18, 3)]
    comparator.embed(programs, batch_size=2)
    assert widths == sorted(widths)
    assert widths[0] * 4 < widths[-1]


def test_a_hub_that_gives_nothing_is_one_line_with_a_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="of microsoft/codebert-base elsewhere"):
        load_comparator("codebert")
