"""Experiment trackers beside metrics.jsonl: TensorBoard, Weights & Biases, trackio and others.

Sends a run's settings and each step's metrics through accelerate's trackers: to RUN/trackers for
TensorBoard, to the project `rlcf` for Weights & Biases and trackio. Only numbers are sent;
completions are in the run directory. metrics.jsonl is always written. Nothing is imported unless a
tracker is asked for.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.settings import Checked, unknown

# The word of accelerate and the package that it needs.
_PACKAGES = {
    "tensorboard": "tensorboard",
    "wandb": "wandb",
    "trackio": "trackio",
    "mlflow": "mlflow",
    "aim": "aim",
    "comet_ml": "comet_ml",
    "clearml": "clearml",
    "dvclive": "dvclive",
    "swanlab": "swanlab",
}

PROJECT = "rlcf"
"""What runs are gathered under, unless WANDB_PROJECT or TRACKIO_PROJECT names another."""
_OF_PROJECTS = ("wandb", "trackio")
"""Those in which a run has a name of its own in a project; accelerate's word is the project's."""


class Trackers:
    """The trackers of one run; none by default."""

    def __init__(self, opened: list[Any] | None = None) -> None:
        self.opened = opened or []

    @staticmethod
    def named(names: str) -> list[str]:
        """The trackers of a comma-separated list.

        Raises:
            UserError: a name is unknown or its package is missing.
        """
        wanted = [n for n in (part.strip() for part in names.split(",")) if n and n != "none"]
        for name in wanted:
            if name not in _PACKAGES:
                raise unknown("tracker", name, _PACKAGES)
            for package in ("accelerate", _PACKAGES[name]):
                if importlib.util.find_spec(package) is None:
                    raise UserError(
                        f"--tracker {name} needs the package {package}: pip install {package}"
                    )
        return wanted

    @classmethod
    def open(cls, names: str, run: Path, config: Checked) -> Trackers:
        """Start those trackers, with the run's settings.

        Raises:
            UserError: as `named`.
        """
        return cls([_start(name, run, config) for name in cls.named(names)])

    def log(self, step: int, metrics: dict[str, float]) -> None:
        """Send one step's numbers."""
        for tracker in self.opened:
            tracker.log(metrics, step=step)

    def close(self) -> None:
        """Flush and end."""
        for tracker in self.opened:
            tracker.finish()


def _start(name: str, run: Path, config: Checked) -> Any:
    from accelerate.state import PartialState
    from accelerate.tracking import LOGGER_TYPE_TO_CLASS

    PartialState()  # its trackers ask it which process they are in
    kind = LOGGER_TYPE_TO_CLASS[name]
    where = [str(run / "trackers")] if kind.requires_logging_directory else []
    if name in _OF_PROJECTS:
        project = os.environ.get(f"{name.upper()}_PROJECT", PROJECT)
        tracker = kind(project, name=run.name)
    else:
        tracker = kind(run.name, *where)
    if hasattr(tracker, "start"):
        tracker.start()
    settings = {
        key: value if isinstance(value, int | float | str | bool) else str(value)
        for key, value in config.flat().items()
    }
    tracker.store_init_configuration(settings)
    return tracker
