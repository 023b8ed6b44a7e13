"""The two families of language models, and all in which they differ.

A causal LM reads the prompt and goes on; an encoder-decoder reads it with its encoder, and the
decoder begins anew. A family knows how to cut prompts to what the model can read, read them once
per group of samples, feed tokens after them with a cache, and make the whole forward pass without
one. Sampling, scoring and fine-tuning need not know which it is.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM
from transformers.modeling_outputs import BaseModelOutput

from rlcf.errors import UserError
from rlcf.policy.attention import plain_attention
from rlcf.policy.cache import is_joinable, join, make_room
from rlcf.policy.padding import alike, left_pad, right_pad
from rlcf.policy.shared import SharedPrompts, applies, sharing

if TYPE_CHECKING:
    from rlcf.policy.model import Policy

Ids = Sequence[int]


@dataclass(frozen=True)
class Whole:
    """A forward pass over whole rows; L is the length of the part that predicts."""

    states_BLS: torch.Tensor
    """What the output layer predicts from (`policy.head`)."""
    targets_BL: torch.Tensor
    """The token that each position predicts."""
    prompt_BL: torch.Tensor
    """True where that token belongs to the prompt (never so in encoder-decoders)."""
    completion_BL: torch.Tensor
    """True where that token belongs to the completion; padding is neither."""
    skipped: int = 0
    """Positions that the model computed before the first of these."""


class Rows(ABC):
    """B = P * G samples whose prompts the model has read; rows of one prompt are side by side."""

    states_BS: torch.Tensor
    """What the first token is predicted from (`policy.head`); gradients flow through it."""
    cache: Any

    @abstractmethod
    def advance(self, ids_BT: torch.Tensor, mask_BT: torch.Tensor | None = None) -> torch.Tensor:
        """Feed the next tokens (`mask_BT`: 0 at padding on the right); their (B, T, S) states."""

    def keep(self, chosen: torch.Tensor) -> None:
        """Drop all rows but these."""
        self.cache.batch_select_indices(chosen)

    def grow_in_place(self) -> None:
        """Make feeding single tokens cheap; rules out gradients."""
        make_room(getattr(self.cache, "self_attention_cache", self.cache))


class Family(ABC):
    """How a kind of model is loaded, fed and asked."""

    auto_class: ClassVar[Any]

    @abstractmethod
    def prompt_room(self, policy: Policy, max_new_tokens: int) -> int | None:
        """Tokens of a prompt that can be read, or None where the model does not say.

        Raises:
            UserError: `max_new_tokens` cannot be written.
        """

    @abstractmethod
    def prompt_ids(self, policy: Policy, ids: list[int]) -> list[int]:
        """What the model is to read, of what the tokenizer made of a prompt."""

    @abstractmethod
    def fits(self, policy: Policy, prompt: int, completion: int, limit: int) -> bool:
        """Whether that many tokens of both can be trained on, with at most `limit` in all."""

    @abstractmethod
    def read(
        self, policy: Policy, prompts: Sequence[Ids], group: int, *, in_parts: bool = False
    ) -> Rows:
        """Compute each of P prompts once and share it among its `group` samples.

        With `in_parts` prompts of like length, side by side, are computed together and not all at
        once, where the model's cache allows it: less padding, for more passes.
        """

    @abstractmethod
    def whole(self, policy: Policy, prompts: Sequence[Ids], completions: Sequence[Ids]) -> Whole:
        """Forward pass of B prompts with their completions, without a cache."""


class Causal(Family):
    """GPT-2, CodeGen, Llama, Qwen2, StarCoder2, GPT-BigCode and the like."""

    auto_class = AutoModelForCausalLM

    def prompt_room(self, policy: Policy, max_new_tokens: int) -> int | None:
        if policy.max_positions is None:
            return None
        room = policy.max_positions - max_new_tokens
        if room < 1:
            raise UserError(
                f"max_new_tokens {max_new_tokens} leaves no room for a prompt in the model's "
                f"context of {policy.max_positions} tokens"
            )
        return room

    def prompt_ids(self, policy: Policy, ids: list[int]) -> list[int]:
        # Some tokenizers close every text; ours goes on.
        return ids[:-1] if ids and ids[-1] == policy.tokenizer.eos_token_id else ids

    def fits(self, policy: Policy, prompt: int, completion: int, limit: int) -> bool:
        return prompt + completion <= min(limit, policy.max_positions or limit)

    def read(
        self, policy: Policy, prompts: Sequence[Ids], group: int, *, in_parts: bool = False
    ) -> Rows:
        return _CausalRows(policy, prompts, group, in_parts)

    def whole(self, policy: Policy, prompts: Sequence[Ids], completions: Sequence[Ids]) -> Whole:
        ids_BL, mask_BL = _on(
            policy,
            right_pad(
                [[*p, *c] for p, c in zip(prompts, completions, strict=True)],
                policy.tokenizer.pad_token_id,
            ),
        )
        rows, length = ids_BL.shape
        with policy.head.skipped(), plain_attention(policy, rows, length, length):
            out = policy.model(input_ids=ids_BL, attention_mask=mask_BL, use_cache=False)
        lengths_B1 = torch.tensor([[len(p)] for p in prompts], device=ids_BL.device)
        places_L = torch.arange(1, ids_BL.shape[1], device=ids_BL.device)
        real_BL = mask_BL[:, 1:].bool()
        return Whole(
            out.logits[:, :-1],
            ids_BL[:, 1:],
            real_BL & (places_L < lengths_B1),
            real_BL & (places_L >= lengths_B1),
        )


class _CausalRows(Rows):
    def __init__(self, policy: Policy, prompts: Sequence[Ids], group: int, in_parts: bool) -> None:
        self._policy, self._model = policy, policy.model
        lengths = [len(ids) for ids in prompts]
        parts = alike(lengths) if in_parts else [slice(None)]
        states_PS, self.cache = self._read(prompts[parts[0]])
        if len(parts) > 1 and not is_joinable(self.cache):
            parts = parts[:1]
            states_PS, self.cache = self._read(prompts)
        for part in parts[1:]:
            states_pS, cache = self._read(prompts[part])
            states_PS = torch.cat([states_PS, states_pS])
            join(self.cache, cache)
        self._group = group
        self._mask_PL = _on(policy, left_pad(prompts, policy.tokenizer.pad_token_id))[1]
        self._shared: SharedPrompts | None = None
        self.states_BS = states_PS.repeat_interleave(group, 0)
        self._mask_BL = self._mask_PL.repeat_interleave(group, 0)
        self._length_B = self._mask_BL.sum(1)

    def _read(self, prompts: Sequence[Ids]) -> tuple[torch.Tensor, Any]:
        """(P, S) last states of some prompts, and the cache of them."""
        ids_PL, mask_PL = _on(self._policy, left_pad(prompts, self._policy.tokenizer.pad_token_id))
        with self._policy.head.skipped():
            out = self._model(
                input_ids=ids_PL,
                attention_mask=mask_PL,
                position_ids=(mask_PL.cumsum(1) - 1).clamp(min=0),
                use_cache=True,
                **_last_logits_only(self._model),
            )
        return out.logits[:, -1], out.past_key_values

    def grow_in_place(self) -> None:
        if applies(self._model, self.cache, self._group):
            self._shared = SharedPrompts(self.cache, self._mask_PL, self._group)
            self._group = 1
        else:
            self._copy_prompts()
            super().grow_in_place()

    def _copy_prompts(self) -> None:
        """Give each sample a copy of its prompt's keys and values."""
        if self._group > 1:
            self.cache.batch_repeat_interleave(self._group)
            self._group = 1

    def advance(self, ids_BT: torch.Tensor, mask_BT: torch.Tensor | None = None) -> torch.Tensor:
        self._copy_prompts()
        new_BT = torch.ones_like(ids_BT) if mask_BT is None else mask_BT
        self._mask_BL = torch.cat([self._mask_BL, new_BT], 1)
        places_T = torch.arange(ids_BT.shape[1], device=ids_BT.device)
        shape = (*ids_BT.shape, self._mask_BL.shape[1])
        attention = sharing(self._model) if self._shared else plain_attention(self._policy, *shape)
        with self._policy.head.skipped(), attention:
            out = self._model(
                input_ids=ids_BT,
                attention_mask=self._mask_BL,
                position_ids=self._length_B[:, None] + places_T,
                past_key_values=self.cache,
                use_cache=True,
            )
        self.cache = out.past_key_values
        self._length_B = self._length_B + ids_BT.shape[1]
        states_BTS: torch.Tensor = out.logits
        return states_BTS

    def keep(self, chosen: torch.Tensor) -> None:
        if self._shared:
            self._shared.keep(chosen)
        else:
            super().keep(chosen)
        self._mask_BL, self._length_B = self._mask_BL[chosen], self._length_B[chosen]


class EncoderDecoder(Family):
    """T5, CodeT5, Bart, PLBART and the like.

    Prompts are padded on the right, since most encoders count positions from the first token.
    The decoder starts with the model's `decoder_start_token_id` and, where its generation config
    names one, the token that it forces to come next (Bart's), which is thus never drawn.
    """

    auto_class = AutoModelForSeq2SeqLM

    def prompt_room(self, policy: Policy, max_new_tokens: int) -> int | None:
        limit = policy.max_positions
        start = len(decoder_start(policy))
        if limit is not None and max_new_tokens + start - 1 > limit:
            raise UserError(
                f"max_new_tokens {max_new_tokens} is more than the model's decoder can write "
                f"({limit + 1 - start})"
            )
        # T5 has no hard limit: its config or tokenizer says what it was trained with.
        usual = getattr(policy.model.config, "n_positions", None)
        longest = limit or usual or getattr(policy.tokenizer, "model_max_length", None)
        return int(longest) if longest and longest < 1_000_000 else None

    def prompt_ids(self, policy: Policy, ids: list[int]) -> list[int]:
        return ids

    def fits(self, policy: Policy, prompt: int, completion: int, limit: int) -> bool:
        room = self.prompt_room(policy, 1) or limit
        # The last token is not fed.
        written = completion + len(decoder_start(policy)) - 1
        return (
            prompt + completion <= limit
            and prompt <= room
            and written <= (policy.max_positions or limit)
        )

    def read(
        self, policy: Policy, prompts: Sequence[Ids], group: int, *, in_parts: bool = False
    ) -> Rows:
        return _EncoderDecoderRows(policy, prompts, group)

    def whole(self, policy: Policy, prompts: Sequence[Ids], completions: Sequence[Ids]) -> Whole:
        pad, start = policy.tokenizer.pad_token_id, decoder_start(policy)
        source_BL, source_mask_BL = _on(policy, right_pad(prompts, pad))
        fed_BT, _ = _on(policy, right_pad([[*start, *c[:-1]] for c in completions], pad))
        targets_BT, mask_BT = _on(policy, right_pad(completions, pad))
        # The decoder needs no mask: padding comes last, and nothing looks ahead.
        with policy.head.skipped():
            out = policy.model(
                input_ids=source_BL,
                attention_mask=source_mask_BL,
                decoder_input_ids=fed_BT,
                use_cache=False,
            )
        states_BTS = out.logits[:, len(start) - 1 :]
        none_BT = torch.zeros_like(mask_BT).bool()
        return Whole(states_BTS, targets_BT, none_BT, mask_BT.bool(), len(start) - 1)


class _EncoderDecoderRows(Rows):
    def __init__(self, policy: Policy, prompts: Sequence[Ids], group: int) -> None:
        self._policy, self._model = policy, policy.model
        source_PL, mask_PL = _on(policy, right_pad(prompts, policy.tokenizer.pad_token_id))
        start_PT = torch.tensor([decoder_start(policy)] * len(prompts), device=policy.device)
        with policy.head.skipped():
            out = policy.model(
                input_ids=source_PL,
                attention_mask=mask_PL,
                decoder_input_ids=start_PT,
                use_cache=True,
            )
        self.cache = out.past_key_values
        if group > 1:
            self.cache.batch_repeat_interleave(group)
        self.states_BS = out.logits[:, -1].repeat_interleave(group, 0)
        self._mask_BL = mask_PL.repeat_interleave(group, 0)
        # Its keys and values are in the cache; models still ask for its shape.
        self._source_BLH = out.encoder_last_hidden_state.repeat_interleave(group, 0)

    def advance(self, ids_BT: torch.Tensor, mask_BT: torch.Tensor | None = None) -> torch.Tensor:
        with self._policy.head.skipped():
            out = self._model(
                encoder_outputs=BaseModelOutput(last_hidden_state=self._source_BLH),
                attention_mask=self._mask_BL,
                decoder_input_ids=ids_BT,
                past_key_values=self.cache,
                use_cache=True,
            )
        self.cache = out.past_key_values
        states_BTS: torch.Tensor = out.logits
        return states_BTS

    def keep(self, chosen: torch.Tensor) -> None:
        super().keep(chosen)
        self._mask_BL, self._source_BLH = self._mask_BL[chosen], self._source_BLH[chosen]


def family_of(config: Any) -> Family:
    """The family that a model's config says it belongs to."""
    return EncoderDecoder() if getattr(config, "is_encoder_decoder", False) else Causal()


def smallest_input(policy: Policy) -> dict[str, torch.Tensor]:
    """Two tokens, as the model is given them."""
    ids_BL = torch.tensor([[policy.tokenizer.eos_token_id, policy.tokenizer.pad_token_id]])
    ids_BL = ids_BL.to(policy.device)
    decoder = getattr(policy.model.config, "is_encoder_decoder", False)
    return {"input_ids": ids_BL} | ({"decoder_input_ids": ids_BL} if decoder else {})


def decoder_start(policy: Policy) -> list[int]:
    """What an encoder-decoder's decoder is given to begin with.

    Raises:
        UserError: the model does not say.
    """
    start = _setting(policy, "decoder_start_token_id")
    if start is None:
        start = _setting(policy, "bos_token_id")
    if start is not None:
        forced = _setting(policy, "forced_bos_token_id")
        return [start] if forced is None else [start, forced]
    raise UserError(
        f"{policy.name} does not say what its decoder starts with: set decoder_start_token_id "
        "in its generation_config.json"
    )


def _setting(policy: Policy, name: str) -> int | None:
    """A special token of generation; older models keep it in their config."""
    for source in (policy.model.generation_config, policy.model.config):
        value = getattr(source, name, None)
        if value is not None:
            return int(value)
    return None


def _on(policy: Policy, tensors: tuple[torch.Tensor, torch.Tensor]) -> tuple[torch.Tensor, ...]:
    return tuple(t.to(policy.device) for t in tensors)


def _last_logits_only(model: Any) -> dict[str, int]:
    """The option that spares predictions inside the prompt, for models that know it."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    known = "logits_to_keep" in inspect.signature(base.forward).parameters
    return {"logits_to_keep": 1} if known else {}
