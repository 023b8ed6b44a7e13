"""The scores of a run directory, and the tasks that they are of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from rlcf.errors import UserError
from rlcf.runfiles import RunFiles

if TYPE_CHECKING:
    from rlcf.evaluation.results import ScoreReport


def scores_file(path: Path) -> Path:
    """A file of scores: the one given, or that of a run directory after its training.

    Raises:
        UserError: the run was not measured.
    """
    if not path.is_dir():
        return path
    file = RunFiles(path).after
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
    raise UserError(f"the measured tasks are not the run's own tasks ({trained}): give --tasks")
