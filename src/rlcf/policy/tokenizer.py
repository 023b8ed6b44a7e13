"""A tokenizer for models trained from scratch on a small set of programs.

Byte-level BPE that reads code well: an end of line takes its indentation along, an import is one
piece, digits stand alone (numbers can be copied), camelCase is cut at its humps.
"""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from rlcf.errors import UserError

BOS, EOS, PAD = "<|begin|>", "<|end|>", "<|pad|>"
_PIECES = (
    r"import [\w.*]+;|\n[ \t]*|[ \t]*//| ?[A-Z]?[a-z]+| ?[A-Z]+(?![a-z])"
    r"| ?\d| ?[^\s\w]+|[ \t]+|\s|\w"
)


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> PreTrainedTokenizerFast:
    """Train byte-level BPE with `vocab_size` tokens on `texts`.

    Raises:
        UserError: `vocab_size` has no room for the 256 bytes and the special tokens.
    """
    if vocab_size < 300:
        raise UserError(f"a vocabulary of {vocab_size} is too small: use at least 300")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, BOS, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=BOS, eos_token=EOS, pad_token=PAD
    )
