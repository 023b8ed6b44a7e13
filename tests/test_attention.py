"""The plain attention of differentiated passes gives what the fused one gives."""

from __future__ import annotations

import pytest
import torch

import tiny
from rlcf.policy import attention
from rlcf.policy.logprobs import score_tokens
from rlcf.policy.model import Policy
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.training.references import Example, reference_loss


def gradients(policy: Policy) -> torch.Tensor:
    """Of a supervised and of a sampled batch, rows of unlike lengths."""
    samples = sample_tasks(policy, tiny.tasks(3), 2, SamplingConfig(max_new_tokens=20), seed=1)
    policy.model.zero_grad()
    loss, _ = reference_loss(
        policy, [Example(tuple(range(3, 40)), 9), Example((5, 6, 7, 8), 2)], 0.1
    )
    loss = loss + score_tokens(policy, samples, 1.0).logprobs_BT.sum()
    loss.backward()
    return torch.cat([p.grad.flatten() for p in policy.model.parameters() if p.grad is not None])


@pytest.mark.parametrize("architecture", ["gpt2", "llama", "qwen2"])
def test_the_same_gradients(architecture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str] = []
    policy = tiny.policy(architecture)
    real = type(policy.model).forward

    def noting(self: object, *args: object, **kwargs: object) -> object:
        if torch.is_grad_enabled():
            used.append(policy.model.config._attn_implementation)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(type(policy.model), "forward", noting)
    plain = gradients(policy)
    assert "eager" in used
    assert policy.model.config._attn_implementation == "sdpa"
    used.clear()
    monkeypatch.setattr(attention, "LARGEST", 0)
    fused = gradients(policy)
    assert set(used) == {"sdpa"}
    torch.testing.assert_close(plain, fused, rtol=1e-3, atol=1e-5)


def test_not_where_layers_are_computed_again() -> None:
    policy = tiny.policy("llama")
    policy.gradient_checkpointing = True
    with attention.plain_attention(policy, 1, 8, 8):
        assert policy.model.config._attn_implementation == "sdpa"
