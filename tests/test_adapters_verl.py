"""The verl adapter: compute_score alone, the reward manager with verl's classes where installed."""

from __future__ import annotations

import asyncio
import inspect
import math
import pickle
from pathlib import Path
from typing import Any

import pytest

import tiny
from optional import package
from rlcf.adapters.verl import compute_score
from rlcf.grounding.scorer import shared_scorer
from rlcf.languages.verdict import CompileResult, Verdict

PREFIX = "class A {\n    static int f(int a) {\n"
GOOD = "        return a;\n    }\n}\n"
BAD = "        int b = 1;\n        return missing;\n    }\n}\n"


@pytest.fixture(autouse=True)
def _close() -> Any:
    yield
    shared_scorer("java", None, 1.0).close()
    shared_scorer.cache_clear()


def test_answers_are_scored() -> None:
    extra = {"prefix": PREFIX}
    good = compute_score("rlcf", GOOD, GOOD, extra)
    assert (good["score"], good["compiled"], good["unscored"]) == (1.0, 1.0, 0.0)
    assert compute_score("rlcf", BAD, "", extra, language="java")["score"] == -1.0
    chat = "Look:\n```java\n" + PREFIX + GOOD + "```\n"
    assert compute_score("rlcf", chat, None, None, reward_router_address="x")["score"] == 1.0


class Broken:
    def check(self, programs: list[str]) -> list[CompileResult]:
        return [CompileResult(Verdict.UNSCORED, reason="out of order") for _ in programs]

    def close(self) -> None: ...


def test_unknown_is_nan_and_never_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rlcf.languages.Toolchain", lambda *_, **__: Broken())
    found = compute_score("rlcf", GOOD, GOOD, {"prefix": PREFIX})
    assert math.isnan(found["score"])
    assert math.isnan(found["compiled"])
    assert found["unscored"] == 1.0


def manager_module() -> Any:
    package("verl")
    from rlcf.adapters import verl_manager

    return verl_manager


def batch(texts: list[str], tokenizer: Any) -> Any:
    """As verl's agent loop makes it: prompts and responses padded on the right."""
    import numpy as np
    import torch
    from tensordict import TensorDict
    from verl import DataProto

    prompt = tokenizer(PREFIX).input_ids
    ids = [tokenizer(t).input_ids for t in texts]
    width = max(map(len, ids)) + 2
    responses = torch.tensor([i + [0] * (width - len(i)) for i in ids])
    prompts = torch.tensor([prompt] * len(ids))
    mask = torch.tensor([[1] * (len(prompt) + len(i)) + [0] * (width - len(i)) for i in ids])
    tensors = {"prompts": prompts, "responses": responses, "attention_mask": mask}
    tensors["response_mask"] = mask[:, len(prompt) :].clone()
    extra = np.array([{"prefix": PREFIX}] * len(ids), dtype=object)
    models = np.array([{"ground_truth": GOOD}] * len(ids), dtype=object)
    return DataProto(
        batch=TensorDict(tensors, batch_size=len(ids)),
        non_tensor_batch={
            "data_source": np.array(["rlcf"] * len(ids)),
            "reward_model": models,
            "extra_info": extra,
            "uid": np.array(["a"] * len(ids)),
        },
    )


def test_the_manager_spreads_scores_over_tokens() -> None:
    module = manager_module()
    from omegaconf import OmegaConf

    tokenizer = tiny.tokenizer()
    config = OmegaConf.create({"reward": {"rlcf": {"language": "java"}}})
    asyncio.set_event_loop(asyncio.new_event_loop())
    manager = module.CompilerRewardManager(config, tokenizer, None)
    data = batch([GOOD, BAD], tokenizer)
    found = [asyncio.run(manager.run_single(data[i : i + 1])) for i in range(2)]
    scores = [pickle.loads(pickle.dumps(f["reward_score"])) for f in found]  # as Ray sends them
    assert [float(s) for s in scores] == [1.0, -1.0]
    assert found[0]["reward_extra_info"]["compiled"] == 1.0
    scores_BT = module.CompilerRewardManager.assemble_rm_scores(data, scores)
    length_B = data.batch["response_mask"].sum(1)
    assert scores_BT.shape == data.batch["responses"].shape
    assert scores_BT[0].nonzero().flatten().tolist() == [int(length_B[0]) - 1]
    assert scores_BT.sum(1).tolist() == pytest.approx([1.0, -1.0], abs=1e-5)
    row = scores_BT[1, : int(length_B[1])]
    blamed = tokenizer.decode(data.batch["responses"][1][: len(row)][row < row.mean()])
    assert "missing" in blamed
    assert "int b" not in blamed


def test_the_unknown_gets_no_advantage_and_no_loss() -> None:
    module = manager_module()
    data = batch([GOOD, BAD, GOOD], tiny.tokenizer())
    scores_BT = module.CompilerRewardManager.assemble_rm_scores(data, [1.0, -1.0, math.nan])
    assert scores_BT.sum(1).tolist() == [1.0, -1.0, 0.0]  # the mean of its group
    assert data.batch["response_mask"].sum(1).tolist()[2] == 0


def test_verls_grpo_learns_nothing_from_the_unknown() -> None:
    module = manager_module()
    algos = package("verl.trainer.ppo.core_algos")
    data = batch([GOOD, BAD, GOOD], tiny.tokenizer())
    scores_BT = module.CompilerRewardManager.assemble_rm_scores(data, [1.0, -1.0, math.nan])
    mask_BT = data.batch["response_mask"]
    advantages_BT, _ = algos.compute_grpo_outcome_advantage(
        scores_BT, mask_BT, data.non_tensor_batch["uid"]
    )
    sums = (advantages_BT * mask_BT).sum(1) / mask_BT.sum(1).clamp(min=1)
    assert sums.tolist() == pytest.approx([1.0, -1.0, 0.0], abs=1e-4)  # std of 1, -1, 0 is 1


def reward_config(loop: Any, tokenizer: Any, folder: Path, own: list[str]) -> Any:
    """verl's settings, with what docs/adapters.md gives and some of our own."""
    from omegaconf import OmegaConf

    tokenizer.save_pretrained(folder)
    whole = OmegaConf.load(Path(loop.__file__).parents[2] / "trainer/config/reward/reward.yaml")
    ours = OmegaConf.from_dotlist(
        [
            "reward_manager.source=importlib",
            "reward_manager.name=CompilerRewardManager",
            "reward_manager.module.path=pkg://rlcf.adapters.verl_manager",
            *own,
        ]
    )
    model = {"path": str(folder), "tokenizer_path": None}
    return OmegaConf.create(
        {"actor_rollout_ref": {"model": model}, "reward": OmegaConf.merge(whole, ours)}
    )


def test_verls_reward_loop_runs_the_manager(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the settings that docs/adapters.md gives to (B, T) scores; Ray's actors stand here."""
    manager_module()
    loop = package("verl.experimental.reward_loop.reward_loop")
    tokenizer = tiny.tokenizer()
    config = reward_config(loop, tokenizer, tmp_path, ["rlcf.language=java"])
    data = batch([GOOD, BAD], tokenizer)
    worker = loop.RewardLoopWorker(config)

    class Actor:
        class compute_score_batch:  # noqa: N801
            @staticmethod
            def remote(chunk: Any) -> Any:
                done = asyncio.run(worker.compute_score_batch(chunk))
                return pickle.loads(pickle.dumps(done))

    monkeypatch.setattr(loop.ray, "get", list)
    manager = object.__new__(loop.RewardLoopManager)  # its __init__ starts the actors
    manager.reward_model_manager = None
    manager.reward_manager_cls = loop.resolve_reward_manager_cls(config)
    manager.reward_loop_workers = [Actor, Actor]  # the batch is cut in two
    found = manager.compute_rm_score(data)
    scores_BT = found.batch["rm_scores"]
    assert scores_BT.shape == data.batch["responses"].shape
    assert scores_BT.sum(1).tolist() == pytest.approx([1.0, -1.0], abs=1e-5)
    assert (scores_BT[0] != 0).sum() == 1
    assert (scores_BT[1] != 0).sum() == data.batch["response_mask"][1].sum()  # spread
    assert found.non_tensor_batch["compiled"].tolist() == [1.0, 0.0]


def test_signatures_of_verl_have_not_drifted() -> None:
    module = manager_module()
    from verl.experimental.reward_loop.reward_manager.base import RewardManagerBase as Base
    from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager as Naive
    from verl.utils.import_utils import load_extern_object

    def names(function: Any) -> list[str]:
        return list(inspect.signature(function).parameters)

    ours = module.CompilerRewardManager
    assert names(Base.run_single) == names(ours.run_single)
    assert names(Base.assemble_rm_scores) == names(ours.assemble_rm_scores)
    assert names(Naive.__init__) == names(ours.__init__)
    source = inspect.getsource(Naive.run_single)
    for name in names(compute_score)[:4]:
        assert f"{name}={name}" in source or f"{name}=response_str" in source
    found = load_extern_object("pkg://rlcf.adapters.verl_manager", "CompilerRewardManager")
    assert found is ours
