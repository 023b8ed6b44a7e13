"""The comparator's network: a language model with an MLP head, compared in pairs.

    g_w(x, y0, y1) = tanh(h(x, y0) - h(x, y1)),   h = scale * mean over y's tokens of MLP(state)

after the RLCF paper (arXiv 2305.18341; CodeBERT there). Antisymmetric, and 0 for equal programs.
The MLP reads every token of the program before the mean is taken (ours: a single wrong token is
lost in the mean of the states); the prompt's tokens count only through attention. With pooling
"last" h is the MLP at the program's last token, the only one that sees the whole program in a
causal model (as in reward models: Ouyang et al. 2022, arXiv 2203.02155, section 3.5). Training
calibrates tanh: P(y0 is the solution) = sigmoid(2 (h0 - h1)), hence g = 2 P - 1. Any Hugging Face
encoder or decoder will do, by name or folder; encoder-decoder models will not. `online` trains it,
`frozen` compares without training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

from rlcf.device import halved, precision_context, resolve_autocast
from rlcf.errors import UserError
from rlcf.modelplace import how_to_get, locate
from rlcf.settings import unknown
from rlcf.text import first_line, lines_of

HEAD_FILE = "comparator_head.safetensors"
POOLINGS = ("mean", "last")


@dataclass(frozen=True)
class Program:
    """A prompt and what follows it, as the comparator reads them."""

    prompt: str
    completion: str


class Comparator(nn.Module):
    """Scores programs; the difference of two scores tells which is the likelier reference."""

    def __init__(
        self,
        encoder: Any,
        tokenizer: Any,
        *,
        max_tokens: int,
        autocast: bool,
        pooling: str = "mean",
    ) -> None:
        super().__init__()
        self.pooling = pooling
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.max_tokens = max_tokens
        self.autocast = autocast
        hidden = int(encoder.config.hidden_size)
        self.head = nn.Sequential(nn.Linear(hidden, hidden), nn.GELU(), nn.Linear(hidden, 1))
        self.scale = nn.Parameter(torch.tensor(4.0))

    @property
    def device(self) -> torch.device:
        device: torch.device = self.encoder.device
        return device

    def forward(self, programs: Sequence[Program]) -> torch.Tensor:
        """h_B: one score per program, higher for likelier references."""
        ids_BL, mask_BL, body_BL = self._encode(programs)
        states_BLH = self.states(ids_BL, mask_BL)
        if self.pooling == "last":
            last_B: torch.Tensor = self.head(last_of(states_BLH, body_BL))[:, 0]
            return self.scale * last_B
        score_BL = self.head(states_BLH)[:, :, 0]
        mean_B: torch.Tensor = (score_BL * body_BL).sum(1) / body_BL.sum(1)
        return self.scale * mean_B

    def states(self, ids_BL: torch.Tensor, mask_BL: torch.Tensor) -> torch.Tensor:
        """The encoder's last states, (B, L, H)."""
        with precision_context(self.device, self.autocast):
            out = self.encoder(input_ids=ids_BL, attention_mask=mask_BL)
        states_BLH: torch.Tensor = out.last_hidden_state.float()
        return states_BLH

    @torch.no_grad()
    def score(self, programs: Sequence[Program], batch_size: int = 64) -> torch.Tensor:
        """h_B without gradient, computed in batches of programs of like length."""
        self.eval()
        score_B = torch.zeros(len(programs))
        for chosen in _batches(programs, batch_size):
            score_B[chosen] = self([programs[i] for i in chosen]).cpu()
        return score_B

    @torch.no_grad()
    def embed(self, programs: Sequence[Program], batch_size: int = 64) -> torch.Tensor:
        """(B, H) states without the head, pooled over each program's own tokens, on the CPU."""
        self.eval()
        embedding_BH = torch.zeros(len(programs), int(self.encoder.config.hidden_size))
        for chosen in _batches(programs, batch_size):
            ids_BL, mask_BL, body_BL = self._encode([programs[i] for i in chosen])
            states_BLH = self.states(ids_BL, mask_BL)
            if self.pooling == "last":
                pooled_BH = last_of(states_BLH, body_BL)
            else:
                total_BH = (states_BLH * body_BL[:, :, None]).sum(1)
                pooled_BH = total_BH / body_BL.sum(1, keepdim=True)
            embedding_BH[chosen] = pooled_BH.cpu()
        return embedding_BH

    def save(self, folder: Path, *, half: bool = False) -> None:
        """Write the encoder as a plain Hugging Face folder, with the head beside it."""
        state = halved(self.encoder.state_dict()) if half else None
        self.encoder.save_pretrained(folder, state_dict=state)
        self.tokenizer.save_pretrained(folder)
        head = self.head.state_dict() | {"scale": self.scale.data}
        save_file(head, folder / HEAD_FILE, metadata={"pooling": self.pooling})

    def _encode(
        self, programs: Sequence[Program]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(B, L) ids, mask, and mask of the program's own tokens.

        A prompt that is too long loses its beginning.
        """
        prompts = self.tokenizer([p.prompt for p in programs], add_special_tokens=False)
        shown = [what_counts(p.completion) for p in programs]
        bodies = self.tokenizer(shown, add_special_tokens=False)
        opening, closing = self._frame()
        room = self.max_tokens - len(opening) - len(closing)
        rows = []
        for prompt, body in zip(prompts["input_ids"], bodies["input_ids"], strict=True):
            body = body[: room - 1] or [self.tokenizer.pad_token_id]
            rows.append((opening + prompt[-(room - len(body)) :], body))
        width = max(len(before) + len(body) for before, body in rows) + len(closing)
        ids_BL = torch.full((len(rows), width), self.tokenizer.pad_token_id, dtype=torch.long)
        mask_BL = torch.zeros((len(rows), width), dtype=torch.long)
        body_BL = torch.zeros((len(rows), width))
        for i, (before, body) in enumerate(rows):
            end = len(before) + len(body)
            ids_BL[i, : end + len(closing)] = torch.tensor(before + body + closing)
            mask_BL[i, : end + len(closing)] = 1
            body_BL[i, len(before) : end] = 1
        return ids_BL.to(self.device), mask_BL.to(self.device), body_BL.to(self.device)

    def _frame(self) -> tuple[list[int], list[int]]:
        """Special tokens before and after a text, as the model was pre-trained with."""
        empty: list[int] = self.tokenizer("")["input_ids"]
        first = (self.tokenizer.cls_token_id, self.tokenizer.bos_token_id)
        opening = [i for i in empty[:1] if i in first]
        return opening, empty[len(opening) :]


def last_of(states_BLH: torch.Tensor, body_BL: torch.Tensor) -> torch.Tensor:
    """(B, H) states at the last token that belongs to the program."""
    steps_L = torch.arange(1, body_BL.shape[1] + 1, device=body_BL.device)
    last_B = (body_BL * steps_L).argmax(1)
    return states_BLH[torch.arange(len(last_B), device=last_B.device), last_B]


def _batches(programs: Sequence[Program], size: int) -> Iterator[list[int]]:
    """Places of programs, those of like length together."""
    order = sorted(
        range(len(programs)),
        key=lambda i: len(programs[i].prompt) + len(programs[i].completion),
    )
    for start in range(0, len(order), size):
        yield order[start : start + size]


def what_counts(completion: str) -> str:
    """A completion without the white space at the ends of its lines and its own.

    Where a sample was cut says nothing of the program, yet tells it from a reference at once: a
    comparator that sees it looks no further (measured: 100 % accuracy, by a last newline).
    """
    return "\n".join(line.rstrip() for line in lines_of(completion)).strip()


def load_comparator(
    name: str,
    *,
    seed: int = 0,
    device: str = "cpu",
    precision: str = "auto",
    max_tokens: int = 512,
    pooling: str = "auto",
    trained: bool = True,
) -> Comparator:
    """Load an encoder or a decoder by hub name, short name (`modelplace.SHORT`) or folder, and its
    head where the folder holds one.

    A fresh head (any plain pre-trained model) starts from `seed`. Pooling "auto" is the one that
    the head was made with; for a fresh head the mean for encoders, the last token for decoders.
    Without `trained` the encoder is held in bfloat16 where that is what is computed in.

    Raises:
        UserError: there is no such model, it is an encoder-decoder, or `pooling` is unknown.
    """
    if pooling not in ("auto", *POOLINGS):
        raise unknown("pooling", pooling, ("auto", *POOLINGS))
    place = locate(name)
    if place.adapter is not None:
        raise UserError(f"the comparator {name} is a folder of adapters: merge them first")
    where = torch.device(device)
    autocast = resolve_autocast(precision, where)
    dtype = torch.bfloat16 if autocast and not trained else torch.float32
    config, tokenizer, encoder = _parts(place.model, name, dtype)
    limit = getattr(config, "max_position_embeddings", None) or max_tokens
    # RoBERTa counts its positions from the padding id on.
    room = int(limit) - (int(config.pad_token_id or 0) + 1 if "roberta" in config.model_type else 0)
    head_file = Path(place.model) / HEAD_FILE
    torch.manual_seed(seed)
    comparator = Comparator(
        encoder.to(where),
        tokenizer,
        max_tokens=min(room, max_tokens),
        autocast=autocast,
        pooling=_pooling(config, head_file) if pooling == "auto" else pooling,
    )
    if head_file.is_file():
        head = load_file(head_file)
        comparator.scale.data = head.pop("scale")
        comparator.head.load_state_dict(head)
    return comparator.to(where)


def _parts(folder: str, name: str, dtype: torch.dtype) -> tuple[Any, Any, Any]:
    """Config, tokenizer (with a padding token) and encoder.

    Raises:
        UserError: see `load_comparator`.
    """
    try:
        config = AutoConfig.from_pretrained(folder)
        if config.is_encoder_decoder:
            raise UserError(
                f"the comparator {name} is an encoder-decoder: use an encoder or a decoder"
            )
        tokenizer = AutoTokenizer.from_pretrained(folder)
        encoder = AutoModel.from_pretrained(folder, dtype=dtype)
    except (OSError, ValueError, KeyError) as error:
        reason = first_line(str(error)) or type(error).__name__
        hint = "" if Path(folder).is_dir() else f"; {how_to_get(folder, file=False)}"
        raise UserError(f"cannot load the comparator {name}: {reason}{hint}") from error
    if tokenizer.pad_token_id is None:
        # Padding is masked, so that any token will do.
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.pad_token_id is None:
        raise UserError(f"the tokenizer of the comparator {name} names neither PAD nor EOS")
    return config, tokenizer, encoder


def _pooling(config: Any, head_file: Path) -> str:
    """The pooling that a head was made with, or the one that suits the model."""
    if head_file.is_file():
        with safe_open(head_file, "pt") as head:
            return str((head.metadata() or {}).get("pooling", "mean"))
    # An architecture that masked language models exist of sees both sides of a token.
    return "mean" if config.model_type in MODEL_FOR_MASKED_LM_MAPPING_NAMES else "last"
