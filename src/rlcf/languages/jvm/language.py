"""What languages share whose compiler runs on the JVM and whose programs do.

The compiler is called again and again in one jailed process (`workers/JvmWorker.java` and a front
for each compiler). Programs run as Java's do, in the executor of `rlcf.languages.java`: in a class
loader of their own, several in one JVM where they name nothing that outlasts them. So the
guards of docs/safety.md hold here too, and there is no token to be forged.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from rlcf.errors import UserError
from rlcf.languages.bench import Bench, Finding, NoVerdictError, Test
from rlcf.languages.classpath import parse_class_path
from rlcf.languages.jvm.executor import Ended
from rlcf.languages.jvm.jdk import Jdk, find_jdk
from rlcf.languages.jvm.joined import Entry, Joined, join
from rlcf.languages.jvm.launch import Launcher, link_targets
from rlcf.languages.jvm.risk import reach_beyond
from rlcf.languages.jvm.seat import JvmSeat, Work
from rlcf.languages.jvm.shadows import replaced
from rlcf.languages.language import Language
from rlcf.languages.outcome import Outcome
from rlcf.languages.positions import LF_CR
from rlcf.sandbox.cell import Answer, Finished
from rlcf.sandbox.limits import Limits
from rlcf.sandbox.seats import BrokenError

_WORKERS = Path(__file__).parents[1] / "workers"
_JAVA = Path(__file__).parents[1] / "java" / "sources"
_FLAGS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Duser.home=/tmp")
_RETIRE = 1000


class JvmLanguage(Language):
    """A language of the JVM."""

    columns = "utf16"
    line_ends = LF_CR
    own_memory_mb = 0  # the heap alone is limited so
    own_cpu_seconds = 0.5
    check_failure = r"AssertionError|^the tests exit with status"
    checks_with: ClassVar[frozenset[str]] = frozenset()
    """Names that the language imports by default and tests check with."""
    front: ClassVar[str]
    """The Java class that calls the compiler; its file lies in `workers`."""
    harmless: ClassVar[tuple[str, ...]] = ()
    """Beginnings of the names of library classes that let programs share a process."""

    def __init__(self, class_path: Sequence[str] = ()) -> None:
        """With jar files and folders of classes that programs see.

        Raises:
            UserError: one does not exist.
        """
        self.class_path = parse_class_path(class_path)

    def sealed(self, tests: str) -> str:
        """The tests; with an exit as their last act where the program holds their `main`."""
        return tests

    def entry(self, joined: Joined, probe: str, main: str, arguments: bool) -> Entry | None:
        """Where the tests begin; None if they have no beginning.

        Args:
            joined: program and tests.
            probe: binary name of the class between them.
            main: the class that has a `main` in the tests' lines; empty if none has.
            arguments: whether that takes arguments.
        """
        return joined.entry(main, arguments) if main else None

    @abstractmethod
    def compiler_jars(self) -> Sequence[str]:
        """The compiler; empty if it is not installed."""

    @abstractmethod
    def runtime_jars(self) -> Sequence[str]:
        """The language's own library."""

    def missing(self) -> str:
        """The JDK, or the compiler."""
        try:
            find_jdk()
        except UserError as e:
            return str(e)
        return "" if self.compiler_jars() else f"the {self.title} compiler not found"

    def prepare(self) -> None:
        """The worker."""
        self._built  # noqa: B018 - made when it is first asked for

    def readable(self) -> Sequence[str]:
        """JDK, compiler, worker."""
        home = self._jdk.home
        own = (str(self._built), *self.class_path)
        return [str(home), *link_targets(home), *self.compiler_jars(), *own]

    def worker(self) -> Sequence[str]:
        """The compiler, warm."""
        path = ":".join((*self.compiler_jars(), str(self._built)))
        heap = f"-Xmx{self.compile_memory_mb * 3 // 4}m"
        words = (self.front, ":".join(self._seen), str(self._jdk.home))
        return [self._jdk.java, *_FLAGS, heap, "-cp", path, "rlcf.compiler.JvmWorker", *words]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """By the worker."""
        return _findings(bench.ask(source=program))

    def run(self, bench: Bench, test: Test) -> Answer | Sequence[Finding]:
        """Compile, then run what came out."""
        joined = join(test.program, self.sealed(test.tests), self.line_ends)
        answer = bench.ask(source=joined.source, first=joined.first_line)
        found = _findings(answer)
        if any(finding.severity == "error" for finding in found):
            return found
        probe = joined.probed(answer["classes"])
        if probe is None:
            return [Finding("the tests were not reached: the compiler did not read them as code")]
        name = replaced(test.program, test.tests, test.entry_point, self.checks_with)
        if name:
            return [Finding(f"replaces {name}, which the tests use")]
        entry = self.entry(joined, probe, answer["main"], answer["arguments"])
        if entry is None:
            return [Finding("the tests have no main method")]
        seat = bench.keep("seat", self._seat)
        own = {name.replace(".", "/") for name in answer["classes"]}
        beyond = reach_beyond(answer["reach"], own, self.harmless)
        step = test.limits
        limits = Limits(
            step.wall_seconds, step.cpu_seconds, step.memory_mb, output_bytes=step.output_bytes
        )
        work = Work(answer["classes"], entry, not beyond, limits)
        return _answer(seat.run(work), test.token)

    def _seat(self) -> JvmSeat:
        if not self._launcher.contained:
            raise BrokenError("this host offers no file isolation (see docs/safety.md)")
        return JvmSeat(self._launcher, _RETIRE)

    @cached_property
    def _launcher(self) -> Launcher:
        return Launcher(self._jdk, self._seen)

    @property
    def _seen(self) -> tuple[str, ...]:
        """What programs see besides the JDK."""
        return (*self.runtime_jars(), *self.class_path)

    @cached_property
    def _jdk(self) -> Jdk:
        self.require()
        return find_jdk()

    @cached_property
    def _built(self) -> Path:
        shared = [_JAVA / f"{name}.java" for name in ("Json", "ClassScan", "MainFinder")]
        sources = (*shared, _WORKERS / "JvmWorker.java", _WORKERS / f"{self.front}.java")
        return self._jdk.built(self.name, sources, ("-cp", ":".join(self.compiler_jars())))


def _findings(answer: dict[str, Any]) -> list[Finding]:
    if "broken" in answer:
        raise NoVerdictError(answer["broken"])
    return [Finding(**found) for found in answer["findings"]]


def _answer(ended: Ended, token: str) -> Answer:
    """The end of a run in the words of a cell."""
    if ended.outcome is Outcome.UNSCORED:
        raise NoVerdictError(ended.detail)
    limit = {
        Outcome.TIMEOUT: ended.detail.removeprefix("limit: "),
        Outcome.MEMORY: "memory",
        Outcome.OUTPUT_LIMIT: "output",
    }.get(ended.outcome, "")
    passed = ended.outcome is Outcome.PASSED
    finished = Finished(
        status=0 if passed else 1,
        limit=limit,
        out="",
        err=ended.detail,
        seconds=ended.seconds,
        cpu_seconds=0.0 if ended.starved else ended.seconds,
        memory_mb=0.0,
    )
    return Answer((finished,), token if passed else "", {})
