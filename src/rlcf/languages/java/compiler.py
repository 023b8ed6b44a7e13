"""The Java compiler as rlcf asks it: a warm javac, batched, with located diagnostics.

A verdict is plain `javac`'s on a file that holds the program, code generation included. The
file has the name that is given, or else that of the program's public type, which is the only
one that javac takes. Does not run anything (`rlcf.sandbox`).
"""

from __future__ import annotations

import json
import os
import re
import warnings
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rlcf.errors import UserError
from rlcf.languages.classpath import parse_class_path
from rlcf.languages.java.classes import error_class
from rlcf.languages.java.link import LOST, Link
from rlcf.languages.java.plain import plain_javac
from rlcf.languages.java.project import Project, Projects
from rlcf.languages.jvm.jdk import Jdk, find_jdk
from rlcf.languages.positions import LF_CR, Lines
from rlcf.languages.verdict import CompileResult, Diagnostic, ErrorClass, Verdict

_SOURCES = Path(__file__).parent / "sources"
_SURROGATE = re.compile("[\ud800-\udfff]")
_PROFILES = ("javac", "strict")
_JITS = ("c1", "c2")
_LARGEST = 500_000
"""Characters beyond which a program gets a `javac` process of its own, for the heap's sake."""
_INTERNALS = ("api", "code", "main", "tree", "util")
_EXPORTS = [
    part
    for package in _INTERNALS
    for part in ("--add-exports", f"jdk.compiler/com.sun.tools.javac.{package}=ALL-UNNAMED")
]


@dataclass(frozen=True)
class JavaOptions:
    """How Java programs are compiled."""

    workers: int = 0
    """Programs compiled at the same time; 0 means one for each CPU, four at most."""
    deadline_seconds: float = 10.0
    """What one program may take in the server, in seconds, before it is given up as unscored;
    a `javac` process, where one must be asked instead, gets three times as long."""
    heap_mb: int = 512
    """Heap of the compile server in MiB."""
    retire_after: int = 1000
    """Programs after which a reused compiler context is dropped, so that memory stays flat."""
    jit: str = "c1"
    """How the server's own code is compiled: `c1` is soon at its best; `c2` costs more at first
    and is nearly twice as fast after some 10,000 programs."""
    profile: str = "javac"
    """`javac`: the compiler's own verdict; `strict`: unused variables, values never read and loops
    that obviously never end are errors too (keys `rlcf.strict.*`)."""
    audit_every: int = 200
    """One in so many verdicts of a reused context is compared with a fresh one's; 0 for none."""
    class_path: tuple[str, ...] = ()
    """Directories and jar files (also `folder/*`) that programs are compiled against, where no
    project is named."""


@dataclass(frozen=True)
class Unit:
    """A source file."""

    source: str
    name: str = ""
    """Its name without `.java`; empty to name it after its public type."""
    tests_line: int = 0
    """1-based line from which on tests follow, whose `main` is wanted; 0 for none."""


@dataclass(frozen=True)
class Compiled:
    """A verdict and, of an accepted program, what came out of it."""

    result: CompileResult
    classes: dict[str, str] = field(default_factory=dict)
    """Binary class name -> class file, base64."""
    reach: tuple[str, ...] = ()
    """Classes and members that the class files name, e.g. `java/lang/System.exit`."""
    shadows: tuple[str, ...] = ()
    """Its own classes whose simple names would otherwise mean a class of the JDK."""
    main: str = ""
    """The class whose `main` stands in the tests' lines, if there is one."""
    arguments: bool = True
    """Whether that `main` takes the arguments of the command line."""


class JavaCompiler:
    """Judges Java programs in a warm compile server. Thread-safe."""

    language = "java"

    def __init__(self, options: JavaOptions | None = None, jdk: Jdk | None = None) -> None:
        """Starts nothing yet.

        Raises:
            UserError: no usable JDK, an unknown profile or jit, or a class path without file.
        """
        self.options = options or JavaOptions()
        self.jdk = jdk or find_jdk()
        for what, value, known in (
            ("profile", self.options.profile, _PROFILES),
            ("jit", self.options.jit, _JITS),
        ):
            if value not in known:
                raise UserError(f"unknown {what} {value!r}: known are {', '.join(known)}")
        self._projects = Projects(self.jdk)
        self._default = Project(parse_class_path(self.options.class_path))
        self._workers = self.options.workers or min(4, os.cpu_count() or 1)
        command = _command(self.jdk, self.options, self._workers)
        patience = self.options.deadline_seconds + 10.0
        self._link = Link(command, window=8 * self._workers, patience=patience)
        weakref.finalize(self, self._link.close)

    def check(
        self,
        programs: Sequence[str],
        project: Project | None = None,
        names: Sequence[str] | None = None,
    ) -> list[CompileResult]:
        """Judge each program; the i-th result is the i-th program's.

        `names` are those of their files without `.java`; without them, or where one is empty, a
        program is in a file of the right name.
        """
        units = [Unit(*pair) for pair in zip(programs, names or [""] * len(programs), strict=True)]
        return [compiled.result for compiled in self.compile(units, project, code=False)]

    def compile(
        self, units: Sequence[Unit], project: Project | None = None, code: bool = True
    ) -> list[Compiled]:
        """Judge each unit and, if `code`, return the class files of accepted ones.

        Raises:
            UserError: the project cannot be used.
        """
        ask = _Ask(self.class_path(project), self.options.profile == "strict", code)
        results: list[Compiled | None] = [_refusal(unit.source) for unit in units]
        todo = [i for i, result in enumerate(results) if result is None]
        replies = self._replies([units[i] for i in todo], ask)
        slow = []
        for i, reply in zip(todo, replies, strict=True):
            if "ask" in reply:
                slow.append(i)
            else:
                results[i] = self._settled(units[i].source, reply)
        with ThreadPoolExecutor(self._workers) as threads:
            plain = threads.map(lambda i: self._plain(units[i], ask), slow)
            for i, compiled in zip(slow, plain, strict=True):
                results[i] = compiled
        return [result for result in results if result is not None]

    @property
    def server_pid(self) -> int | None:
        """Process id of the running server, for measurements."""
        return self._link.pid

    def class_path(self, project: Project | None) -> tuple[str, ...]:
        """The project's class path, its sources compiled if they were not yet."""
        return self._projects.class_path(project or self._default)

    def close(self) -> None:
        """Stop the server; the next `check` starts it anew."""
        self._link.close()

    def _replies(self, units: Sequence[Unit], ask: _Ask) -> list[dict[str, Any]]:
        small = [i for i, unit in enumerate(units) if len(unit.source) <= _LARGEST]
        answers = self._link.ask([ask.request(units[i]) for i in small])
        replies: list[dict[str, Any]] = [{"ask": "large"} for _ in units]
        for i, answer in zip(small, answers, strict=True):
            replies[i] = self._again(units[i], ask) if answer is LOST else json.loads(answer)
        self._undo_drift(units, replies, ask)
        if any(reply.get("late") for reply in replies):
            self._link.retire(self._link.pid)  # a thread of it is stuck
        return replies

    def _again(self, unit: Unit, ask: _Ask) -> dict[str, Any]:
        """Ask about a unit by itself: its server died, or its context is not trusted."""
        answer = self._link.ask([ask.request(unit)])[0]
        if answer is LOST:
            return {"unscored": "the compile server died twice on it"}
        reply: dict[str, Any] = json.loads(answer)
        return reply

    def _undo_drift(self, units: Sequence[Unit], replies: list[dict[str, Any]], ask: _Ask) -> None:
        """Ask anew, in fresh contexts, what was judged in a context that was caught erring."""
        drifted = {reply["context"] for reply in replies if reply.get("drift")}
        if not drifted:
            return
        warnings.warn(
            "a reused compiler context gave a wrong verdict; its programs of this batch were "
            "judged anew (please report the programs)",
            RuntimeWarning,
            stacklevel=4,
        )
        for i, reply in enumerate(replies):
            if reply.get("context") in drifted and not reply.get("drift"):
                replies[i] = self._again(units[i], replace(ask, fresh=True))

    def _settled(self, program: str, reply: dict[str, Any]) -> Compiled:
        if reply.get("late"):
            return _unscored(f"the compiler took over {self.options.deadline_seconds:g} s")
        if "unscored" in reply:
            return _unscored(reply["unscored"])
        return _compiled(program, reply)

    def _plain(self, unit: Unit, ask: _Ask) -> Compiled:
        """What a `javac` process says, where the server is no witness."""
        deadline, heap = 3 * self.options.deadline_seconds, 2 * self.options.heap_mb
        result, classes = plain_javac(
            self.jdk, unit.source, deadline, heap, ask.class_path, name=unit.name, words=True
        )
        if not ask.code or not classes:
            return Compiled(result)
        answer = self._link.ask([{"source": "", "classes": classes, "first": unit.tests_line}])[0]
        if answer is LOST:
            return _unscored("the compile server died on its class files")
        return _with_code(result, json.loads(answer))


@dataclass(frozen=True)
class _Ask:
    """What is asked of the server beside the program."""

    class_path: tuple[str, ...]
    strict: bool
    code: bool
    fresh: bool = False

    def request(self, unit: Unit) -> dict[str, Any]:
        request: dict[str, Any] = {"source": unit.source, "code": self.code}
        if unit.name:
            request["name"] = unit.name
        if unit.tests_line:
            request["first"] = unit.tests_line
        if self.class_path:
            request["path"] = os.pathsep.join(self.class_path)
        if self.strict:
            request["strict"] = True
        if self.fresh:
            request["fresh"] = True
        return request


def _command(jdk: Jdk, options: JavaOptions, workers: int) -> list[str]:
    classes = jdk.built(
        "server", sorted((Path(__file__).parent / "sources").glob("*.java")), _EXPORTS
    )
    deadline_ms = int(options.deadline_seconds * 1000)
    return [
        jdk.java,
        f"-Xmx{options.heap_mb}m",
        f"-Xmn{options.heap_mb // 2}m",  # what a compilation makes is mostly garbage at its end
        "-XX:+UseSerialGC",
        *(["-XX:TieredStopAtLevel=1"] if options.jit == "c1" else []),
        "-XX:-UsePerfData",
        "-XX:+DisplayVMOutputToStderr",
        "-XX:ErrorFile=/dev/null",
        "-Xlog:disable",
        "-Xshare:auto",
        "-Dfile.encoding=UTF-8",
        "-Duser.language=en",
        "-Duser.country=US",
        *_EXPORTS,
        "-cp",
        str(classes),
        "rlcf.compiler.Server",
        str(workers),
        str(deadline_ms),
        str(options.retire_after),
        str(options.audit_every),
    ]


def _refusal(program: str) -> Compiled | None:
    """What javac says of text that is not Unicode, which our pipe would let through."""
    surrogate = _SURROGATE.search(program)
    if surrogate is None:
        return None
    at = surrogate.start()
    line, column = Lines(program, LF_CR).place(at)
    diagnostic = Diagnostic(
        "error",
        "compiler.err.illegal.char.for.encoding",
        ErrorClass.SYNTAX,
        f"unmappable character (0x{ord(program[at]):X}) for encoding UTF-8",
        line,
        column,
        at,
        at + 1,
    )
    return Compiled(CompileResult(Verdict.REJECTED, (diagnostic,)))


def _unscored(reason: str) -> Compiled:
    return Compiled(CompileResult(Verdict.UNSCORED, reason=reason))


def _compiled(program: str, reply: dict[str, Any]) -> Compiled:
    found = reply["diagnostics"]
    lines = Lines(program, LF_CR) if found else None
    result = CompileResult(
        Verdict.ACCEPTED if reply["ok"] else Verdict.REJECTED,
        tuple(_diagnostic(lines, *parts) for parts in found) if lines else (),
        reply["ms"] / 1000,
    )
    return _with_code(result, reply)


def _with_code(result: CompileResult, reply: dict[str, Any]) -> Compiled:
    return Compiled(
        result,
        reply.get("classes", {}),
        tuple(reply.get("reach", ())),
        tuple(reply.get("shadows", ())),
        reply.get("main", ""),
        reply.get("arguments", True),
    )


def _diagnostic(
    lines: Lines, severity: str, code: str, message: str, at: int, start: int, end: int
) -> Diagnostic:
    line, column = lines.place(lines.of_utf16(at))
    first, last = lines.span(lines.of_utf16(start), lines.of_utf16(end))
    return Diagnostic(severity, code, error_class(code), message, line, column, first, last)
