"""`rlcf sft`: supervised fine-tuning on solutions.

Covers the command line. The training itself is `rlcf.training.sft`.
"""

from __future__ import annotations

from rlcf.training.sftconfig import SftConfig as Args

__all__ = ["Args", "main"]


def main(args: Args) -> int:
    """Train and say where the model is."""
    from rlcf.training.sft import run_sft  # torch: not for --help

    folder = run_sft(args)
    print(f"wrote {folder}")
    return 0
