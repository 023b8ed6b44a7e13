"""What commands write: tried before the work, and never put over what they read.

    outputs()            of a verb's `Args`: what it writes
    check(...)           before the work; leaves nothing behind
    write(path, text)    after it; whole or not at all

Devices and pipes are written to as they are and never replaced. A link stays, and its target is
written. Folders must be new.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from rlcf.atomic import replace_file
from rlcf.errors import UserError

_TRIAL_BYTES = 1 << 16
"""More than what file systems keep beside a name without a block of the disk."""
_FULL = {errno.ENOSPC, errno.EDQUOT}
_NOT_REPLACED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY}
"""A file that cannot be replaced may be writable: in a folder of others, or mounted alone."""
_STREAMS = {1: "standard output", 2: "standard error"}


@dataclass(frozen=True)
class Output:
    """A file or folder that a command will write."""

    path: Path
    option: str = "--out"
    """What the user names it by."""
    kind: Literal["file", "new", "made"] = "file"
    """`file` is replaced if it exists, `new` must not exist; so must what is `made`, a file or a
    folder, together with the folders above it."""
    reads: Sequence[str | Path | None] = ()
    """What the command reads, as the user named it: files, folders, `-`. None of it is replaced.
    Names of other things do no harm."""
    begins: str = ""
    """How such a file begins: what begins so in a folder that is read is an earlier one."""


@runtime_checkable
class Writes(Protocol):
    """The arguments of a verb that writes files."""

    def outputs(self) -> Sequence[Output]:
        """What it will write."""


def check(outputs: Iterable[Output], words: Sequence[str] = (), reads: Sequence[Path] = ()) -> None:
    """Whether all can be written without a loss.

    Args:
        outputs: what will be written.
        words: the command line, which shows how the user spelt an option.
        reads: what is read besides what the outputs say.

    Raises:
        UserError: one exists that must not, is read, cannot be written, or is another as well.
        OSError: the disk is full.
    """
    short = "-o" in words
    spelt = [replace(o, option="-o") if short and o.option == "--out" else o for o in outputs]
    for number, output in enumerate(spelt):
        with _told(f"{output.option} {output.path}: cannot be written"):
            _check_kind(output)
            _check_not_read(output, [*output.reads, *reads])
            _check_no_stream(output)
            _check_apart(output, spelt[:number])
    for output in spelt:
        with _told(f"{output.option} {output.path}: cannot be written"):
            _try(output)


def check_place(folder: Path) -> None:
    """Whether a folder, which may exist, can be made and written to.

    Raises:
        UserError: it cannot.
        OSError: the disk is full.
    """
    with _told(f"{folder} cannot be written"):
        _try_to_make(_beside(folder / "any"))


def write(path: Path, text: str) -> None:
    """Write a file so that a crash or a full disk leaves the old one or the new one.

    Args:
        path: of the file; a device, a pipe and `-` (standard output) are written to directly.
        text: all of it.

    Raises:
        UserError: it cannot be written.
        OSError: the disk is full, or the reader of a pipe has left.
    """
    data = text.encode("utf-8")
    number, target = _descriptor(path), _target(path)
    with _told(f"{path}: cannot be written"):
        if number is not None:
            sys.stdout.flush()  # what was printed before stands before
            with os.fdopen(os.dup(number), "wb") as stream:
                stream.write(data)
        elif target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            _replace(target, data)


def _check_kind(output: Output) -> None:
    """What is there already must be of a kind that can be written over."""
    path, option = output.path, output.option
    if output.kind == "made":
        if os.path.lexists(path):
            raise UserError(f"{path} exists: choose another {option}")
        return
    if _descriptor(path) is not None:
        return
    if output.kind == "new" and (path.is_file() or path.is_dir()):
        raise UserError(f"{path} exists: choose another {option}")
    for is_one, what in (
        (path.is_dir, "a folder"),
        (path.is_socket, "a socket"),
        (path.is_block_device, "a disk"),
    ):
        if is_one():
            raise UserError(f"{option} {path} is {what}: name a file")


def _check_not_read(output: Output, reads: Iterable[str | Path | None]) -> None:
    mine = _status(output.path)
    if mine is None or not (stat.S_ISREG(mine.st_mode) or stat.S_ISFIFO(mine.st_mode)):
        return
    for name in [str(one) for one in reads if one]:
        path = Path("/dev/stdin" if name == "-" else name).expanduser()
        found = _status(path)
        if found is None:
            continue
        if os.path.samestat(mine, found):
            raise _is_read(output, name)
        if path.is_dir() and not _is_earlier(output) and _is_in(mine, path):
            raise _is_read(output, f"a part of {path}")


def _is_read(output: Output, name: str) -> UserError:
    words = f"{output.option} {output.path} would replace what this command reads, {name}"
    return UserError(f"{words}: choose another file")


def _is_earlier(output: Output) -> bool:
    """Whether what is there came from such a command as this."""
    begins = output.begins.encode()
    if not begins or not output.path.is_file():
        return False
    with suppress(OSError), output.path.open("rb") as file:
        return file.read(len(begins)) == begins
    return False


def _is_in(mine: os.stat_result, folder: Path) -> bool:
    found = map(_status, folder.rglob("*"))
    return any(one is not None and os.path.samestat(mine, one) for one in found)


def _check_no_stream(output: Output) -> None:
    """A file that the shell has opened for what is printed would lose one or the other."""
    mine = _status(output.path)
    if mine is None or not stat.S_ISREG(mine.st_mode) or _descriptor(output.path) is not None:
        return
    for number, name in _STREAMS.items():
        with suppress(OSError):  # it may be closed
            if os.path.samestat(mine, os.fstat(number)):
                raise UserError(
                    f"{output.option} {output.path} is where {name} goes: choose another file"
                )


def _check_apart(output: Output, others: Iterable[Output]) -> None:
    for other in others:
        mine, found = _status(output.path), _status(other.path)
        same = mine is not None and found is not None and os.path.samestat(mine, found)
        if same or os.path.realpath(output.path) == os.path.realpath(other.path):
            raise UserError(
                f"{other.option} {other.path} and {output.option} {output.path} are the same "
                "file: choose another for one of them"
            )


def _try(output: Output) -> None:
    number, target = _descriptor(output.path), _target(output.path)
    if output.kind == "made":
        _try_to_make(output.path)
    elif number is not None:
        import fcntl  # not on Windows, nor are there such names

        if fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise UserError(f"{output.option} {output.path} is open for reading only")
    elif target.is_file():
        os.close(os.open(target, os.O_WRONLY))
        try:
            _occupy(_beside(target))
        except OSError as error:
            if error.errno not in _NOT_REPLACED:
                raise
    elif target.is_fifo():  # to open it would end it for a reader who waits
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    elif target.exists():
        os.close(os.open(target, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY))
    elif not target.parent.is_dir():
        folder = target.parent if output.path.is_symlink() else output.path.parent
        raise UserError(f"{output.option} {output.path}: the folder {folder} does not exist")
    else:
        _occupy(target)


def _try_to_make(path: Path) -> None:
    """Make a file and the folders that are missing above it, and take all of it back."""
    missing: list[Path] = []
    above = path.parent
    while not os.path.lexists(above) and above != above.parent:
        missing.append(above)
        above = above.parent
    if not above.is_dir():
        what = "a file" if above.exists() else "a link to nothing"
        raise UserError(f"{path.parent} cannot be made: {above} is {what}")
    made: list[Path] = []
    try:
        for folder in reversed(missing):
            folder.mkdir()
            made.append(folder)
        _occupy(path)
    finally:
        for folder in reversed(made):
            with suppress(OSError):  # another process has begun to use it
                folder.rmdir()


def _occupy(path: Path) -> None:
    """Have a new file for a moment, with something in it that reaches the disk."""
    file = path.open("xb")
    try:
        with file:
            file.write(bytes(_TRIAL_BYTES))
            file.flush()
            os.fsync(file.fileno())
    finally:
        path.unlink()


def _replace(target: Path, data: bytes) -> None:
    try:
        replace_file(target, lambda file: file.write(data), _beside(target))
    except OSError as error:
        if error.errno not in _NOT_REPLACED or not target.exists():
            raise
        target.write_bytes(data)


def _beside(path: Path) -> Path:
    """A name that nobody uses, no longer than that of a file may be."""
    return path.with_name(f".rlcf-{os.urandom(6).hex()}.tmp")


def _target(path: Path) -> Path:
    """What a link points at in the end, whether it is there or not."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _descriptor(path: Path) -> int | None:
    """The number of the open file that a path means, as /dev/stdout and /dev/fd/63 do.

    To open those anew would cut off a file that standard output goes to.
    """
    if str(path) == "-":
        return 1
    own = {os.path.realpath(name) for name in ("/proc/self/fd", "/dev/fd")}
    for _ in range(40):  # as many links as Linux follows
        folder = os.path.realpath(path.parent)
        if folder in own and path.name.isdecimal():
            return int(path.name)
        if not path.is_symlink():
            return None
        path = Path(folder) / path.readlink()
    return None


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


@contextmanager
def _told(words: str) -> Iterator[None]:
    """Errors in one line; a full disk and a reader who has left keep theirs."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL or isinstance(error, BrokenPipeError):
            raise
        raise UserError(f"{words} ({error.strerror or error})") from error
