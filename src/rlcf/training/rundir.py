"""The run directory as the process of a run has it: creating, resuming, appending.

What is in it: `rlcf.runfiles`. Checkpoints: `checkpoint`.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import IO, Any

import zstandard

from rlcf.atomic import replace_file
from rlcf.errors import UserError
from rlcf.outputs import check_place
from rlcf.runfiles import RunFiles
from rlcf.settings import Checked

_PACKAGES = ("rlcf", "torch", "transformers", "tokenizers", "numpy")
_EARLIER = frozenset({"lock", "before.json"})
"""What is there before a run: the untrained model may have been measured."""
_OF_A_START = _EARLIER | {"config.json", "environment.json", "comparator", "trackers"}
_NOT_COMPARED = frozenset(
    {"resume", "out", "steps", "threads", "keep", "checkpoint_every", "tracker"}
)


class RunDir(RunFiles):
    """A run directory, new or gone on with."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._lock: IO[str] | None = None
        self._new: bool | None = None
        """Whether `open` made the directory; None: there was something in it."""

    @classmethod
    def open(cls, path: Path, config: Checked, *, resume: bool) -> RunDir:
        """Create the directory for `config`, or reopen it.

        Raises:
            UserError: it exists and `resume` is false, it holds a run with other settings, or
                another process has it open.
        """
        run = cls(path)
        wanted = run._wanted(config, resume)
        run._new = None if run._holds_something() else not path.exists()
        path.mkdir(parents=True, exist_ok=True)
        run._take_lock()
        run.write_json("config.json", wanted)
        run.write_json("environment.json", environment())
        return run

    @classmethod
    def check(cls, path: Path, config: Checked, *, resume: bool) -> None:
        """Whether `open` will be able to, before there is anything to write.

        Raises:
            UserError: as `open`, or the directory cannot be made or written.
        """
        check_place(path)
        cls(path)._wanted(config, resume)

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """Within the block, an error takes a directory back to which nothing was logged yet."""
        try:
            yield
        except BaseException:
            self._take_back()
            raise

    def _take_back(self) -> None:
        """Remove what a start has made that came to nothing."""
        if self._new is None or any(map(_is_result, self.path.iterdir())):
            return
        for file in self.path.iterdir():
            if file.name == self.before.name:
                continue
            shutil.rmtree(file) if file.is_dir() else file.unlink()
        if self._new:
            self.path.rmdir()
        self._new = None

    def write_json(self, name: str, content: Any) -> None:
        """Write one JSON file whole or not at all."""
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        replace_file(self.path / name, lambda file: file.write(text.encode()))

    def append_metrics(self, row: dict[str, Any]) -> None:
        """Add one step's line to metrics.jsonl."""
        with self.metrics_file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def forget_after(self, step: int) -> None:
        """Drop what was logged after the checkpoint that a run resumes from."""
        rows = [r for r in self.metrics() if r["step"] <= step]
        text = "".join(json.dumps(r) + "\n" for r in rows)
        replace_file(self.metrics_file, lambda file: file.write(text.encode()))
        for number, file in self.rollout_files().items():
            if number > step:
                file.unlink()

    def write_rollouts(self, step: int, rows: Iterable[dict[str, Any]]) -> None:
        """Keep every completion of a step (pandas reads the file)."""
        write_rollouts(self.rollout_file(step), rows)

    def _wanted(self, config: Checked, resume: bool) -> dict[str, Any]:
        """The settings as they will be kept, if a run with them may be here."""
        wanted: dict[str, Any] = json.loads(json.dumps(config.flat(), default=str))
        if self._holds_something():
            if not resume:
                raise UserError(f"{self.path} exists: choose another --out, or go on with --resume")
            self._check_same(wanted)
        return wanted

    def _holds_something(self) -> bool:
        return self.path.exists() and any(f.name not in _EARLIER for f in self.path.iterdir())

    def _take_lock(self) -> None:
        """Keep other processes out until this one ends or lets go of the run.

        A lock of the process's own (POSIX): the kernel frees it, also after `kill -9`.
        """
        file = self.lock.open("a+", encoding="utf-8")
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                file.close()  # a file system without locks: as it was before there was one
                return
            file.seek(0)
            owner = file.read().strip() or "unknown"
            file.close()
            raise UserError(
                f"another process ({owner}) is writing to {self.path}: wait until it ends, stop "
                "it, or choose another --out"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._lock = file

    def _check_same(self, wanted: dict[str, Any]) -> None:
        try:
            before = json.loads(self.config.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            before = None
        if not isinstance(before, dict) or "out" not in before:  # a model's folder has one too
            raise UserError(f"{self.path} is not empty and holds no run to resume")
        for name, value in wanted.items():
            if name not in _NOT_COMPARED and before.get(name, value) != value:
                raise UserError(
                    f"{self.path} was started with {name}={before[name]!r}, not {value!r}: "
                    "resume with the same settings or choose another --out"
                )


class NoRunDir(RunDir):
    """What the other processes of a run have: they write nothing."""

    @classmethod
    def open(cls, path: Path, config: Checked, *, resume: bool) -> NoRunDir:
        """Nothing is made or checked; the first process does that."""
        return cls(path)

    def write_json(self, name: str, content: Any) -> None:
        """Nothing."""

    def append_metrics(self, row: dict[str, Any]) -> None:
        """Nothing."""

    def forget_after(self, step: int) -> None:
        """Nothing."""

    def write_rollouts(self, step: int, rows: Iterable[dict[str, Any]]) -> None:
        """Nothing."""


def write_rollouts(file: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Lines of JSON, compressed; the folder is made."""
    file.parent.mkdir(exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    data = zstandard.compress(text.encode("utf-8", "surrogatepass"), 3)
    replace_file(file, lambda new: new.write(data))


def _is_result(file: Path) -> bool:
    """Whether a file is more than a start leaves."""
    if file.name == "metrics.jsonl":
        return file.stat().st_size > 0
    return file.name not in _OF_A_START


def environment() -> dict[str, Any]:
    """Versions, machine and commit that a result depends on."""
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "commit": _commit(),
        "packages": {name: metadata.version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((x.split(":")[1].strip() for x in lines if x.startswith("model name")), "")


def _commit() -> str:
    here = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", "-C", str(here), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip() or "unknown"
