"""All of RLCF in one file: a compiler and a second language model teach a model to write code.

    python examples/rlcf_minimal.py

The method of `rlcf train` without its options: no checkpoints, no validation, one process. Models,
compiler and sampling are the package's; the loop, reward, advantage and loss are here. A test holds
the first step to that of `rlcf train`. Formulas: docs/method.md.
Shapes: P prompts, G samples per prompt, B = P G, T tokens.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from rlcf.assets import embedded_comparator, embedded_policy
from rlcf.comparator.model import Comparator, Program, load_comparator
from rlcf.comparator.online import ComparatorTrainer, OnlineConfig, Pair
from rlcf.device import use_threads
from rlcf.languages import Compiler, Toolchain, Verdict
from rlcf.languages.references import usable_references
from rlcf.policy.completion import Completion, Group
from rlcf.policy.logprobs import score_tokens
from rlcf.policy.model import Policy, load_policy
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.tasks import Task, load_tasks

STEPS = 20
PROMPTS = 16
SAMPLES = 8
TEMPERATURE = 1.0
MAX_NEW_TOKENS = 160
LR = 1e-4
KL_COEF = 0.05
MAX_GRAD_NORM = 1.0
SEED = 0

Array = NDArray[np.float32]


def main() -> None:
    """Train the embedded model on the embedded tasks; the result goes to runs/minimal."""
    use_threads()
    with Toolchain("java") as compiler:
        tasks, _ = usable_references(load_tasks("embedded:train", limit=400, seed=SEED), compiler)
        policy = load_policy(embedded_policy("embedded"))
        rlcf = Rlcf(policy, load_comparator(embedded_comparator("embedded")), compiler)
        for step in range(1, STEPS + 1):
            prompts = random.Random(f"prompts-{SEED}-{step}").sample(tasks, PROMPTS)
            compiled, reward = rlcf.step(step, prompts)
            print(f"step {step:2}/{STEPS}  compile {compiled:5.1%}  reward {reward:+.3f}")
    policy.save(Path("runs/minimal"))


@dataclass
class Rlcf:
    """A policy, what judges its programs, and what they teach it."""

    policy: Policy
    comparator: Comparator
    compiler: Compiler

    def __post_init__(self) -> None:
        self.reference = self.policy.reference()  # the untrained policy, which KL holds on to
        self.optimizer = torch.optim.AdamW(
            self.policy.model.parameters(), LR, betas=(0.9, 0.99), weight_decay=0.0
        )
        self.comparator_trainer = ComparatorTrainer(self.comparator, OnlineConfig(), SEED)

    def step(self, step: int, tasks: Sequence[Task]) -> tuple[float, float]:
        """One step of RLCF; returns the share of programs that compile, and the mean reward."""
        groups = self.draw(step, tasks)
        self.judge(groups)
        rewards_PG = self.reward(groups)
        self.advantages(groups, rewards_PG)
        self.update([group for group in groups if group[0].advantages_T is not None])
        self.teach_comparator(groups, step)
        compiled = [c.result.verdict is Verdict.ACCEPTED for group in groups for c in group]
        return float(np.mean(compiled)), float(np.nanmean(rewards_PG))

    def draw(self, step: int, tasks: Sequence[Task]) -> list[Group]:
        """The policy writes G programs for each prompt."""
        sampling = SamplingConfig(TEMPERATURE, max_new_tokens=MAX_NEW_TOKENS)
        seed = random.Random(f"rollout-{SEED}-{step}").getrandbits(62)
        return sample_tasks(self.policy, tasks, SAMPLES, sampling, seed=seed)

    def judge(self, groups: Sequence[Group]) -> None:
        """The compiler accepts or rejects each program, without running it."""
        completions = [c for group in groups for c in group]
        programs = list(dict.fromkeys(c.program for c in completions))
        results = dict(zip(programs, self.compiler.check(programs), strict=True))
        for completion in completions:
            completion.result = results[completion.program]

    def reward(self, groups: Sequence[Group]) -> Array:
        """(P, G): -1 if rejected, else the comparator's g; NaN where the compiler failed."""
        accepted = [c for group in groups for c in group if c.result.verdict is Verdict.ACCEPTED]
        for completion, g in zip(accepted, self.similarity(accepted), strict=True):
            completion.reward = float(g)
        for completion in (c for group in groups for c in group):
            if completion.result.verdict is Verdict.REJECTED:
                completion.reward = -1.0
        return np.array([[c.reward for c in group] for group in groups], dtype=np.float32)

    def similarity(self, completions: Sequence[Completion]) -> Array:
        """g = tanh(h(x, y) - h(x, y*)) in (-1, 1): 0 where a program equals the reference."""
        samples = [Program(c.task.prompt, c.text) for c in completions]
        wanted = [Program(c.task.prompt, c.task.reference or "") for c in completions]
        programs = list(dict.fromkeys(samples + wanted))
        h = dict(zip(programs, self.comparator.score(programs).numpy(), strict=True))
        return np.array(
            [np.tanh(h[s] - h[w]) for s, w in zip(samples, wanted, strict=True)], dtype=np.float32
        )

    def advantages(self, groups: Sequence[Group], rewards_PG: Array) -> None:
        """RLOO: the reward less the mean of the prompt's other samples, for each of its tokens.

        Prompts whose samples are all worth the same teach nothing and are left out.
        """
        count_P1 = (~np.isnan(rewards_PG)).sum(1, keepdims=True)
        others_PG = np.nansum(rewards_PG, 1, keepdims=True) - rewards_PG
        baseline_PG = others_PG / np.maximum(count_P1 - 1, 1)
        advantages_PG = np.nan_to_num(rewards_PG - baseline_PG).astype(np.float32)
        for group, rewards_G, advantages_G in zip(groups, rewards_PG, advantages_PG, strict=True):
            known_G = rewards_G[~np.isnan(rewards_G)]
            if len(known_G) < 2 or np.ptp(known_G) <= 1e-6:
                continue
            for completion, advantage in zip(group, advantages_G, strict=True):
                completion.advantages_T = np.full(len(completion.token_ids), advantage)

    def update(self, groups: Sequence[Group]) -> None:
        """One optimiser step on the policy-gradient loss and the KL divergence, per token."""
        if not groups:
            return
        tokens = sum(len(c.token_ids) for group in groups for c in group)
        for group in groups:
            with torch.no_grad():
                reference = score_tokens(self.reference, [group], TEMPERATURE)
            scores = score_tokens(self.policy, [group], TEMPERATURE)
            advantages_BT = torch.zeros_like(scores.mask_BT)
            for row_T, completion in zip(advantages_BT, group, strict=True):
                assert completion.advantages_T is not None
                row_T[: len(completion.token_ids)] = torch.from_numpy(completion.advantages_T)
            # The policy is still the one that drew the programs: the ratio is 1, with a gradient.
            ratio_BT = (scores.logprobs_BT - scores.logprobs_BT.detach()).exp()
            # KL(policy || reference) by the k3 estimate: r - 1 - log r, r = reference / policy.
            log_r_BT = reference.logprobs_BT - scores.logprobs_BT
            kl_BT = log_r_BT.exp() - 1 - log_r_BT
            loss_BT = (KL_COEF * kl_BT - ratio_BT * advantages_BT) * scores.mask_BT
            (loss_BT.sum() / tokens).backward()
        torch.nn.utils.clip_grad_norm_(self.policy.model.parameters(), MAX_GRAD_NORM)
        self.optimizer.step()
        self.optimizer.zero_grad()

    def teach_comparator(self, groups: Sequence[Group], step: int) -> None:
        """The comparator learns to tell references from programs of the policy that compile."""
        pairs = [
            Pair(c.task.prompt, c.task.reference or "", c.text)
            for group in groups
            for c in group
            if c.result.verdict is Verdict.ACCEPTED
        ]
        self.comparator_trainer.update(pairs, step)


if __name__ == "__main__":
    main()
