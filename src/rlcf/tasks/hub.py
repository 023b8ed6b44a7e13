"""Task sets that the Hugging Face hub holds, by short name.

Knows mxeval's Java sets: repository, files, splits. For other data sets, export JSONL and give its
path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.install import install_hint
from rlcf.tasks.jsonl import parse_tasks, read_tasks
from rlcf.tasks.task import Task
from rlcf.text import first_line


def _mbpp_split(task: Task) -> str:
    """The split of MBPP (Austin et al. 2021, arXiv 2108.07732, section 2.1) by its id.

    Its ten prompt examples (1-10) count as training data.
    """
    number = int(re.sub(r"\D", "", task.task_id) or 0)
    if 11 <= number <= 510:
        return "test"
    return "validation" if 511 <= number <= 600 else "train"


def _only_test(task: Task) -> str:
    return "test"


_TIMEOUT = 20.0
"""Seconds that the hub may take to list a repository."""


@dataclass(frozen=True)
class HubSet:
    """Where one named set lies."""

    repository: str
    """Data set repository on the hub."""
    splits: tuple[str, ...]
    """The splits it has."""
    split_of: Callable[[Task], str]
    """The split a task belongs to."""


HUB_SETS = {
    "mbjp": HubSet("mxeval/mbxp", ("train", "validation", "test"), _mbpp_split),
    "mathqa-java": HubSet("mxeval/mathqa-x", ("test",), _only_test),
    "humaneval-java": HubSet("mxeval/multi-humaneval", ("test",), _only_test),
}
"""Short name -> set."""


def load_hub_set(name: str, split: str | None) -> list[Task]:
    """Download (or take from the hub's cache) one named set; `split` None means all of it.

    Raises:
        UserError: hub unreachable, repository without a Java file, or parquet without pyarrow.
    """
    source = HUB_SETS[name]
    path = _download(name, source.repository)
    tasks = _read_parquet(path) if path.suffix == ".parquet" else read_tasks(path)
    if split is None:
        return tasks
    return [task for task in tasks if source.split_of(task) == split]


def choose_java_file(files: Sequence[str]) -> str | None:
    """The file of the Java set among a repository's files, or None.

    JSONL before parquet, then the highest version number in the name.
    """
    candidates = [
        file
        for file in files
        if file.endswith((".jsonl", ".parquet"))
        and re.search(r"(^|[/_.-])(java|mbjp)([/_.-]|$)", file, re.IGNORECASE)
        and not re.search(r"sample|example", file, re.IGNORECASE)
    ]
    if not candidates:
        return None
    return min(candidates, key=lambda file: (file.endswith(".parquet"), _minus_version(file), file))


def _minus_version(file: str) -> tuple[int, ...]:
    found = re.search(r"v(\d+(?:\.\d+)*)", file.rsplit("/", 1)[-1])
    version = [int(part) for part in found[1].split(".")] if found else [0]
    return tuple(-part for part in [*version, 0, 0, 0][:3])


def _download(name: str, repository: str) -> Path:
    import huggingface_hub

    try:
        # Not list_repo_files: without a network that one retries for half a minute.
        info = huggingface_hub.dataset_info(repository, timeout=_TIMEOUT)
        file = choose_java_file([sibling.rfilename for sibling in info.siblings or ()])
        if file is None:
            raise UserError(f"{repository} on the hub has no Java file in JSONL or parquet")
        return Path(huggingface_hub.hf_hub_download(repository, file, repo_type="dataset"))
    except UserError:
        raise
    except Exception as exc:  # the hub's client has many kinds of failure; all end the same way
        cached = _cached(repository)
        if cached is not None:
            return cached
        reason = first_line(str(exc))[:160]
        raise UserError(
            f"cannot load `{name}`: the hub is unreachable or refused {repository} "
            f"({type(exc).__name__}: {reason}); download the set elsewhere and give its path "
            f"instead: --tasks path/to/{name}.jsonl"
        ) from exc


def _cached(repository: str) -> Path | None:
    """The Java file that an earlier download left in the hub's cache, if any."""
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = huggingface_hub.snapshot_download(
            repository, repo_type="dataset", local_files_only=True
        )
    except LocalEntryNotFoundError:
        return None
    root = Path(str(folder))
    chosen = choose_java_file([p.relative_to(root).as_posix() for p in root.rglob("*")])
    return root / chosen if chosen else None


def _read_parquet(path: Path) -> list[Task]:
    try:
        parquet = import_module("pyarrow.parquet")
    except ImportError as exc:
        raise UserError(
            f"{path.name} is a parquet file: {install_hint('parquet')} to read it"
        ) from exc

    def rows() -> Iterator[tuple[str, dict[str, Any]]]:
        for number, row in enumerate(parquet.read_table(path).to_pylist(), start=1):
            yield f"{path}: row {number}", row

    return parse_tasks(rows(), str(path))
