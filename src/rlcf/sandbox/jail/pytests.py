"""Python tests: whether an exit is their own, and whether what they check with is genuine.

All that runs after the program has started is bound beforehand: a program may replace any
global, any builtin name and any attribute of a module. Does not see a replacement that is undone
before the tests end, nor what a program changes in the tests' own names.
"""

from __future__ import annotations

import _sitebuiltins
import ast
import builtins
import contextlib
import importlib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, ModuleType, TracebackType
from typing import Any

_EXITS = {"sys.exit", "exit", "quit", "unittest.main"}
_TESTS_OWN = frozenset(("print", "input", "open", "sys"))
"""What tests replace by themselves to catch or feed a program's text."""


class NotReachedError(Exception):
    """The tests were not run as they stand."""


class Guard:
    """What the tests check with: the same before the tests, and at their end, as at the start."""

    def __init__(self, tests: str, names: dict[str, Any]) -> None:
        """Import what the tests import, and keep what it is.

        Args:
            tests: their text.
            names: the namespace of program and tests.
        """
        tree = ast.parse(tests)
        self._modules = dict(_imported(tree))
        self._names = names
        unittest = self._modules.get("unittest")
        self.ledger = Ledger(unittest) if unittest else None
        self._hooks = {"load_tests", "setUpModule", "tearDownModule"} - _defined(tree)
        self._checkers = [_functions(vars(builtins))]
        if unittest:
            self._checkers += _contents("unittest")
        others = [m for n, m in self._modules.items() if n.split(".")[0] not in _TESTS_OWN]
        self._others = [_functions(vars(module)) for module in others]
        self._same = _comparer()

    def before_tests(self, profile: Callable[[None], object] = sys.setprofile) -> None:
        """Raise unless the tests will find all as it was.

        Raises:
            NotReachedError: the program replaced something.
        """
        profile(None)
        if self.ledger:
            for name in self._hooks:
                self._names.pop(name, None)
        main = [("__name__", "__main__"), ("__builtins__", builtins)]
        self._same([(self._names, main), (sys.modules, self._modules.items())])
        self._same(self._checkers + self._others)

    def after_tests(self) -> None:
        """Raise unless the tests found all as it was, and unittest's have held.

        Raises:
            NotReachedError: the program replaced something.
            AssertionError: a test did not hold.
        """
        self._same(self._checkers, _TESTS_OWN)
        if self.ledger:
            self.ledger.check()


def _comparer() -> Callable[..., None]:
    """A comparison that leans on nothing a program can replace."""
    wrong = NotReachedError

    def same(places: list[Any], but: frozenset[str] = frozenset()) -> None:
        for place, kept in places:
            for name, value in kept:
                if place.get(name) is not value and name not in but:
                    raise wrong(f"the program replaced what its tests use: {name}")

    return same


class Ledger:
    """Which of unittest's tests began, and which of them held."""

    def __init__(self, unittest: Any) -> None:
        self._runs = self._began = self._held = self._failed = 0
        result = unittest.TestResult
        for name in ("startTestRun", "startTest", "addSuccess", "addExpectedFailure"):
            self._watch(result, name)
        for name in ("addSkip", "addFailure", "addUnexpectedSuccess", "addSubTest"):
            self._watch(result, name)
        note = self._note
        # Raised by unittest after a failure only; raised by a program it would look like success.
        case: Any = importlib.import_module("unittest.case")
        stop = {"__init__": lambda *_: note("startTest", ())}
        case._ShouldStop = type("_ShouldStop", (Exception,), stop)

    def _watch(self, result: Any, name: str) -> None:
        plain, note = getattr(result, name), self._note

        def watched(self: Any, *arguments: Any) -> Any:
            note(name, arguments)
            return plain(self, *arguments)

        setattr(result, name, watched)

    def _note(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name == "startTestRun":
            self._runs += 1
        elif name == "startTest":
            self._began += 1
        elif name in ("addSuccess", "addExpectedFailure"):
            self._held += 1
        elif name == "addSkip":
            self._held += _skipped_by_decorator(arguments[0])
        elif name == "addSubTest":
            test, _, error = arguments
            self._failed += bool(error) and issubclass(error[0], test.failureException)
        else:
            self._failed += 1

    @property
    def erred(self) -> bool:
        """Whether a test ended in another way than by its checks."""
        return self._held + self._failed < self._began

    def check(self) -> None:
        """Raise unless every test that began held.

        Raises:
            AssertionError: a check did not.
            NotReachedError: a test ended in another way, or none was run.
        """
        if self._failed:
            raise AssertionError(f"{self._failed} of {self._began} tests failed")
        if self._held < self._began:
            left = self._began - self._held
            raise NotReachedError(f"{left} of {self._began} tests did not come to their end")
        if self._runs and not self._began:
            raise NotReachedError("no test was run")


def _skipped_by_decorator(test: Any) -> bool:
    """Whether the tests say so themselves; a program could raise SkipTest."""
    method = getattr(test, getattr(test, "_testMethodName", ""), None)
    return any(getattr(place, "__unittest_skip__", False) for place in (type(test), method))


class Endings:
    """A context in which an exit with status 0 that stands in the tests' own lines is an end."""

    def __init__(self, tests: CodeType, text: str, guard: Guard) -> None:
        own, ends = frozenset(_nested(tests)), frozenset(_exits(ast.parse(text)))
        helpers = frozenset(_helpers())
        self._stands = partial(_stands, own=own, ends=ends, helpers=helpers)
        self._ledger = guard.ledger

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _: object, error: BaseException | None, trace: TracebackType | None) -> bool:
        """Swallow the tests' own exit; make a failure of one with another status.

        Raises:
            AssertionError: that is so.
        """
        if not isinstance(error, SystemExit) or not self._stands(trace):
            return False
        if not error.code:
            return True
        if self._ledger and self._ledger.erred:
            return False
        raise AssertionError(f"the tests ended with status {error.code}") from error


def _stands(
    trace: TracebackType | None,
    own: frozenset[CodeType],
    ends: frozenset[tuple[int, int]],
    helpers: frozenset[CodeType],
) -> bool:
    """Whether an exception came from an exit in the tests' lines, through no other's frame."""
    frames = []
    while trace is not None:
        frames.append((trace.tb_frame.f_code, trace.tb_lasti))
        trace = trace.tb_next
    while frames and frames[0][0] not in own:  # ours
        frames.pop(0)
    while frames and frames[-1][0] in helpers:
        frames.pop()
    if not frames or any(code not in own for code, _ in frames):
        return False
    code, at = frames[-1]
    _, line, _, column = list(code.co_positions())[at // 2]
    return (line, column) in ends


def _nested(code: CodeType) -> Iterator[CodeType]:
    """A unit's code and that of all functions and classes in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _helpers() -> Iterator[CodeType]:
    """Functions of the standard library by which tests exit."""
    quitter: Any = _sitebuiltins.Quitter
    yield vars(quitter)["__call__"].__code__
    if "unittest" in sys.modules:
        program = importlib.import_module("unittest.main").TestProgram
        yield vars(program)["__init__"].__code__
        yield program.runTests.__code__


def _exits(tree: ast.AST) -> Iterator[tuple[int, int]]:
    """Where calls and statements that exit end: line, and column in bytes."""
    known = _EXITS | {
        name.asname or name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("sys", "unittest")
        for name in node.names
        if name.name in ("exit", "main")
    }
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        raised = node.exc if isinstance(node, ast.Raise) else None
        thrown = raised.func if isinstance(raised, ast.Call) else raised
        if (called and ast.unparse(called) in known) or (
            thrown and ast.unparse(thrown) == "SystemExit"
        ):
            yield node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]


def _imported(tree: ast.AST) -> Iterator[tuple[str, ModuleType]]:
    """Modules of the standard library that the tests import, imported now."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    names |= {name.split(".")[0] for name in names}
    for name in sorted(names):
        if name.split(".")[0] in sys.stdlib_module_names - {"this", "antigravity"}:
            with contextlib.suppress(Exception):
                yield name, importlib.import_module(name)


def _defined(tree: ast.Module) -> set[str]:
    """Functions that the tests define at their top level."""
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


Kept = tuple[Any, tuple[tuple[str, Any], ...]]
"""A namespace, and what its functions and classes were."""


def _functions(place: Any) -> Kept:
    kinds = (classmethod, staticmethod)
    kept = ((n, v) for n, v in place.items() if callable(v) or isinstance(v, kinds))
    return place, tuple(kept)


def _contents(package: str) -> Iterator[Kept]:
    """The loaded modules of a package, and the classes that they define."""
    for name, module in list(sys.modules.items()):
        if name == package or name.startswith(package + "."):
            yield _functions(vars(module))
            for value in vars(module).values():
                if isinstance(value, type) and value.__module__ == name:
                    hidden = "__getattribute__", "__getattr__"
                    place, kept = _functions(vars(value))
                    absent = tuple((n, None) for n in hidden if n not in place)
                    yield place, kept + absent
