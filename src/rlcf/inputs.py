"""Reads what users name: whole files and standard input, never without end.

Programs and tables that are read as a whole, tables also gzipped.
"""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from pathlib import Path

from rlcf.errors import UserError

PROGRAM_BYTES = 16 << 20
"""Most bytes of a program; compilers are asked about less."""
TABLE_BYTES = 1 << 30
"""Most bytes of tasks, samples or results."""


def read_bytes(path: Path, most: int = PROGRAM_BYTES) -> bytes:
    """All of a file, pipe or device; of standard input for `-`.

    Raises:
        UserError: it cannot be read, or has more than `most` bytes, as a device without end has.
    """
    told = 0
    try:
        if str(path) == "-":
            if sys.stdin is None:
                raise UserError("standard input is closed: pipe something into it, or name a file")
            data = sys.stdin.buffer.read(most + 1)
        else:
            with path.open("rb") as file:
                # What says its size need not be read to see that it is too large.
                told = os.fstat(file.fileno()).st_size
                data = b"" if told > most else file.read(most + 1)
    except OSError as exc:
        raise UserError(f"{path}: cannot be read ({exc.strerror or exc})") from exc
    if max(told, len(data)) > most:
        raise UserError(f"{path}: too large: more than {most >> 20} MiB are not read")
    return data


def read_text(path: Path, most: int = PROGRAM_BYTES, encoding: str = "utf-8") -> str:
    """Read a file, pipe, device or standard input as text, line ends as they are.

    Raises:
        UserError: also where it is not text of this encoding.
    """
    return _decoded(path, read_bytes(path, most), encoding)


def read_table(path: Path) -> str:
    """The text of tasks, samples or results, gzipped or not, without a byte order mark.

    Raises:
        UserError: as `read_text`; also where what is gzipped is cut off, damaged or too large.
    """
    data = read_bytes(path, TABLE_BYTES)
    if data.startswith(b"\x1f\x8b"):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                data = file.read(TABLE_BYTES + 1)
        except (OSError, EOFError, zlib.error) as exc:
            raise UserError(f"{path}: gzipped, but cut off or damaged ({exc})") from exc
        if len(data) > TABLE_BYTES:
            raise UserError(f"{path}: too large: more than {TABLE_BYTES >> 20} MiB are not read")
    return _decoded(path, data, "utf-8-sig")


def _decoded(path: Path, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as exc:
        raise UserError(f"{path}: not UTF-8 text (byte {exc.start})") from exc
