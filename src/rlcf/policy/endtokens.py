"""The tokens that end a model's text: those that its files name, and well-known ones."""

from __future__ import annotations

from typing import Any

_KNOWN = frozenset(
    {"</s>", "<eos>", "<end_of_turn>", "<|end|>", "<|endoftext|>", "<|end_of_text|>", "<|eos|>"}
    | {"<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|EOT|>", "<|endofturn|>", "<|return|>"}
    | {"<\uff5cend\u2581of\u2581sentence\uff5c>"}  # DeepSeek's
)
"""Those of well-known models, of a text or of a turn."""


def end_tokens(tokenizer: Any, model: Any) -> frozenset[int]:
    """Ids of the tokens after which a model has nothing more to say.

    The tokenizer's own is one of several: an instruction-tuned model ends a turn by one token and a
    text by another, and not every format of models names both. So what its configs name counts
    too, and what is well known among the tokenizer's special tokens. Of the model's config only
    special tokens count: it may be of another tokenizer.
    """
    names = {str(token): i for i, token in tokenizer.added_tokens_decoder.items() if token.special}
    special = {*names.values(), *tokenizer.all_special_ids}
    config = _ids(model.config)
    known = {i for name, i in names.items() if name in _KNOWN}
    generation = _ids(getattr(model, "generation_config", None))
    return frozenset({tokenizer.eos_token_id} | known | (config & special) | (generation - config))


def _ids(config: Any) -> set[int]:
    """The end tokens that a config names, one or several."""
    found: Any = getattr(config, "eos_token_id", None)
    if found is None:
        return set()
    return set(found) if isinstance(found, list | tuple) else {found}
