"""verl's reward workers as Ray actors on two nodes, which ask one comparator that learns."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tiny
from optional import package
from rlcf.errors import UserError
from rlcf.grounding.scorer import Answer, Scorer
from test_adapters_verl import BAD, GOOD, PREFIX, batch, manager_module, reward_config
from waiting import until

pytestmark = pytest.mark.xdist_group("ray")  # one cluster for all

OTHER = "        int b = a;\n        return b;\n    }\n}\n"
EVERY = 4
"""Programs between two updates."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes on this machine; the second is the comparator's."""
    ray = package("ray")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
    try:
        cluster.add_node(num_cpus=2, resources={"comparator": 1})
        ray.init(address=cluster.address, log_to_driver=False)
        yield ray
    finally:
        ray.shutdown()
        cluster.shutdown()


@pytest.fixture
def nodes(cluster: Any) -> Iterator[Any]:
    """Ray, on nodes that have no comparator yet."""
    from rlcf.adapters.verl_comparator import ACTOR

    yield cluster
    # It ends with the last handle of whoever started it, unless that is over already.
    with contextlib.suppress(ValueError):
        cluster.kill(cluster.get_actor(ACTOR))


def shared(folder: Path) -> list[str]:
    """Settings of a comparator on the second node."""
    told = f"{{learn_every: {EVERY}, folder: {folder}, save_every: 1}}"
    place = "{resources: {comparator: 1}}"
    return ["rlcf.comparator=embedded", f"rlcf.shared={told}", f"rlcf.shared.ray={place}"]


def similarities(found: Any) -> list[float]:
    values: list[float] = found.non_tensor_batch["similarity"].tolist()
    return values


def log(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def node_of(ray: Any, actor: Any) -> str:
    asked = actor.__ray_call__.remote(lambda self: ray.get_runtime_context().get_node_id())
    return str(ray.get(asked))


def test_workers_on_two_nodes_ask_one_comparator_that_learns(nodes: Any, tmp_path: Path) -> None:
    manager_module()
    loop = package("verl.experimental.reward_loop.reward_loop")
    from rlcf.adapters.verl_comparator import ACTOR, LOG, STATE

    tokenizer = tiny.tokenizer()
    own = ["num_workers=2", *shared(tmp_path / "kept")]
    manager = loop.RewardLoopManager(reward_config(loop, tokenizer, tmp_path / "model", own))
    data = batch([OTHER, BAD, GOOD, OTHER], tokenizer)
    first = similarities(manager.compute_rm_score(data))
    workers = {node_of(nodes, worker) for worker in manager.reward_loop_workers}
    actor = nodes.get_actor(ACTOR)
    its_node = node_of(nodes, actor)
    assert len(workers) == 2
    home = next(n for n in nodes.nodes() if n["NodeID"] == its_node)
    assert home["Resources"].get("comparator") == 1

    scorer = Scorer("java", comparator="embedded")
    alone = scorer([Answer(text, PREFIX, GOOD) for text in (OTHER, GOOD)])
    scorer.close()
    assert first[0] == pytest.approx(alone[0].similarity, abs=1e-4)
    assert first[2] == pytest.approx(alone[1].similarity, abs=1e-4)
    assert first[1] != first[1]  # NaN: a rejected program is not compared

    for _ in range(3):  # three accepted programs each: an update after every fourth
        later = similarities(manager.compute_rm_score(data))
    until(lambda: len(log(tmp_path / "kept" / LOG)) == 3, 60)
    until(lambda: (tmp_path / "kept" / STATE).exists(), 60)
    lines = log(tmp_path / "kept" / LOG)
    assert [line["update"] for line in lines] == [1, 2, 3]
    assert all("comparator/accuracy" in line for line in lines)
    assert later[0] != first[0]


def test_a_new_run_goes_on_from_the_state(nodes: Any, tmp_path: Path) -> None:
    manager_module()
    from rlcf.adapters.verl_comparator import STATE, SharedComparator, SharedConfig

    config = SharedConfig(learn_every=1, folder=str(tmp_path), save_every=1)
    before = SharedComparator("embedded", config)
    before.learn(PREFIX, GOOD, OTHER)
    until(lambda: (tmp_path / STATE).exists(), 60)
    told = before([PREFIX], [OTHER], [GOOD])
    nodes.kill(before.actor)
    after = SharedComparator("embedded", config)
    assert after([PREFIX], [OTHER], [GOOD]).tolist() == pytest.approx(told.tolist(), abs=1e-6)


def test_programs_of_a_validation_teach_nothing() -> None:
    module = manager_module()

    class Row:
        def __init__(self, **extra: Any) -> None:
            self.non_tensor_batch = {"extra_info": extra} if extra else {}

    assert module._trained_on(Row())
    assert module._trained_on(Row(split="train"))
    assert not module._trained_on(Row(split="test"))


def test_an_unknown_setting_is_named() -> None:
    module = manager_module()
    with pytest.raises(UserError, match="learn_evry"):
        module.shared_comparator("embedded", {"learn_evry": 3})
