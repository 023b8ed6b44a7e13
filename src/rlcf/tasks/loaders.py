"""What the user typed after `--tasks`, a path or the name of a set, becomes a list of tasks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path

from rlcf.errors import UserError
from rlcf.settings import unknown
from rlcf.tasks.embedded import DEFAULT_COUNT, EMBEDDED, SPLITS, draw
from rlcf.tasks.hub import HUB_SETS, load_hub_set
from rlcf.tasks.jsonl import read_tasks
from rlcf.tasks.task import Task


def known_names() -> list[str]:
    """What `load_tasks` takes besides a path."""
    return [*EMBEDDED, *HUB_SETS]


def check_name(name_or_path: str | Path) -> None:
    """Whether a path exists or a name is known, without loading anything.

    Raises:
        UserError: it is neither.
    """
    if _file_and_split(name_or_path) is not None:
        return
    name, _, split = str(name_or_path).partition(":")
    if name not in known_names():
        raise unknown("task set (and no such file)", str(name_or_path), known_names())
    if split and split not in splits_of(name):
        raise unknown(f"split of {name}", split, splits_of(name))


def path_of(name_or_path: str | Path) -> Path | None:
    """The file or folder that tasks are read from; None for a named set."""
    found = _file_and_split(name_or_path)
    return None if found is None else found[0]


def _file_and_split(name_or_path: str | Path) -> tuple[Path, str | None] | None:
    """A path, or `PATH:SPLIT`; None for a named set."""
    path = Path(name_or_path)
    if str(path) == "-" or path.exists():
        return path, None
    before, _, split = str(name_or_path).rpartition(":")
    return (Path(before), split) if before and Path(before).exists() else None


def splits_of(name: str) -> tuple[str, ...]:
    """The splits of a named set; none of anything else."""
    if name in EMBEDDED:
        return SPLITS
    return HUB_SETS[name].splits if name in HUB_SETS else ()


def validation_of(source: str) -> str | None:
    """The part for validation of what tasks were named as, as `NAME:validation`.

    None where there is none, or where it is itself what is named.

    Raises:
        UserError: a file that cannot be read.
    """
    found = _file_and_split(source)
    if found is None:
        name, _, split = source.partition(":")
        has = "validation" in splits_of(name)
    else:
        path, split = found[0], found[1] or ""
        name = str(path)
        if path.is_dir():
            file = path / "validation.jsonl"
            has = file.is_file() and file.stat().st_size > 0
        else:
            has = name != "-" and "validation" in _splits_in(read_tasks(path))
    return f"{name}:validation" if has and split != "validation" else None


def load_tasks(
    name_or_path: str | Path,
    *,
    split: str | None = None,
    limit: int | None = None,
    seed: int = 0,
    default_split: str | None = None,
    language: str | None = None,
    tell: Callable[[str], object] | None = None,
) -> list[Task]:
    """Load tasks from a file, a set on the hub, or an embedded set.

    Args:
        name_or_path: a path (which wins if it exists; `-` is standard input), or a name, or
            either with `:SPLIT`.
        split: the part of a named set, of a folder of one file per split, or of a file whose rows
            name their splits.
        limit: at most so many tasks. A random choice by `seed`, in the set's order, so
            that a small limit is not the set's easiest corner. Embedded sets give theirs in random
            order, 1000 where there is no limit.
        seed: of that choice.
        default_split: the split of what has several, where `split` names none. Without it, a
            file and a set of the hub give all their tasks, and an embedded set those of `train`. A
            file all of whose rows are of one split is taken whole.
        language: of a file's tasks that do not name theirs.
        tell: gets a line that says which rows of a file with several splits are taken.

    Raises:
        UserError: unknown name or split, malformed file, hub unreachable, or no tasks.
    """
    if limit is not None and limit < 1:
        raise UserError(f"the number of tasks must be at least 1, not {limit}")
    found = _file_and_split(name_or_path)
    suffix = str(name_or_path).partition(":")[2] if found is None else found[1]
    if suffix and split and suffix != split:
        raise UserError(f"`{name_or_path}` and the split `{split}` contradict each other")
    split = split or suffix or None
    if found is not None:
        return _choose(_load_path(found[0], split, default_split, language, tell), limit, seed)
    check_name(name_or_path)
    name = str(name_or_path).partition(":")[0]
    known = splits_of(name)
    wanted = split or (default_split if default_split in known else None)
    if wanted is not None and wanted not in known:
        raise unknown(f"split of {name}", wanted, known)
    if name in EMBEDDED:
        return draw(name, wanted or "train", limit or DEFAULT_COUNT, seed)
    return _choose(load_hub_set(name, wanted), limit, seed)


def _load_path(
    path: Path,
    split: str | None,
    default_split: str | None,
    language: str | None,
    tell: Callable[[str], object] | None,
) -> list[Task]:
    if path.is_dir():
        wanted = split or default_split
        if wanted is None:
            raise UserError(f"{path} is a folder: give one of its JSONL files, or a split")
        return read_tasks(path / f"{wanted}.jsonl", language)
    tasks = read_tasks(path, language)
    splits = _splits_in(tasks)
    if split is not None and not splits:
        raise UserError(f"{path} is one file, without splits: leave out the split `{split}`")
    wanted = split or (default_split if len(splits) > 1 else None)
    if wanted is None:
        return tasks
    if wanted not in splits:
        raise UserError(
            f"{path} has no rows of the split {wanted}, but of {', '.join(splits)}: name one of "
            f"them, such as {path}:{splits[0]}"
        )
    kept = [task for task in tasks if task.split == wanted]
    if tell is not None and len(kept) < len(tasks):
        tell(f"{path}: {len(kept)} of {len(tasks)} tasks, those of the split {wanted}")
    return kept


def _splits_in(tasks: Iterable[Task]) -> list[str]:
    """The splits that rows name, in the order in which they occur."""
    return list(dict.fromkeys(task.split for task in tasks if task.split))


def _choose(tasks: list[Task], limit: int | None, seed: int) -> list[Task]:
    if limit is None or limit >= len(tasks):
        return tasks
    chosen = sorted(random.Random(seed).sample(range(len(tasks)), limit))
    return [tasks[i] for i in chosen]
