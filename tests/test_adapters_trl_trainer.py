"""The TRL adapter in TRL's own trainers; needs TRL (`make test-adapters`)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

import tiny
from optional import package
from rlcf.adapters.trl import AsyncCompilerReward, CompilerReward, LocalisedCredit
from rlcf.languages.verdict import CompileResult, Diagnostic, ErrorClass, Verdict


def trainer_of(
    name: str, reward: Any, folder: Path, bases: tuple[type, ...] = (), **row: Any
) -> Any:
    """A trainer on a tiny model whose every batch is kept in `seen`."""
    trl = package("trl")
    from datasets import Dataset

    class Kept:
        seen: list[dict[str, Any]]

        def _generate_and_score_completions(self, inputs: Any) -> dict[str, Any]:
            batch: dict[str, Any] = super()._generate_and_score_completions(inputs)  # type: ignore[misc]
            self.seen.append({k: v.clone() for k, v in batch.items() if torch.is_tensor(v)})
            return batch

    policy = tiny.policy("llama")
    policy.tokenizer.padding_side = "left"
    rows = [{"prompt": t.prompt, "reference": t.reference} for t in tiny.tasks()]
    rows = [{k: v for k, v in (r | row).items() if v is not None} for r in rows]
    made = type("Trainer", (Kept, *bases, getattr(trl, f"{name}Trainer")), {})(
        model=policy.model,
        processing_class=policy.tokenizer,
        reward_funcs=reward,
        train_dataset=Dataset.from_list(rows),
        args=getattr(trl, f"{name}Config")(
            output_dir=str(folder),
            max_steps=5,
            per_device_train_batch_size=4,
            num_generations=4,
            max_completion_length=12,
            learning_rate=1e-3,
            beta=0.0,  # RLOO would look for the model once more, as its reference
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            bf16=False,
            logging_steps=1,
        ),
    )
    made.seen = []
    return made


def trained(trainer: Any) -> list[dict[str, Any]]:
    """The log of 5 steps, after which the weights have moved and are finite."""
    before = [p.detach().clone() for p in trainer.model.parameters()]
    trainer.train()
    after = list(trainer.model.parameters())
    assert all(torch.isfinite(p).all() for p in after)
    moved = any(not torch.equal(a, b) for a, b in zip(before, after, strict=True))
    logged = [row for row in trainer.state.log_history if "reward" in row]
    assert len(logged) == 5
    signal = any((batch["advantages"] != 0).any() for batch in trainer.seen)
    assert moved == signal
    return logged


@pytest.fixture(params=[CompilerReward, AsyncCompilerReward], ids=["sync", "async"])
def reward(request: pytest.FixtureRequest) -> Iterator[CompilerReward]:
    made = request.param("java", compiler_options={"seats": 1})
    yield made
    made.close()


def test_signatures_of_trl_have_not_drifted() -> None:
    trl = package("trl")
    trainers = trl.GRPOTrainer, trl.RLOOTrainer
    for trainer in trainers:
        method = trainer._generate_and_score_completions
        assert list(inspect.signature(method).parameters) == ["self", "inputs"]
    source = inspect.getsource(trainers[0])
    for expected in (
        "prompts=prompts, completions=completions, completion_ids=completion_ids_list",
        'reward_kwargs["log_extra"] = self._log_completion_extra',
        'reward_kwargs["log_metric"] = self._log_metric',
        "reward if reward is not None else torch.nan",
        "if advantages.dim() == 1:",  # (B, T) is allowed
    ):
        assert expected in source, f"TRL no longer has: {expected}"
    assert "old_logps" in inspect.getsource(trainers[1])  # by which LocalisedCredit knows RLOO


@pytest.mark.parametrize("reference", [None, "        return a;\n    }\n}\n"])
def test_grpo_trains_with_terminal_credit(
    reward: CompilerReward, reference: str | None, tmp_path: Path
) -> None:
    trainer = trainer_of("GRPO", reward, tmp_path, reference=reference)
    logged = trained(trainer)
    assert all(0 <= row["compile_rate"] <= 1 and row["unscored_rate"] == 0 for row in logged)
    assert all(batch["advantages"].dim() == 1 for batch in trainer.seen)


class Blind:
    """Accepts every other program; rejects the rest at the first character that was written."""

    language = "java"

    def __init__(self, unscored: bool = False) -> None:
        self.unscored = unscored

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        return [self._one(i, program) for i, program in enumerate(programs)]

    def _one(self, i: int, program: str) -> CompileResult:
        if self.unscored and i % 4 == 0:
            return CompileResult(Verdict.UNSCORED, reason="out of order")
        if i % 2:
            return CompileResult(Verdict.ACCEPTED)
        at = program.index("(int a) {\n") + len("(int a) {\n")
        place = Diagnostic("error", "x", ErrorClass.OTHER, "bad", 1, 1, at, at + 1)
        return CompileResult(Verdict.REJECTED, (place,))

    def close(self) -> None: ...


def test_grpo_trains_with_localised_credit(
    reward: CompilerReward, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("rlcf.languages.Toolchain", lambda *_, **__: Blind())
    trainer = trainer_of("GRPO", reward, tmp_path, (LocalisedCredit,))
    trained(trainer)
    assert len(trainer.seen) == 5
    for batch in trainer.seen:
        advantages_BT, mask_BT = batch["advantages"], batch["completion_mask"].bool()
        assert advantages_BT.shape == mask_BT.shape
        for i, row_T in enumerate(advantages_BT):
            inside = row_T[mask_BT[i]]
            plain = 2 / 1.1547 / 2  # (1 - 0) / std of [-1, 1, -1, 1]
            assert inside.mean().item() == pytest.approx(plain if i % 2 else -plain, abs=1e-3)
            if i % 2:  # praise is not moved
                assert inside.min() == inside.max()
            else:
                assert inside[0] < 2 * inside[1] < 0


@pytest.mark.parametrize("bases", [(), (LocalisedCredit,)], ids=["terminal", "localised"])
def test_the_unscored_has_no_part_in_it(
    reward: CompilerReward,
    bases: tuple[type, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("rlcf.languages.Toolchain", lambda *_, **__: Blind(unscored=True))
    trainer = trainer_of("GRPO", reward, tmp_path, bases)
    logged = trained(trainer)
    assert [row["unscored_rate"] for row in logged] == [0.25] * 5
    # Of four, one unscored, two accepted: the mean is (1 - 1 + 1) / 3, not over four.
    assert [row["reward"] for row in logged] == pytest.approx([1 / 3] * 5)
    for batch in trainer.seen:
        assert (batch["advantages"][0] == 0).all()
        assert (batch["advantages"][1] != 0).any()


def test_rloo_trains_with_it_but_not_with_localised_credit(
    reward: CompilerReward, tmp_path: Path
) -> None:
    logged = trained(trainer_of("RLOO", reward, tmp_path))
    assert all(0 <= row["compile_rate"] <= 1 for row in logged)
    with pytest.raises(TypeError, match="GRPOTrainer"):
        trainer_of("RLOO", reward, tmp_path, (LocalisedCredit,)).train()


def test_conversations_train(tmp_path: Path) -> None:
    """A data set of messages, on a tokenizer with a chat template."""
    made = CompilerReward("java", compiler_options={"seats": 1})
    rows: dict[str, Any] = {
        "prompt": [{"role": "user", "content": "Write f."}],
        "prefix": "class A {",
    }
    trainer = trainer_of("GRPO", made, tmp_path, **rows)
    trainer.processing_class.chat_template = (
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>"
    )
    try:
        logged = trained(trainer)
    finally:
        made.close()
    assert all(row["unscored_rate"] == 0 for row in logged)
