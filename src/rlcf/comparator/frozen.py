"""A comparator that is never trained: how near a program is to the references of the corpus.

    h(x, y) = 1/2 cos(y, y*) + 1/2 mean cosine of y with its k nearest references of other tasks
    g(x, y, y*) = tanh(sharpness (h(x, y) - h(x, y*)) / tau)

in the embedding space of any encoder or decoder (ours; the paper trains its comparator). Cosines
are taken after the corpus's mean is subtracted: without that all programs look alike (Mu and
Viswanath 2018, "All-but-the-top", arXiv 1702.01417). tau is the mean of h(x, y*) - h(x, z) over
solutions z of other tasks, so that an unrelated program gets about tanh(-sharpness), -0.76 for 1; 0
for the solution itself. With k = 0, h is cos(y, y*) alone: it tells right from wrong better where a
task has hardly more than one right answer. The corpus is embedded once, in chunks that are kept on
disk.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from rlcf.comparator.model import Comparator, Program
from rlcf.errors import UserError

CHUNK = 1024
NEIGHBOURS = 5
BOUND = 0.99  # tanh of float32 reaches 1, and an accepted program must stay above -1


def embed_corpus(
    comparator: Comparator,
    corpus: Sequence[Program],
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> torch.Tensor:
    """(N, H) embeddings of the references, computed in chunks.

    Args:
        comparator: its encoder embeds; the head is not used.
        corpus: each task's prompt and reference.
        cache: folder that finished chunks are kept in, named by their content and the weights.
        progress: called with the number of programs embedded so far, and of all.
    """
    weights, parts = fingerprint(comparator), []
    for start in range(0, len(corpus), CHUNK):
        chunk = corpus[start : start + CHUNK]
        parts.append(_embed_chunk(comparator, chunk, weights, cache))
        if progress is not None:
            progress(start + len(chunk), len(corpus))
    return torch.cat(parts)


def fingerprint(comparator: Comparator) -> str:
    """A digest of all that embeddings depend on but the programs."""
    digest = hashlib.sha256(f"{comparator.pooling} {comparator.max_tokens}".encode())
    digest.update(f"{comparator.autocast} {comparator.device.type}".encode())
    for name, value in comparator.encoder.state_dict().items():
        digest.update(name.encode() + value.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()


def _embed_chunk(
    comparator: Comparator, chunk: Sequence[Program], weights: str, cache: Path | None
) -> torch.Tensor:
    if cache is None:
        return comparator.embed(chunk)
    digest = hashlib.sha256(weights.encode())
    for program in chunk:
        text = f"{len(program.prompt)} {program.prompt}{program.completion}\x00"
        digest.update(text.encode("utf-8", "surrogatepass"))
    file = cache / f"embeddings_{digest.hexdigest()[:24]}.safetensors"
    if file.exists():
        return load_file(file)["embeddings"]
    embedding_NH = comparator.embed(chunk)
    cache.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".tmp")
    save_file({"embeddings": embedding_NH}, temporary)
    temporary.replace(file)
    return embedding_NH


class NearestJudge:
    """Compares completions with references by embeddings that never change."""

    def __init__(
        self,
        comparator: Comparator,
        corpus: Sequence[Program],
        embedding_NH: torch.Tensor,
        neighbours: int = NEIGHBOURS,
        sharpness: float = 1.0,
    ) -> None:
        """See the module; `embedding_NH` is `embed_corpus` of `corpus`, `neighbours` is k.

        Raises:
            UserError: there are no references.
        """
        if not corpus:
            raise UserError("a frozen comparator needs references to compare with: none given")
        self.comparator, self.neighbours = comparator, neighbours
        self.place = {program: i for i, program in enumerate(corpus)}
        self.mean_H = embedding_NH.mean(0)
        self.corpus_NH = self._unit(embedding_NH)
        self.tau = self._spread() / sharpness

    def __call__(
        self, prompts: Sequence[str], completions: Sequence[str], references: Sequence[str]
    ) -> NDArray[np.float32]:
        """g_B in (-1, 1): 0 for the reference, below it for what is farther from the corpus."""
        samples = [Program(p, c) for p, c in zip(prompts, completions, strict=True)]
        wanted = [Program(p, r) for p, r in zip(prompts, references, strict=True)]
        distinct = list(dict.fromkeys(samples + [w for w in wanted if w not in self.place]))
        if not distinct:
            return np.zeros(0, dtype=np.float32)
        unit_DH = self._unit(self.comparator.embed(distinct))
        known = dict(zip(distinct, unit_DH, strict=True))
        sample_BH = torch.stack([known[s] for s in samples])
        wanted_BH = torch.stack(
            [self.corpus_NH[self.place[w]] if w in self.place else known[w] for w in wanted]
        )
        own_B = torch.tensor([self.place.get(w, -1) for w in wanted])
        same_B = torch.tensor([s == w for s, w in zip(samples, wanted, strict=True)])
        difference_B = self.difference(sample_BH, wanted_BH, own_B).masked_fill(same_B, 0.0)
        g_B: NDArray[np.float32] = (difference_B / self.tau).tanh().clamp(-BOUND, BOUND).numpy()
        return g_B

    def difference(
        self, sample_BH: torch.Tensor, wanted_BH: torch.Tensor, own_B: torch.Tensor
    ) -> torch.Tensor:
        """h(x, y) - h(x, y*) of unit embeddings; `own_B` is y*'s place in the corpus or -1."""
        to_own_B = (sample_BH * wanted_BH).sum(1) - 1
        if not self.neighbours:
            return to_own_B
        to_corpus_B = self._nearest(sample_BH, own_B) - self._nearest(wanted_BH, own_B)
        return 0.5 * to_own_B + 0.5 * to_corpus_B

    def _nearest(self, unit_BH: torch.Tensor, own_B: torch.Tensor) -> torch.Tensor:
        """Mean cosine with the nearest references of other tasks; 0 where there are none."""
        count = min(self.neighbours, len(self.corpus_NH) - 1)
        if count == 0:
            return torch.zeros(len(unit_BH))
        parts = []
        for start in range(0, len(unit_BH), 256):
            rows_bH, own_b = unit_BH[start : start + 256], own_B[start : start + 256]
            cosine_bN = rows_bH @ self.corpus_NH.T
            known_b = (own_b >= 0).nonzero()[:, 0]
            cosine_bN[known_b, own_b[known_b]] = -2.0
            parts.append(cosine_bN.topk(count, 1).values.mean(1))
        return torch.cat(parts)

    def _unit(self, embedding_BH: torch.Tensor) -> torch.Tensor:
        return F.normalize(embedding_BH - self.mean_H, dim=1)

    def _spread(self) -> float:
        """tau: how far, on average, a reference is from being another task's."""
        if len(self.corpus_NH) < 2:
            return 1.0
        own_B = torch.arange(min(512, len(self.corpus_NH)))
        other_BH = self.corpus_NH[(own_B + 1) % len(self.corpus_NH)]
        difference_B = self.difference(other_BH, self.corpus_NH[own_B], own_B)
        return max(1e-3, -difference_B.mean().item())
