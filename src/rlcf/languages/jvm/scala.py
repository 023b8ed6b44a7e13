"""Scala 2.11 by scalac, warm; tests in the JVM executor.

A program whose object is left open at its end, for the tests to close, is judged as if it were
closed. Parallel collections and futures need a class that the executor withholds
(`sun.misc.Unsafe`), and end in an error. Scala 2.12 and later have other compiler interfaces.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from rlcf.languages.bench import Bench, Finding
from rlcf.languages.jvm.joined import Entry, Joined
from rlcf.languages.jvm.language import JvmLanguage
from rlcf.languages.jvm.shadows import names
from rlcf.languages.open_types import closers, closing_brace
from rlcf.languages.spec import Sample
from rlcf.languages.verdict import ErrorClass

_SEAL = ";_root_.java.lang.System.exit(0);"
_OWN_MAIN = re.compile(r"\bdef\s+main\b|\bextends\s+App\b")
_JARS = ("compiler", "library", "reflect", "xml", "parser-combinators")


class Scala(JvmLanguage):
    """Scala 2.11, which is Debian's."""

    name = "scala"
    title = "Scala"
    install = "apt-get install scala"
    front = "ScalaFront"
    sample = Sample(
        good="object Main extends App {\n  def add(a: Int, b: Int): Int = {\n    a + b\n  }\n",
        bad="object Main extends App {\n  def add(a: Int, b: Int): Int = {\n    a + c\n  }\n",
        tests='  assert(add(1, 2) == 3, "they are not equal")\n}\n',
    )
    errors = (
        (ErrorClass.UNRESOLVED_NAME, r"not found|is not a member of|cannot be accessed"),
        (ErrorClass.SYNTAX, r"expected|illegal start|unclosed|illegal character|invalid escape"),
        (ErrorClass.SYNTAX, r"unmatched|Missing closing|malformed"),
        (ErrorClass.TYPE_MISMATCH, r"type mismatch|cannot be applied|not enough arg|too many arg"),
        (ErrorClass.TYPE_MISMATCH, r"overloaded|does not take|do not conform|could not find impl"),
        (ErrorClass.UNREACHABLE, r"unreachable"),
    )
    checks_with = names(
        """
        assert assume require Predef App Any AnyRef Array AssertionError Boolean Char Double
        Either Error Exception Float IllegalArgumentException IllegalStateException Int Left List
        Long Map Math Nil None Option Right RuntimeException Seq Set Some String System Throwable
        Vector _root_ equals java math scala sys
        """
    )
    harmless = (
        "scala/App",
        "scala/Array",
        "scala/DelayedInit",
        "scala/Function",
        "scala/MatchError",
        "scala/None",
        "scala/Option",
        "scala/PartialFunction",
        "scala/Predef",
        "scala/Product",
        "scala/Serializable",
        "scala/Some",
        "scala/Tuple",
        "scala/collection/Iter",
        "scala/collection/Linear",
        "scala/collection/Map",
        "scala/collection/Seq",
        "scala/collection/Set",
        "scala/collection/Traversable",
        "scala/collection/generic/",
        "scala/collection/immutable/",
        "scala/collection/mutable/",
        "scala/math/",
        "scala/package$",
        "scala/reflect/ClassTag",
        "scala/reflect/ManifestFactory",
        "scala/runtime/",
        "scala/util/Random",
        "scala/util/Sorting",
        "scala/util/matching/",
    )

    def compiler_jars(self) -> Sequence[str]:
        """From the folder of the command `scalac`."""
        command = shutil.which("scalac")
        if command is None:
            return ()
        folder = Path(os.path.realpath(command)).parents[1] / "lib"
        found = [os.path.realpath(folder / f"scala-{name}.jar") for name in _JARS]
        if not all(map(os.path.exists, found)):
            return ()
        return found if "-2.11." in os.path.basename(found[0]) else ()

    def runtime_jars(self) -> Sequence[str]:
        """Scala's standard library."""
        return tuple(self.compiler_jars()[1:2])

    def versions(self) -> list[str]:
        """As the files are named."""
        name = os.path.basename(self.compiler_jars()[0])
        found = re.search(r"(\d+\.)+\d+", name)
        return [f"scalac: {found[0] if found else name}, JDK {self._jdk.version}"]

    def sealed(self, tests: str) -> str:
        """Behind the last check where the program's object holds the tests: its `main` is the
        program's to write, so that only the tests' own exit is their end."""
        at = -1 if _OWN_MAIN.search(tests) else closing_brace(tests, self.line_ends)
        return tests if at < 0 else tests[:at] + _SEAL + tests[at:]

    def entry(self, joined: Joined, probe: str, main: str, arguments: bool) -> Entry | None:
        """The tests' own `main`, or that of the object that they close."""
        if main:
            return joined.entry(main, arguments)
        outer = probe.rpartition("$")[0]
        return joined.seal(outer) if outer else None

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """By the worker, closed if it is open."""
        return super().check(bench, program + closers(program, self.line_ends))
