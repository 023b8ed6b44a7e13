"""Tokens that go on from a prompt: what they say, and which tokens say a given text.

SentencePiece's tokenizers and their kin (Llama 2, Code Llama, Mistral, Gemma, T5) write a space as
part of the word after it, put one before every text and drop it from whatever they decode. A
completion decoded by itself loses its first space, and one encoded by itself gains one. So the text
of a completion is here what decoding *prompt and completion together* adds to the prompt, and its
tokens are those that say it in that place. Imports neither torch nor transformers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

_CONTEXT = 16
"""Tokens of a prompt that are decoded again before each completion; the first one suffices."""


class Continuation:
    """Reads tokens as what comes after a prompt."""

    def __init__(self, tokenizer: Any, prompt_ids: Sequence[int]) -> None:
        self.tokenizer = tokenizer
        whole = decoded(tokenizer, prompt_ids)
        self.context = list(prompt_ids[-_CONTEXT:])
        before = decoded(tokenizer, self.context)
        # Cut inside a character, or nothing but special tokens: then only the whole prompt tells.
        if not before.strip() or not whole.endswith(before):
            self.context, before = list(prompt_ids), whole
        self.start = len(before)

    def text(self, token_ids: Sequence[int]) -> str:
        """What the tokens add to the prompt, without special tokens."""
        return decoded(self.tokenizer, [*self.context, *token_ids])[self.start :]


def continuation_ids(tokenizer: Any, prompt: str, text: str) -> list[int]:
    """The tokens that, after those of `prompt`, say `text`.

    Where the tokenizer cannot say it, the ones that come nearest to it.
    """
    after = Continuation(tokenizer, encoded(tokenizer, prompt))
    alone = encoded(tokenizer, text)
    if after.text(alone) == text:
        return alone
    others = list(_after_leads(tokenizer, prompt, text))
    return next((ids for ids in others if after.text(ids) == text), [*others, alone][0])


def _after_leads(tokenizer: Any, prompt: str, text: str) -> Iterator[list[int]]:
    """Tokens of `text` after the prompt or, where the two would fuse, after something neutral."""
    for lead in (prompt, "\n", ";"):
        first, both = encoded(tokenizer, lead), encoded(tokenizer, lead + text)
        if both[: len(first)] == first:
            yield both[len(first) :]


def encoded(tokenizer: Any, text: str) -> list[int]:
    """A text's tokens, without any that the tokenizer adds."""
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def decoded(tokenizer: Any, token_ids: Sequence[int]) -> str:
    """What tokens say by themselves, without special ones."""
    text: str = tokenizer.decode(
        list(token_ids), skip_special_tokens=True, clean_up_tokenization_spaces=False
    )
    return text
