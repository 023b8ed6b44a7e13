"""`rlcf merge`: one model of several runs. How is `policy.merging`'s."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from rlcf.outputs import Output
from rlcf.settings import Checked, Need, Share


@dataclass(frozen=True)
class Args(Checked):
    """Average the weights of models that were trained from the same base.

    What seeds share is signal, what differs is mostly noise: the mean of two or more runs of
    `rlcf train` compiles as often as each of them and forgets less. With --base and --share the
    result goes only part of the way from the base to the mean, and forgets less still. Measure
    some shares with `rlcf evaluate` on held-out tasks, and train again from the best one.

    Examples:
      rlcf merge runs/seed-0 runs/seed-1 --out merged
      rlcf merge runs/seed-0 runs/seed-1 --base path/to/model --share 0.5 --out merged
    """

    models: Annotated[tuple[str, ...], tyro.conf.Positional]
    """Run directories (their policy/ is taken), model folders or hub names."""
    out: Path
    """Folder to create; it holds a plain Hugging Face model."""
    base: str | None = None
    """The model that they were trained from; `embedded` is the embedded one."""
    share: Share = 1.0
    """How far from the base (0) to the mean of the models (1)."""

    NEEDS = (
        Need(("share",), lambda a: a.base, "--base"),
        Need(("base",), lambda a: a.share < 1, "a --share below 1"),
    )

    def outputs(self) -> list[Output]:
        """The model."""
        return [Output(self.out, kind="made")]


def main(args: Args) -> int:
    """Merge and save."""
    from rlcf.assets import embedded_policy
    from rlcf.atomic import replace_folder
    from rlcf.policy.merging import merged_policy

    base = None if args.base is None else embedded_policy(args.base)
    models = [embedded_policy(name) for name in args.models]
    policy = merged_policy(models, base=base, share=args.share)
    replace_folder(args.out, policy.save)
    mean = "the model" if len(models) == 1 else f"the mean of {len(models)} models"
    way = "" if args.share == 1 else f"{args.share:g} of the way from {args.base} to "
    print(f"wrote {args.out}: {way}{mean}")
    return 0
