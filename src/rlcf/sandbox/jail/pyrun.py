"""Runs a Python program in a child that was forked from a warm interpreter.

The child has already given up its rights. A fork costs a few milliseconds less than a new
interpreter, and sees the same: an empty `__main__`. Does not protect the result from a program
that searches the interpreter for it (see docs/languages.md).
"""

from __future__ import annotations

import _sitebuiltins
import builtins
import os
import random
import sys
import traceback
from types import ModuleType
from typing import Any, NoReturn


def preload() -> None:
    """Import what programs import most, while it is still in sight."""
    import array, bisect, collections, copy, datetime, decimal, enum, fractions, functools  # noqa: E401, F401, I001
    import heapq, itertools, json, math, operator, random, re, statistics, string, typing  # noqa: E401, F401


def main(task: dict[str, Any]) -> NoReturn:
    """Run `task["source"]` as `__main__`, then write the token to `done`; never returns.

    Exit status: 0 if it ran to its end, else 1 with the traceback on standard error.
    """
    token = _put_aside(0)
    sys.dont_write_bytecode = True
    sys.path[:] = task["path"]
    sys.argv[:] = [task["file"]]
    module = ModuleType("__main__")
    module.__dict__["__builtins__"] = builtins
    sys.modules["__main__"] = module
    for name in ("exit", "quit"):  # as the module `site` does
        setattr(builtins, name, _sitebuiltins.Quitter(name, "end of file"))
    write, read, leave = os.write, os.read, os._exit
    status = 1
    try:
        exec(compile(task["source"], task["file"], "exec", dont_inherit=True), module.__dict__)
    except SystemExit as e:
        print(f"SystemExit: {e.code}", file=sys.stderr)
    except BaseException:
        traceback.print_exc(limit=-20)
    else:
        status = 0
    try:
        sys.stdout.flush()
        sys.stderr.flush()
        if status == 0:
            done = os.open("done", os.O_CREAT | os.O_WRONLY, 0o600)
            write(done, read(token, 4096))
    finally:
        leave(status)


def _put_aside(fd: int) -> int:
    """Move a descriptor to a number that is hard to guess; nothing is left to read at the old."""
    number = random.SystemRandom().randrange(100, 250)
    os.dup2(fd, number)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, fd)
    os.close(empty)
    return number
