"""From what the user typed after `--tasks` to a list of tasks.

Covers paths, hub names and the embedded generator, their splits and limits. Does not
cover file formats (`jsonl`), downloads (`hub`) nor whether references are any good (`filters`).
"""

from __future__ import annotations

import random
from pathlib import Path

from rlcf.errors import UserError
from rlcf.settings import unknown
from rlcf.tasks.hub import HUB_SETS, load_hub_set
from rlcf.tasks.jsonl import read_tasks
from rlcf.tasks.task import Task

EMBEDDED = {"embedded": "java", "embedded-python": "python", "embedded-cpp": "cpp"}
"""The sets that the generator makes, and their languages."""
EMBEDDED_SPLITS = ("train", "validation", "test")
EMBEDDED_COUNT = 1000
"""How many tasks the generator makes where no limit is given."""


def known_names() -> list[str]:
    """What `load_tasks` takes besides a path."""
    return [*EMBEDDED, *HUB_SETS]


def check_name(name_or_path: str | Path) -> None:
    """Whether a path exists or a name is known, without loading anything.

    Raises:
        UserError: it is neither.
    """
    if str(name_or_path) == "-" or Path(name_or_path).exists():
        return
    name, _, split = str(name_or_path).partition(":")
    if name not in known_names():
        raise unknown("task set (and no such file)", str(name_or_path), known_names())
    if split and split not in splits_of(name):
        raise unknown(f"split of {name}", split, splits_of(name))


def splits_of(name: str) -> tuple[str, ...]:
    """The splits of a named set; none of anything else."""
    if name in EMBEDDED:
        return EMBEDDED_SPLITS
    return HUB_SETS[name].splits if name in HUB_SETS else ()


def load_tasks(
    name_or_path: str | Path,
    *,
    split: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    default_split: str | None = None,
    language: str | None = None,
) -> list[Task]:
    """Load tasks from a file, a set on the hub, or the embedded generator.

    Args:
        name_or_path: a path (which wins if it exists; `-` is standard input), or a name, or
            `NAME:SPLIT`.
        split: the part of a named set; a file is one split already and takes none.
        limit: at most so many tasks. A random choice by `seed`, in the set's order, so
            that a small limit is not the set's easiest corner.
        seed: of that choice, and of the embedded generator.
        default_split: the split of a named set that has it, where `split` names none;
            without it, a set of the hub gives all its tasks and the generator `train`.
        language: of a file's tasks that do not name theirs.

    Raises:
        UserError: unknown name or split, malformed file, hub unreachable, or no tasks.
    """
    if limit is not None and limit < 1:
        raise UserError(f"the number of tasks must be at least 1, not {limit}")
    path = Path(name_or_path)
    if str(path) == "-" or path.exists():
        return _choose(_load_path(path, split, language), limit, seed)
    check_name(name_or_path)
    name, _, suffix = str(name_or_path).partition(":")
    if suffix and split and suffix != split:
        raise UserError(f"`{name_or_path}` and the split `{split}` contradict each other")
    known = splits_of(name)
    wanted = split or suffix or (default_split if default_split in known else None)
    if wanted is not None and wanted not in known:
        raise unknown(f"split of {name}", wanted, known)
    if name in EMBEDDED:
        return _generate(limit or EMBEDDED_COUNT, seed, wanted or "train", EMBEDDED[name])
    return _choose(load_hub_set(name, wanted), limit, seed)


def _load_path(path: Path, split: str | None, language: str | None) -> list[Task]:
    if path.is_dir():
        if split is None:
            raise UserError(f"{path} is a folder: give one of its JSONL files, or a split")
        return read_tasks(path / f"{split}.jsonl", language)
    if split is not None:
        raise UserError(f"{path} is one file, without splits: leave out the split `{split}`")
    return read_tasks(path, language)


def _generate(count: int, seed: int, split: str, language: str) -> list[Task]:
    from rlcf.tasks.embedded import generate

    return list(generate(count, seed, split, language))


def _choose(tasks: list[Task], limit: int | None, seed: int) -> list[Task]:
    if limit is None or limit >= len(tasks):
        return tasks
    chosen = sorted(random.Random(seed).sample(range(len(tasks)), limit))
    return [tasks[i] for i in chosen]
