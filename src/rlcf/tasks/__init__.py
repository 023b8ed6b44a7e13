"""What to program: tasks, and where they come from.

Light to import: the embedded tasks and the hub's client load only when asked for.
"""

from __future__ import annotations

from rlcf.tasks.jsonl import read_tasks, write_tasks
from rlcf.tasks.loaders import known_names, load_tasks
from rlcf.tasks.samples import Sample, read_samples
from rlcf.tasks.task import Task

__all__ = [
    "Sample",
    "Task",
    "known_names",
    "load_tasks",
    "read_samples",
    "read_tasks",
    "write_tasks",
]
