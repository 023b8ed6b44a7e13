"""What a run directory tells from outside: its scores, its tasks, whether it is still running."""

from __future__ import annotations

import fcntl
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlcf.errors import UserError

if TYPE_CHECKING:
    from rlcf.evaluation.results import ScoreReport

_FLOCK = "hhqqi"
"""struct flock of Linux: l_type, l_whence, l_start, l_len, l_pid."""


def scores_file(path: Path) -> Path:
    """A file of scores: the one given, or that of a run directory after its training.

    Raises:
        UserError: the run was not measured.
    """
    if not path.is_dir():
        return path
    file = path / "after.json"
    if not file.is_file():
        raise UserError(
            f"{path} was not measured yet: rlcf evaluate --model {path} --tasks TASKS --json {file}"
        )
    return file


def measured_tasks(config: dict[str, Any], scores: ScoreReport) -> str:
    """The name of those of a run's own tasks that were measured.

    Args:
        config: the run's settings.
        scores: the measurement.

    Raises:
        UserError: it was on other tasks.
    """
    from rlcf.tasks import load_tasks

    trained = str(config.get("tasks") or "")
    candidates = [f"{trained.partition(':')[0]}:test", trained, str(config.get("validation") or "")]
    for name in candidates:
        limit = scores.tasks if name.startswith("embedded") else None
        try:
            tasks = load_tasks(name, limit=limit, default_split="test", seed=scores.seed)
        except UserError:
            continue
        if any(task.task_id in scores.by_task for task in tasks):
            return name
    raise UserError(f"what was measured are not the run's own tasks ({trained}): give --tasks")


def is_written(run: Path) -> bool | None:
    """Whether a process has the run open for writing; None: that cannot be told."""
    try:
        with (run / "lock").open("r+b") as file:
            asked = struct.pack(_FLOCK, fcntl.F_WRLCK, 0, 0, 0, 0)
            # Only asks: a lock of our own would be in the way of a run that starts.
            answer = fcntl.fcntl(file, fcntl.F_GETLK, asked)
    except OSError:  # no lock, or a file system without
        return None
    return bool(struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK)
