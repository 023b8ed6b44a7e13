"""The files that keep every completion of a run: one per step, lines of JSON, compressed.

Covers writing, finding and reading them. Does not cover what is in a row (`stepmetrics`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import zstandard

from rlcf.text import lines_of


def rollout_files(run: Path) -> dict[int, Path]:
    """The file of each step, in order."""
    files = (run / "rollouts").glob("step_*.jsonl.zst")
    return dict(sorted((int(file.name[5:-10]), file) for file in files))


def write_rollouts(run: Path, step: int, rows: Iterable[dict[str, Any]]) -> None:
    """Keep the completions of a step (pandas reads the file)."""
    folder = run / "rollouts"
    folder.mkdir(exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    data = zstandard.compress(text.encode("utf-8", "surrogatepass"), 3)
    (folder / f"step_{step:06d}.jsonl.zst").write_bytes(data)


def read_rollouts(file: Path) -> list[dict[str, Any]]:
    """The rows of one file.

    Raises:
        ValueError: it is not whole, as one that is being written.
        OSError: it cannot be read.
    """
    try:
        data = zstandard.ZstdDecompressor().decompress(file.read_bytes())
        text = data.decode("utf-8", "surrogatepass")
    except zstandard.ZstdError as exc:
        raise ValueError(f"{file}: not compressed rollouts") from exc
    return [json.loads(line) for line in lines_of(text) if line]
