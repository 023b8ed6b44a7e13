"""The files of a run: where each is, and how others read it while it is written.

    config.json, environment.json     what was asked for, and what it ran on
    metrics.jsonl                     a line per step
    rollouts/step_000001.jsonl.zst    every completion with verdict, diagnostics, reward parts
    checkpoints/, policy/, best/      to resume from; the trained model; the best by validation
    before.json, after.json           scores of the untrained model and of the trained one
    lock                              held by the one process that may write, whose number it has

`rlcf.training.rundir` writes them.
"""

from __future__ import annotations

import fcntl
import json
import struct
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.text import lines_of

_FLOCK = "hhqqi"
"""struct flock of Linux: l_type, l_whence, l_start, l_len, l_pid."""


class RunFiles:
    """A run directory, which need not be there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config, self.environment = path / "config.json", path / "environment.json"
        self.metrics_file, self.lock = path / "metrics.jsonl", path / "lock"
        self.checkpoints, self.rollouts = path / "checkpoints", path / "rollouts"
        self.policy, self.best = path / "policy", path / "best"
        self.before, self.after = path / "before.json", path / "after.json"

    def require_metrics(self) -> list[dict[str, Any]]:
        """As `metrics`.

        Raises:
            UserError: nothing was ever logged here.
        """
        if not self.metrics_file.is_file():
            raise UserError(f"{self.path}: not a run directory (no metrics.jsonl in it)")
        return self.metrics()

    def metrics(self) -> list[dict[str, Any]]:
        """The rows of metrics.jsonl; a last line that is being written, or cut off, is left out."""
        if not self.metrics_file.exists():
            return []
        rows = []
        for line in self.metrics_file.read_text(encoding="utf-8").split("\n")[:-1]:
            try:
                rows.append(json.loads(line))
            except ValueError:
                break
        return rows

    def rollout_file(self, step: int) -> Path:
        """Where the completions of a step are kept."""
        return self.rollouts / f"step_{step:06d}.jsonl.zst"

    def rollout_files(self) -> dict[int, Path]:
        """The files of the steps that there are, in order."""
        files = self.rollouts.glob("step_*.jsonl.zst")
        return dict(sorted((int(file.name[5:-10]), file) for file in files))

    def is_written(self) -> bool | None:
        """Whether a process has the run open for writing; None: that cannot be told."""
        try:
            with self.lock.open("r+b") as file:
                asked = struct.pack(_FLOCK, fcntl.F_WRLCK, 0, 0, 0, 0)
                # Only asks: a lock of our own would be in the way of a run that starts.
                answer = fcntl.fcntl(file, fcntl.F_GETLK, asked)
        except OSError:  # no lock, or a file system without
            return None
        return bool(struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK)


def read_settings(file: Path) -> dict[str, Any]:
    """What a JSON file of a run holds; nothing where there is none."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def read_rollouts(file: Path) -> list[dict[str, Any]]:
    """The completions of a step.

    Raises:
        ValueError: the file is not whole.
        OSError: it cannot be read.
    """
    import zstandard  # not for --help

    try:
        data = zstandard.ZstdDecompressor().decompress(file.read_bytes())
        text = data.decode("utf-8", "surrogatepass")
    except zstandard.ZstdError as exc:
        raise ValueError(f"{file}: not compressed rollouts") from exc
    return [json.loads(line) for line in lines_of(text) if line]
