"""The output layer: from the states a model ends with to log-probabilities of tokens.

A vocabulary of 150,000 makes logits the largest tensors of a run by far: for 10,000 tokens they
take 6 GB in fp32, and their softmax as much again. So a model runs without its output layer, and
this module applies it where a prediction is needed, some rows at a time. What the backward pass
needs is made in the forward pass if the layer is frozen, and recomputed if it is trained; logits
never outlive their chunk. For models whose logits are not the output layer's alone (soft caps,
biases added later), the model's own logits stand in for the states.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional as F

CHUNK = 1 << 25
"""Logits computed at a time: 64 MB in bfloat16. More would not make the product faster."""
CACHED = 1 << 20
"""Logits worked on at a time in fp32, so that they stay in a core's cache."""
KEPT = 1 << 24
"""Probabilities up to this many are kept for the backward pass rather than computed again."""


@dataclass(frozen=True)
class Head:
    """What turns a model's last states into logits; S is the size of a state."""

    layer: Any
    """The model's output layer."""
    alone: bool
    """Whether the logits are what `layer` makes of the states; if not, logits count as states."""

    @contextlib.contextmanager
    def skipped(self) -> Iterator[None]:
        """Within the block the model's `logits` are the states that its output layer is given."""
        if not self.alone:
            yield
            return
        replaced = vars(self.layer).get("forward")  # see `packed`
        self.layer.forward = _unchanged
        try:
            yield
        finally:
            del self.layer.forward
            if replaced is not None:
                self.layer.forward = replaced

    def logits(self, states_BS: torch.Tensor) -> torch.Tensor:
        """(B, V) logits of some states, in the precision of the surrounding context."""
        if not self.alone:
            return states_BS
        logits_BV: torch.Tensor = self.layer(states_BS)
        return logits_BV

    def scores(
        self, states_NS: torch.Tensor, targets_N: torch.Tensor, temperature: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Tempered log-probability of each target, and the entropy of its distribution, in nats.

        Both (N,) and fp32; only the first carries a gradient.
        """
        if not self.alone:
            logprobs_NV = (states_NS.float() / temperature).log_softmax(-1)
            entropy_N = -(logprobs_NV.detach().exp() * logprobs_NV.detach()).sum(-1)
            return logprobs_NV.gather(1, targets_N[:, None])[:, 0], entropy_N
        weight_VS, bias_V = self.layer.weight, self.layer.bias
        if not torch.is_grad_enabled():  # which a Function cannot tell from inside
            states_NS, weight_VS = states_NS.detach(), weight_VS.detach()
        found: tuple[torch.Tensor, torch.Tensor] = _Scores.apply(  # type: ignore[no-untyped-call]
            states_NS,
            weight_VS,
            bias_V,
            targets_N,
            temperature,
            _computed_in(states_NS.device, weight_VS.dtype),
        )
        return found


def head_of(model: Any, example: dict[str, torch.Tensor]) -> Head:
    """A model's output layer, tried on an example of its inputs."""
    layer = model.get_output_embeddings()
    head = Head(layer, alone=True)
    if not isinstance(layer, torch.nn.Linear):
        return Head(layer, alone=False)
    with torch.no_grad():
        whole_BTV = model(**example).logits
        try:
            with head.skipped():
                states_BTS = model(**example).logits
            again_BTV = head.logits(states_BTS)
        except RuntimeError:  # something of the vocabulary's size is added to the states
            return Head(layer, alone=False)
    same = whole_BTV.shape == again_BTV.shape and torch.allclose(
        whole_BTV.float(), again_BTV.float(), rtol=1e-3, atol=1e-4
    )
    return Head(layer, alone=same)


def _unchanged(states: torch.Tensor) -> torch.Tensor:
    return states


def _computed_in(device: torch.device, dtype: torch.dtype) -> torch.dtype:
    kind = device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else dtype


class _Scores(torch.autograd.Function):
    """Log-probabilities and entropies of a linear layer's softmax, without its logits.

    The gradient of log p(target) by the state is (w_target - sum_v p_v w_v) / temperature, and
    by the weights the outer product of (onehot - p) / temperature and the state.
    """

    @staticmethod
    def forward(
        ctx: Any,
        states_NS: torch.Tensor,
        weight_VS: torch.Tensor,
        bias_V: torch.Tensor | None,
        targets_N: torch.Tensor,
        temperature: float,
        dtype: torch.dtype,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        weight, bias = weight_VS.to(dtype), None if bias_V is None else bias_V.to(dtype)
        states = states_NS.to(dtype)
        trained = weight_VS.requires_grad
        followed = trained or states_NS.requires_grad
        keep = trained and targets_N.shape[0] * weight.shape[0] <= KEPT
        logprob_N, entropy_N = (states.new_empty(len(states), dtype=torch.float32) for _ in "ab")
        parts: list[torch.Tensor] = []
        for rows in _chunks(len(states), weight.shape[0]):
            logits = F.linear(states[rows], weight, bias)
            soften_(
                logits, targets_N[rows], temperature, logprob_N[rows], entropy_N[rows], followed
            )
            if keep:
                parts.append(logits)
            elif followed and not trained:
                parts.append((weight[targets_N[rows]] - logits @ weight) / temperature)
        ctx.temperature, ctx.dtype, ctx.trained, ctx.kept = temperature, dtype, trained, keep
        kept = torch.cat(parts) if parts else states.new_empty(0)
        ctx.save_for_backward(states_NS, weight_VS, bias_V, targets_N, kept)
        ctx.mark_non_differentiable(entropy_N)
        return logprob_N, entropy_N

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        states_NS, weight_VS, bias_V, targets_N, kept = ctx.saved_tensors
        gradient_N1 = gradients[0][:, None]
        if not ctx.trained:
            return (gradient_N1 * kept).to(states_NS.dtype), None, None, None, None, None
        weight, states = weight_VS.to(ctx.dtype), states_NS.to(ctx.dtype)
        bias = None if bias_V is None else bias_V.to(ctx.dtype)
        by_state = torch.empty_like(states)
        by_weight = torch.zeros_like(weight_VS)
        by_bias = None if bias_V is None else torch.zeros_like(bias_V)
        for rows in _chunks(len(states), weight.shape[0]):
            if ctx.kept:
                shares = kept[rows]
            else:
                shares = F.linear(states[rows], weight, bias)
                soften_(shares, targets_N[rows], ctx.temperature, None, None, True)
            scale = gradient_N1[rows] / -ctx.temperature
            shares.scatter_add_(1, targets_N[rows, None], -torch.ones_like(shares[:, :1]))
            shares.mul_(scale)
            by_state[rows] = shares @ weight
            by_weight += shares.T @ states[rows]
            if by_bias is not None:
                by_bias += shares.sum(0)
        return by_state.to(states_NS.dtype), by_weight, by_bias, None, None, None


def soften_(
    logits_NV: torch.Tensor,
    targets_N: torch.Tensor,
    temperature: float,
    logprob_N: torch.Tensor | None,
    entropy_N: torch.Tensor | None,
    shares: bool,
) -> None:
    """Put log-probabilities of targets and entropies there, computed in fp32 in a core's cache.

    With `shares`, probabilities take the place of the logits.
    """
    count, size = logits_NV.shape
    step = min(count, max(1, CACHED // size))
    room, more = (torch.empty(step, size, device=logits_NV.device) for _ in "ab")
    for rows in _chunks(count, size, CACHED):
        part = room[: len(logits_NV[rows])].copy_(logits_NV[rows])
        if temperature != 1.0:
            part.div_(temperature)
        part.sub_(part.amax(-1, keepdim=True))
        weights = torch.exp(part, out=more[: len(part)])
        total_n1 = weights.sum(-1, keepdim=True)
        if logprob_N is not None and entropy_N is not None:
            target_n = part.gather(1, targets_N[rows, None])[:, 0]
            logprob_N[rows] = target_n - total_n1[:, 0].log()
            mean_n = part.mul_(weights).sum(-1) / total_n1[:, 0]
            entropy_N[rows] = total_n1[:, 0].log() - mean_n
        if shares:
            logits_NV[rows] = weights.div_(total_n1)


def _chunks(rows: int, width: int, room: int = CHUNK) -> Iterator[slice]:
    size = max(1, room // width)
    return (slice(start, start + size) for start in range(0, rows, size))
