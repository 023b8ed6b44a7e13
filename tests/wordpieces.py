"""Tiny tokenizers of the SentencePiece kind, which hold spaces as U+2581 and drop the first one."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerFast

BLANK = "\u2581"
_WORDS = ("return", "int", "def", "class", "total", "twice")
_SPECIAL = ("<unk>", "<s>", "</s>")


def llama() -> Any:
    """As Llama 2 and Mistral: a space is put before every text, line ends are bytes."""
    made = _bpe()
    made.normalizer = normalizers.Sequence(
        [normalizers.Prepend(BLANK), normalizers.Replace(" ", BLANK)]
    )
    return _fast(made)


def metaspace() -> Any:
    """As newer conversions: a space is put before texts that do not begin with one."""
    made = _bpe()
    made.pre_tokenizer = pre_tokenizers.Metaspace(
        replacement=BLANK, prepend_scheme="first", split=False
    )
    return _fast(made)


def gemma() -> Any:
    """As Gemma: no space is put before a text and none dropped; only spaces are written so."""
    made = _bpe()
    made.normalizer = normalizers.Replace(" ", BLANK)
    made.decoder = decoders.Sequence(
        [decoders.Replace(BLANK, " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    return _fast(made)


def unigram(*, keeps_lines: bool) -> Any:
    """As T5 and its like; T5's own makes one blank of any white space."""
    letters = [BLANK, *string.ascii_letters, *string.digits, *string.punctuation]
    letters += ["\n", "\t"] if keeps_lines else []
    scores = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), *((c, -3.0) for c in letters)]
    scores += [(BLANK + word, -2.0) for word in _WORDS] + [(word, -2.5) for word in _WORDS]
    made = Tokenizer(models.Unigram(scores, unk_id=0))
    if not keeps_lines:
        made.normalizer = normalizers.Replace(Regex(r"\s+"), " ")
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement=BLANK)
    made.decoder = decoders.Metaspace(replacement=BLANK)
    return _fast(made)


def _bpe() -> Tokenizer:
    pieces = [*_SPECIAL, *(f"<0x{i:02X}>" for i in range(256)), BLANK]
    pieces += [*string.ascii_letters, *string.digits, *string.punctuation]
    merges: list[tuple[str, str]] = []
    for size in (1, 2, 4):
        merges.append((BLANK * size, BLANK * size))
    for word in _WORDS:
        merges += [(word[:i], word[i]) for i in range(1, len(word))]
        merges.append((BLANK, word))
    vocabulary = dict.fromkeys([*pieces, *(a + b for a, b in merges)])
    made = Tokenizer(
        models.BPE(
            {piece: i for i, piece in enumerate(vocabulary)},
            list(dict.fromkeys(merges)),
            unk_token="<unk>",
            byte_fallback=True,
            fuse_unk=True,
        )
    )
    strip = decoders.Strip(" ", 1, 0)
    made.decoder = decoders.Sequence(
        [decoders.Replace(BLANK, " "), decoders.ByteFallback(), decoders.Fuse(), strip]
    )
    return made


def _fast(made: Tokenizer) -> Any:
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        unk_token="<unk>",
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<unk>",
    )


KINDS: dict[str, Callable[[], Any]] = {
    "llama": llama,
    "metaspace": metaspace,
    "gemma": gemma,
    "unigram": lambda: unigram(keeps_lines=True),
}
