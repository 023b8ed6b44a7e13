"""Settings of the comparator in training. Imports nothing heavy: `--help` reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from tyro.conf import arg

from rlcf.settings import Checked, Count, CountOrNone, Need, Positive, Range, Share


@dataclass(frozen=True)
class ComparatorConfig(Checked):
    """The second LLM, which tells how near an accepted program is to the task's solution."""

    model: Annotated[str, arg(name="comparator")] = "embedded"
    """Hub name, short name (codebert, mpnet, minilm) or folder of an encoder or decoder,
    `embedded`, or `none`. It must be another model than the policy."""
    mode: Annotated[Literal["online", "frozen", "none"], arg(name="comparator_mode")] = "online"
    """online (trained to tell solutions from samples, as in the paper), frozen (similarity to
    the nearest solutions, never trained) or none."""
    weight: Annotated[Share, arg(name="comparator_weight")] = 1.0
    """The comparator's share w: accepted programs get 1 - w + w g (1 in the paper)."""
    ranks: Annotated[bool, arg(name="comparator_ranks")] = False
    """Take for g a program's rank among the accepted ones of its prompt, from -1 to 1 with mean 0:
    where style alone puts every program far from the solution, g itself hardly differs."""
    warmup: Annotated[CountOrNone, arg(name="comparator_warmup")] = 0
    """online: updates on the untrained policy's samples before the first step."""
    lr: Annotated[Positive, arg(name="comparator_lr")] = 3e-4
    """online: learning rate (1e-5 to 5e-5 for pretrained encoders of full size)."""
    every: Annotated[Count | None, arg(name="comparator_every")] = 1
    """online: update it every this many steps; none never does."""
    neighbours: Annotated[CountOrNone, arg(name="comparator_neighbours")] = 5
    """frozen: how many solutions of other tasks count beside the task's own; 0 compares with its
    own alone (for tasks with hardly more than one right answer)."""
    sharpness: Annotated[Positive, arg(name="comparator_sharpness")] = 1.0
    """frozen: an accepted program that is unlike all solutions gets about -tanh of this; higher
    values set near misses farther apart from the solution."""
    pooling: Annotated[Literal["auto", "mean", "last"], arg(name="comparator_pooling")] = "auto"
    """How it reads a program: mean (of all tokens), last (token), or auto (last for decoders)."""
    max_tokens: Annotated[int, Range(8), arg(name="comparator_tokens")] = 512
    """Tokens of prompt and program together that it reads."""

    NEEDS = (
        Need(
            ("comparator_warmup", "comparator_lr", "comparator_every"),
            lambda c: c.mode == "online",
            "--comparator-mode online",
        ),
        Need(
            ("comparator_neighbours", "comparator_sharpness"),
            lambda c: c.mode == "frozen",
            "--comparator-mode frozen",
        ),
    )

    @property
    def off(self) -> bool:
        """Whether there is none."""
        return "none" in (self.model, self.mode)
