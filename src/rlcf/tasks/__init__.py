"""What to program: tasks, where they come from, and which can be used.

Light to import: the embedded tasks and the hub's client load only when asked for.
"""

from __future__ import annotations

from rlcf.tasks.filters import RejectedReference, usable_references
from rlcf.tasks.jsonl import read_tasks, write_tasks
from rlcf.tasks.loaders import known_names, load_tasks
from rlcf.tasks.samples import Sample, read_samples
from rlcf.tasks.task import Task

__all__ = [
    "RejectedReference",
    "Sample",
    "Task",
    "known_names",
    "load_tasks",
    "read_samples",
    "read_tasks",
    "usable_references",
    "write_tasks",
]
