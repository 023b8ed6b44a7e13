"""Runs a Python program and its tests in a child that was forked from a warm interpreter.

The child has already given up its rights. A fork costs a few milliseconds less than a new
interpreter, and sees the same: an empty `__main__`. Program and tests are two units in one
namespace, so that nothing in the program's text can swallow the tests.

Where the token is: neither in an object that the program can name, nor in a descriptor. While
program and tests run it lies on the value stack of a frame (`_run`), which Python code cannot
read; what could reach it (the collector's lists, tracing) is refused by an audit hook. Does not
protect it from one who reads the process's memory, as ctypes can (see docs/languages.md).
"""

from __future__ import annotations
import __future__

import _sitebuiltins
import builtins
import contextlib
import importlib.machinery
import linecache
import os
import sys
import traceback
from collections.abc import Callable
from functools import partial
from operator import call
from types import ModuleType
from typing import Any, NoReturn

from . import pytests

_FUTURE = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
_REFUSED = frozenset(
    (
        "gc.get_objects",
        "gc.get_referents",
        "gc.get_referrers",
        "sys._current_exceptions",
        "sys._current_frames",
        "sys.settrace",
    )
)
"""Audit events of what could read the harness's frames, or jump over the tests' lines."""


def preload() -> None:
    """Import what programs import most, while it is still in sight."""
    import array, bisect, collections, copy, datetime, decimal, enum, fractions, functools  # noqa: E401, F401, I001
    import heapq, itertools, json, math, operator, random, re, statistics, string, typing  # noqa: E401, F401


def main(step: dict[str, Any]) -> NoReturn:
    """Run `program` and `tests` as `__main__`, then write the token to `done`; never returns.

    Exit status: 0 if the tests came to their end, else 1 with the traceback on standard error.
    """
    task = step["python"]
    file = os.path.join(os.getcwd(), task["file"])
    fail = _failer(file)
    try:
        hidden = _prepared(task, file, step.pop("stdin"))
    except BaseException as e:
        fail(e)
    sys.addaudithook(_audit)
    _run(hidden.pop, fail)


def _run(take: Callable[[], Any], fail: Callable[[BaseException], NoReturn]) -> NoReturn:
    """Call the last hidden thing with the one before it, once all steps have been called.

    One expression: what it has taken lies on the value stack, and no name leads to it.
    """
    try:
        take()(take(), *map(take(), take()))
    except BaseException as e:
        fail(e)
    os._exit(1)


def _prepared(task: dict[str, Any], file: str, token: str) -> list[Any]:
    """What `_run` takes, last first: the seal, the token, `call` and the steps."""
    names = _main_module(task, file)
    words = task["program"].encode("utf-8", "surrogatepass")  # may name another encoding
    program = compile(words, file, "exec", dont_inherit=True)
    text = "\n" * task["lines"] + task["tests"]
    tests = compile(text, file, "exec", program.co_flags & _FUTURE, dont_inherit=True)
    if "shared_memory" in task["program"] + task["tests"]:
        _untracked()
    guard = pytests.Guard(text, names)
    inside = [exec, tests, names, pytests.Endings(tests, text, guard)]
    steps = (
        partial(exec, program, names),
        guard.before_tests,
        partial(_tests, inside.pop),
        guard.after_tests,
    )
    return [steps, call, token, _sealer(os.path.abspath("done"))]


def _tests(take: Callable[[], Any]) -> None:
    """Run the tests; an exit of their own is their end."""
    with take():
        names, code, run = take(), take(), take()
        run(code, names)


def _main_module(task: dict[str, Any], file: str) -> dict[str, Any]:
    """An empty `__main__`, as a script has it."""
    sys.dont_write_bytecode = True
    sys.path[:] = [os.path.dirname(file), *task["path"]]
    sys.argv[:] = [task["file"]]
    module = ModuleType("__main__")
    module.__dict__.update(
        __builtins__=builtins,
        __file__=file,
        __cached__=None,
        __loader__=importlib.machinery.SourceFileLoader("__main__", file),
    )
    sys.modules["__main__"] = module
    for name in ("exit", "quit"):  # as the module `site` does
        setattr(builtins, name, _sitebuiltins.Quitter(name, "end of file"))
    return module.__dict__


def _untracked() -> None:
    """Shared memory without the process that multiprocessing starts to tidy up after it."""
    from multiprocessing.resource_tracker import ResourceTracker

    tracker: Any = ResourceTracker
    tracker._send = lambda *_: None  # the cell removes what is left


def _sealer(path: str) -> Callable[..., NoReturn]:
    """What writes the token: bound to what it needs, since the program may change any module."""
    write, open_, leave, flags = os.write, os.open, os._exit, os.O_CREAT | os.O_WRONLY
    quiet, wrong = contextlib.suppress, BaseException

    def seal(token: str, *_: object) -> NoReturn:
        for stream in (sys.stdout, sys.stderr):
            with quiet(wrong):
                stream.flush()
        try:
            write(open_(path, flags, 0o600), token.encode())
        except wrong:
            leave(1)
        leave(0)

    return seal


def _failer(file: str) -> Callable[[BaseException], NoReturn]:
    """What tells of an exception and leaves."""
    leave, cache, show, err = os._exit, linecache.cache, traceback.print_exception, sys.stderr

    def fail(error: BaseException) -> NoReturn:
        try:
            cache[file] = (0, None, [], file)  # lines alone: what they say is not the error's words
            show(error, limit=-20, file=err)
            sys.stdout.flush()
        finally:
            leave(1)

    return fail


def _audit(event: str, _: tuple[Any, ...], refused: frozenset[str] = _REFUSED) -> None:
    if event in refused:
        raise RuntimeError(f"{event} is refused here: it reaches into what runs the tests")
