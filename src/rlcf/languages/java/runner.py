"""Compiles programs together with their tests and runs them in executor JVMs.

Decides nothing about isolation (`launch`) or limits (`executor`). A program and its
tests are one compilation unit (`joined`); the tests bring a `main`, in whatever class.
"""

from __future__ import annotations

import os
import re
import threading
import weakref
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from rlcf.languages.java.compiler import Compiled, JavaCompiler, JavaOptions, Unit
from rlcf.languages.java.project import Project
from rlcf.languages.jvm.executor import Ended
from rlcf.languages.jvm.jdk import Jdk
from rlcf.languages.jvm.joined import Joined, join
from rlcf.languages.jvm.launch import Launcher
from rlcf.languages.jvm.risk import reach_beyond
from rlcf.languages.jvm.seat import JvmSeat, Work
from rlcf.languages.outcome import Job, Outcome, RunResult
from rlcf.languages.positions import LF_CR
from rlcf.languages.verdict import Verdict
from rlcf.sandbox.limits import Limits
from rlcf.sandbox.seats import Gathered, Seats
from rlcf.text import first_line

_CHUNK = 64
_UNREACHED = "the tests were not reached: the compiler did not read them as code"


@dataclass(frozen=True)
class RunnerOptions:
    """How Java tests are run."""

    class_path: tuple[str, ...] = ()
    """Directories and jar files that programs see, where no project is named."""
    seats: int = 0
    """Programs run at the same time; 0 means one for each CPU, four at most."""
    retire_after: int = 2000
    """Programs after which an executor JVM is replaced."""
    confirm_all: bool = False
    """Whether every failure in a reused JVM is confirmed in a fresh one (some 0.1 s each). Without
    it only failures that a JVM's history can cause are; the programs that share a JVM can change
    nothing else (see `risk`)."""


class JavaRunner:
    """Compiles and runs Java tests. Thread-safe."""

    language = "java"

    def __init__(
        self, options: RunnerOptions | None = None, compiler: JavaCompiler | None = None
    ) -> None:
        """Starts nothing yet; a compiler that is given stays the caller's to close.

        Raises:
            UserError: no usable JDK.
        """
        self.options = options or RunnerOptions()
        self._own_compiler = compiler is None
        self._compiler = compiler or JavaCompiler(JavaOptions(class_path=self.options.class_path))
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, ...], Seats[JvmSeat]] = {}
        weakref.finalize(self, _release, self._pools, None if compiler else self._compiler)

    def run(
        self,
        jobs: Sequence[Job],
        limits: Limits | None = None,
        project: Project | None = None,
    ) -> list[RunResult]:
        """Run each job; the i-th result is the i-th job's.

        Raises:
            UserError: the project cannot be used.
        """
        batch = _Batch(limits or Limits(), project)
        collect: Gathered[RunResult] = Gathered(len(jobs))
        starts = range(0, len(jobs), _CHUNK)
        # Two chunks at a time, so that the compiler has work while the other is handed on.
        with ThreadPoolExecutor(2) as threads:
            for _ in threads.map(
                lambda start: self._dispatch(jobs[start : start + _CHUNK], start, batch, collect),
                starts,
            ):
                pass
        return collect.wait()

    @property
    def jdk(self) -> Jdk:
        """The JDK that compiles and runs."""
        return self._compiler.jdk

    def compile(self, jobs: Sequence[Job], project: Project | None = None) -> list[Compiled]:
        """Program and tests of each job as one unit, without running anything."""
        return [unit for _, unit in self._compiled(jobs, project)]

    def close(self) -> None:
        """Stop all processes; the next `run` starts them anew."""
        with self._lock:
            _release(self._pools, self._compiler if self._own_compiler else None)

    def _compiled(
        self, jobs: Sequence[Job], project: Project | None
    ) -> list[tuple[Joined, Compiled]]:
        joined = [join(job.program, job.tests, LF_CR) for job in jobs]
        units = [Unit(one.source, tests_line=one.first_line) for one in joined]
        return list(zip(joined, self._compiler.compile(units, project), strict=True))

    def _dispatch(
        self, jobs: Sequence[Job], start: int, batch: _Batch, collect: Gathered[RunResult]
    ) -> None:
        compiled = self._compiled(jobs, batch.project)
        units = [unit for _, unit in compiled]
        self._check_alone(jobs, start, units, batch, collect)
        pool = self._running(batch.project)
        for index, (job, (joined, unit)) in enumerate(zip(jobs, compiled, strict=True), start):
            if unit.result.verdict is not Verdict.ACCEPTED:
                continue
            if not job.tests.strip():
                _put(collect, index, unit, Ended(Outcome.NOT_RUN, 0.0, "there are no tests"))
                continue
            refused = _refused(joined, unit, job)
            if refused:
                _put(collect, index, unit, Ended(Outcome.ERROR, 0.0, refused))
                continue
            shared = not reach_beyond(unit.reach, {name.replace(".", "/") for name in unit.classes})
            entry = joined.entry(unit.main, unit.arguments)
            work = Work(unit.classes, entry, shared, batch.limits)
            pool.submit(partial(_run, work), _give_up, partial(_settle, collect, index, unit))

    def _check_alone(
        self,
        jobs: Sequence[Job],
        start: int,
        units: Sequence[Compiled],
        batch: _Batch,
        collect: Gathered[RunResult],
    ) -> None:
        """Settle what did not compile with its tests: is the program itself at fault?"""
        rejected = []
        for i, unit in enumerate(units):
            if unit.result.verdict is Verdict.REJECTED:
                rejected.append(i)
            elif unit.result.verdict is Verdict.UNSCORED:
                _put(collect, start + i, unit, Ended(Outcome.UNSCORED, 0.0, unit.result.reason))
        alone = self._compiler.check([jobs[i].program for i in rejected], batch.project)
        for i, result in zip(rejected, alone, strict=True):
            ended = Ended(Outcome.NOT_RUN, 0.0, "does not compile")
            if result.verdict is Verdict.ACCEPTED:
                words = first_line(units[i].result.errors[0].message)
                ended = Ended(Outcome.ERROR, 0.0, f"does not compile with its tests: {words}")
            elif result.verdict is Verdict.UNSCORED:
                ended = Ended(Outcome.UNSCORED, 0.0, result.reason)
            _put(collect, start + i, units[i], ended)

    def _running(self, project: Project | None) -> Seats[JvmSeat]:
        class_path = self._compiler.class_path(project)
        with self._lock:
            if class_path not in self._pools:
                launcher = Launcher(self._compiler.jdk, class_path)
                retire, confirm_all = self.options.retire_after, self.options.confirm_all
                self._pools[class_path] = Seats(
                    lambda: JvmSeat(launcher, retire, confirm_all),
                    self.options.seats or min(4, os.cpu_count() or 1),
                )
            return self._pools[class_path]


def _release(pools: dict[tuple[str, ...], Seats[JvmSeat]], compiler: JavaCompiler | None) -> None:
    for pool in list(pools.values()):
        pool.close()
    pools.clear()
    if compiler is not None:
        compiler.close()


def _run(work: Work, seat: JvmSeat) -> Ended:
    return seat.run(work)


def _give_up(error: Exception) -> Ended:
    return Ended(Outcome.UNSCORED, 0.0, f"cannot run an executor: {error!r}")


@dataclass(frozen=True)
class _Batch:
    """What the jobs of one call have in common."""

    limits: Limits
    project: Project | None


def _refused(joined: Joined, unit: Compiled, job: Job) -> str:
    """Why the tests are not run, though they compile; empty if they are."""
    if joined.probed(unit.classes) is None:
        return _UNREACHED
    if not unit.main:
        return "the tests have no main method"
    replaced = _replaced(unit, job)
    return f"replaces {replaced}, which the tests use" if replaced else ""


_DECLARED = re.compile(
    r"^[ \t]*(?:(?:public|final|abstract)\s+)*(?:class|interface|enum|record)\s+(\w+)", re.MULTILINE
)


_CHECKED_WITH = re.compile(
    "Arrays|Boolean|Character|Collections|Double|Float|Integer|Iterable|List|Long|Map|Math|Number"
    "|Objects?|Runtime|Set|StrictMath|String|StringBuilder|System|Thread|Throwable"
    "|.*(Error|Exception)"
)


def _replaced(unit: Compiled, job: Job) -> str:
    """A class of the library that the program declares anew and the tests mean; or nothing.

    The first class is the task's own, unless tests check by that name: a task about a `Process`
    means its own, and none is about an `AssertionError`.
    """
    first = _DECLARED.search(job.program)
    own = first.group(1) if first else None
    for name in (*unit.shadows, *({"java", "javax"} & unit.classes.keys())):
        word = re.compile(rf"\b{re.escape(name)}\b")
        declared = re.search(rf"\b(class|interface|enum|record)\s+{name}\b", job.tests)
        is_own = name == own and not _CHECKED_WITH.fullmatch(name)
        if not is_own and word.search(job.tests) and not declared:
            return name
    return ""


def _settle(collect: Gathered[RunResult], index: int, unit: Compiled, ended: Ended) -> None:
    """Where an exception came from is only known if the program cannot rewrite its trace."""
    if ended.outcome is Outcome.FAILED and any(n.endswith(".setStackTrace") for n in unit.reach):
        ended = replace(ended, outcome=Outcome.ERROR)
    _put(collect, index, unit, ended)


def _put(collect: Gathered[RunResult], index: int, unit: Compiled, ended: Ended) -> None:
    collect.put(index, RunResult(ended.outcome, ended.seconds, ended.detail, unit.result))
