"""verl: one comparator for all reward workers, in a Ray actor, that can go on learning.

    +reward.rlcf.comparator=codebert
    '+reward.rlcf.shared={learn_every: 1024, lr: 2e-5, folder: runs/verl, ray: {num_gpus: 1}}'

Without `shared` each of verl's workers loads a comparator of its own, which stays as it is. With it
they ask this one, wherever Ray has put it, and programs that wait at the same time are compared in
one batch. With `learn_every` it learns as in `rlcf.comparator.online` each time it has compared so
many programs with their references; those of rows whose `extra_info.split` is not `train` are left
out. Written for verl 0.9.1 and Ray 2.55.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import ray
import torch

from rlcf.assets import embedded_comparator
from rlcf.atomic import replace_file
from rlcf.comparator.judge import ComparatorJudge
from rlcf.comparator.model import load_comparator
from rlcf.comparator.online import ComparatorTrainer, OnlineConfig, Pair
from rlcf.grounding.reward import Array
from rlcf.settings import Checked, Count, CountOrNone, Positive

ACTOR = "rlcf_comparator"
"""Its name in Ray, by which all workers of a run find the same one."""
STATE, LOG = "comparator.pt", "comparator.jsonl"
"""Files in the folder: what to go on from, and a line of metrics per update."""


@dataclass(frozen=True)
class SharedConfig(Checked):
    """What `reward.rlcf.shared` may hold."""

    learn_every: CountOrNone = 0
    """Programs between updates, such as a step's; 0: it does not learn."""
    lr: Positive = OnlineConfig.lr
    """Learning rate of AdamW (1e-5 to 5e-5 for pretrained encoders of full size)."""
    folder: str = ""
    """Where metrics and state go; a state that is there is gone on from. Empty: nowhere."""
    save_every: Count = 10
    """Updates between states."""
    seed: int = 0
    device: str = "cpu"
    ray: Mapping[str, Any] = field(default_factory=dict)
    """Options of the actor, such as `num_gpus`, `num_cpus` or `resources`."""


class SharedComparator:
    """Stands in a worker for the comparator in the actor."""

    def __init__(self, comparator: str, config: SharedConfig) -> None:
        """Find the actor, or start it. It ends with the worker that started it, as the run does."""
        self._learns = config.learn_every > 0
        kind = ray.remote(Comparing)
        options = {**config.ray, "name": ACTOR, "get_if_exists": True}
        self.actor = kind.options(**options).remote(comparator, config)

    def __call__(
        self, prompts: Sequence[str], completions: Sequence[str], references: Sequence[str]
    ) -> Array:
        """g_B, by the actor."""
        asked = zip(prompts, references, completions, strict=True)
        found: list[float] = ray.get([self.actor.similarity.remote(*one) for one in asked])
        return np.asarray(found, dtype=np.float32)

    def learn(self, prompt: str, reference: str, sample: str) -> None:
        """Let it learn from a program that it has compared, if it learns at all."""
        if self._learns:
            self.actor.learn.remote(prompt, reference, sample)


class Comparing:
    """The actor: a comparator, what waits to be compared, and what waits to be learnt from."""

    def __init__(self, comparator: str, config: SharedConfig) -> None:
        name = embedded_comparator(comparator)
        model = load_comparator(name, seed=config.seed, device=config.device)
        self._config = config
        self._judge = ComparatorJudge(model.eval())
        self._trainer = ComparatorTrainer(model, OnlineConfig(lr=config.lr), config.seed)
        self._waiting: list[tuple[Pair, asyncio.Future[float]]] = []
        self._compared: list[Pair] = []
        self.updates = 0
        self._resume()

    async def similarity(self, prompt: str, reference: str, sample: str) -> float:
        """g of a program, compared together with all that wait by now."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[float] = loop.create_future()
        self._waiting.append((Pair(prompt, reference, sample), answer))
        if len(self._waiting) == 1:
            loop.call_soon(self._compare)
        return await answer

    async def learn(self, prompt: str, reference: str, sample: str) -> None:
        """Keep a program, and learn when there are enough."""
        self._compared.append(Pair(prompt, reference, sample))
        if len(self._compared) >= self._config.learn_every:
            fresh, self._compared = self._compared, []
            metrics = self._trainer.update(fresh, self.updates)
            self.updates += 1
            self._keep(metrics)

    def _compare(self) -> None:
        waiting, self._waiting = self._waiting, []
        pairs = [pair for pair, _ in waiting]
        try:
            g_B = self._judge(
                [p.prompt for p in pairs], [p.sample for p in pairs], [p.reference for p in pairs]
            )
        except Exception as error:  # each worker that waits must hear of it
            for _, answer in waiting:
                if not answer.done():  # its worker may have gone
                    answer.set_exception(error)
            return
        for (_, answer), g in zip(waiting, g_B.tolist(), strict=True):
            if not answer.done():
                answer.set_result(g)

    def _resume(self) -> None:
        file = Path(self._config.folder, STATE)
        if self._config.folder and file.exists():
            kept = torch.load(file, map_location="cpu", weights_only=True)
            self._trainer.load_state_dict(kept["comparator"])
            self.updates = kept["updates"]

    def _keep(self, metrics: Mapping[str, float]) -> None:
        if not self._config.folder:
            return
        folder = Path(self._config.folder)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOG).open("a", encoding="utf-8") as log:
            log.write(json.dumps({"update": self.updates, **metrics}) + "\n")
        if self.updates % self._config.save_every == 0:
            content = {"comparator": self._trainer.state_dict(), "updates": self.updates}
            replace_file(folder / STATE, lambda file: torch.save(content, file))
