"""Low-rank adapters (LoRA, Hu et al. 2021, arXiv 2106.09685): train a small part of a large model.

Adapters on every linear layer but the output's, by the optional package `peft`. The frozen base
below them is also the reference policy, so there is no second copy.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import torch

from rlcf.errors import UserError
from rlcf.install import install_hint
from rlcf.policy.packed import is_packable, product


def add_lora(model: Any, rank: int) -> Any:
    """The model with an adapter of this rank, scaled by 2; at first it computes the same.

    Raises:
        UserError: the package is missing, or the rank is below 1.
    """
    if rank < 1:
        raise UserError(f"--lora-rank {rank}: give a rank of at least 1, or none for all weights")
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise UserError(f"--lora-rank needs the package peft: {install_hint('lora')}") from error
    config = LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules="all-linear", lora_dropout=0.0, bias="none"
    )
    # The adapters' random beginning is the same in every process and in a resumed run.
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of GPT-2's transposed layers, which it handles
        torch.manual_seed(rank)
        adapted = get_peft_model(model, config)
    return prepared(adapted)


def prepared(model: Any) -> Any:
    """The model, its adapters computing in the precision of what they are given."""
    for layer in _layers(model):
        layer.cast_input_dtype_enabled = False  # to fp32 and, by autocast, back again
    return model


def is_plain(model: Any) -> bool:
    """Whether all its adapters are what `drawing` takes them for: two matrices on a layer."""
    layers = _layers(model)
    return bool(layers) and all(
        set(layer.lora_A) == set(layer.active_adapters)
        and not layer.lora_embedding_A
        and not getattr(layer, "lora_variant", None)
        and layer.lora_A[layer.active_adapters[0]].weight.ndim == 2
        for layer in layers
    )


def is_adapted(model: Any) -> bool:
    """Whether the model has adapters."""
    return hasattr(model, "disable_adapter")


def adapters_off(model: Any) -> contextlib.AbstractContextManager[None]:
    """Within the block the model is the frozen base."""
    context: contextlib.AbstractContextManager[None] = model.disable_adapter()
    return context


@contextlib.contextmanager
def drawing(model: Any, dtype: torch.dtype, *, pack: bool) -> Iterator[None]:
    """Within the block adapters cost nothing: they are added to the weights, in this type.

    Even two small products per layer take as long as the layer itself where each row reads one
    token. In bfloat16 the sums are rounded, as they are in every sampler that merges adapters; how
    far that is from the policy that is trained is logged as `logprob_gap`.
    """
    layers = [layer for layer in _layers(model) if not layer.disable_adapters]
    plain = [layer.base_layer.weight.data for layer in layers]
    for layer in layers:
        base, weight = layer.base_layer, _merged(layer, dtype)
        if pack and is_packable(base):
            layer.forward = product(base, weight)
        else:
            base.weight.data = weight
            layer.forward = base.forward
    try:
        yield
    finally:
        for layer, weight in zip(layers, plain, strict=True):
            layer.base_layer.weight.data = weight
            del layer.forward


@torch.no_grad()
def _merged(layer: Any, dtype: torch.dtype) -> torch.Tensor:
    """A layer's weight with its adapter, without a copy in fp32."""
    [name] = layer.active_adapters
    up = (layer.lora_B[name].weight * layer.scaling[name]).to(dtype)
    down = layer.lora_A[name].weight.to(dtype)
    weight = layer.base_layer.weight.to(dtype)
    if layer.fan_in_fan_out:  # GPT-2's layers hold their weights the other way round
        return torch.addmm(weight, down.T, up.T)
    return torch.addmm(weight, up, down)


def _layers(model: Any) -> list[Any]:
    return [module for module in model.modules() if hasattr(module, "lora_A")]


def adapter_state(model: Any) -> dict[str, torch.Tensor]:
    """The weights that are trained."""
    return {name: value for name, value in model.state_dict().items() if ".lora_" in name}


def load_adapter_state(model: Any, state: dict[str, torch.Tensor]) -> None:
    """The inverse of `adapter_state`.

    Raises:
        UserError: these are weights of another adapter.
    """
    if set(state) != set(adapter_state(model)):
        raise UserError("the checkpoint holds other adapters than the model: same --lora-rank?")
    try:
        model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise UserError("the checkpoint holds adapters of another --lora-rank") from error


def merged_state(model: Any) -> dict[str, torch.Tensor]:
    """The weights of the plain model that base and adapters amount to; the model stays as it is."""
    base = model.get_base_model()
    state = {
        name.replace(".base_layer.", "."): value
        for name, value in base.state_dict().items()
        if ".lora_" not in name
    }
    for name, module in base.named_modules():
        if hasattr(module, "get_delta_weight"):
            for adapter in module.active_adapters:
                key = f"{name}.weight"
                state[key] = state[key] + module.get_delta_weight(adapter).detach()
    return state
