"""C# by Mono's mcs, warm; tests in a new process each.

A program whose class and namespace are left open at its end, for the tests to close, is judged
as if they were closed. mxeval's tests compare by the library CompareNETObjects: a small stand-in
(`workers/compare.cs`) that compares by value does what they need of it.
"""

from __future__ import annotations

import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from rlcf.builds import built, command
from rlcf.languages.bench import Bench, Finding, NoVerdictError, Test, scan
from rlcf.languages.language import Language
from rlcf.languages.native import NESTED, blanked
from rlcf.languages.open_types import closers
from rlcf.languages.positions import UNICODE
from rlcf.languages.spec import Sample, Tool
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Answer, Step

_COMPARE = Path(__file__).parent / "workers" / "compare.cs"
_WORKER = Path(__file__).parent / "workers" / "csharp.cs"
_HARNESS = Path(__file__).parent / "workers" / "harness.cs"
_MAIN = re.compile(
    r"(?:\b(?:public|private|internal|protected|static|async|unsafe)\s+)+(?:void|int)\s+Main\s*\("
)
_EXIT = re.compile(rf"(\bEnvironment\s*\.\s*Exit\s*\()({NESTED})\)")
_ALIAS = re.compile(r"\busing\s+@?(\w+)\s*=")
_CHECKS = frozenset(
    (
        *("CompareLogic", "ComparisonResult", "KellermanSoftware", "Environment", "Exception"),
        *("System", "Debug", "Trace", "Math", "Enumerable", "Convert", "Array", "Object", "String"),
    )
)
"""By what tests check and end: those that they name are the libraries' and not the program's."""
_SAID = r"^(.*?)\((\d+),(\d+)(\+?)(?:,\d+,\d+)?\): (error|warning) (CS\d+): (.*)$"


class CSharp(Language):
    """C# 7, as far as mcs knows it."""

    name = "csharp"
    title = "C#"
    tools = (Tool("mcs"), Tool("mono"))
    install = "apt-get install mono-mcs libmono-system-core4.0-cil libmono-system-numerics4.0-cil"
    columns = "utf16"
    line_ends = UNICODE
    line_directive = r"^[ \t]*#[ \t]*line\b.*"
    mark_counts = False
    sample = Sample(
        good="public class P {\n  static int Add(int a, int b) { return a + b; }\n",
        bad="public class P {\n  static int Add(int a, int b) { return a + c; }\n",
        tests="  public static void Main() {\n"
        '    if (Add(1, 2) != 3) throw new System.Exception("they are not equal");\n  }\n}\n',
    )
    errors = (
        (ErrorClass.UNRESOLVED_NAME, r"^CS(0103|0117|0234|0246|1061|0400|0426)"),
        (ErrorClass.MISSING_RETURN, r"^CS(0161|0126|1643)"),
        (ErrorClass.UNINITIALISED, r"^CS(0165|0170|0177|0269)"),
        (ErrorClass.UNREACHABLE, r"^CS0162"),
        (ErrorClass.SYNTAX, r"^CS(1[05]\d\d|80\d\d|0145|1641)"),
        (ErrorClass.TYPE_MISMATCH, r"^CS(0019|0021|0023|0029|003\d|0266|1501|1502|1503|1729|0305)"),
    )
    error_line = r"^Unhandled: .*$"
    own_memory_mb = 64
    own_cpu_seconds = 0.3

    def prepare(self) -> None:
        """The worker, the harness and the stand-in."""
        self._built  # noqa: B018 - made when it is first asked for

    def readable(self) -> Sequence[str]:
        """What was built, and Mono's configuration."""
        return [str(self._built), "/etc/mono"]

    def worker(self) -> Sequence[str]:
        """The compiler in a process that goes on."""
        return [self.tool("mono"), str(self._built / "worker.exe"), str(self._compiler)]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """Compile as a library."""
        return self._compile(bench, program + closers(program, self.line_ends), "library")[0]

    def run(self, bench: Bench, test: Test) -> Answer | Sequence[Finding]:
        """Compile, and let the harness call the tests' `Main`.

        A method beside it, of a name that no program knows, shows that it is theirs.
        """
        word = secrets.token_hex(16)
        names = sorted(_CHECKS & set(re.findall(r"\w+", test.tests)))
        main = _MAIN.search(blanked(test.tests))
        fits = main is not None and not set(_ALIAS.findall(test.program)) & set(names)
        source = _sealed(test, main.start(), word) if main and fits else test.source
        found, program = self._compile(bench, source, "exe")
        if any(finding.severity == "error" for finding in found):
            found = self._compile(bench, test.source, "exe")[0]
            fits = False
        if not fits and not any(finding.severity == "error" for finding in found):
            found.append(Finding("the tests have no Main, or not the one they say"))
        if not fits:
            return found
        environment = {"MONO_PATH": str(self._built), "MONO_DISABLE_SHARED_AREA": "1"}
        words = (self.tool("mono"), str(self._built / "harness.exe"), word, *names)
        files = {"program.exe": program}
        return bench.execute(Step(words, files, (), environment, test.token, limits=test.limits))

    def _compile(self, bench: Bench, source: str, target: str) -> tuple[list[Finding], bytes]:
        """What mcs says, and what came out."""
        compare = f"-r:{self._built / 'compare.dll'}"
        words = (f"-target:{target}", "-out:program.exe", "-r:System.Numerics", compare)
        answer = bench.ask(source=_base64(source), words=_base64("\n".join((*words, "program.cs"))))
        said = b64decode(answer["said"]).decode()
        found = scan(_SAID, said, _finding)
        found += scan(r"^error (CS\d+): (.*)$", said, lambda m: Finding(m[2], m[1]))
        if not answer["good"] and not any(finding.severity == "error" for finding in found):
            raise NoVerdictError(f"mcs failed: {b64decode(answer['broken'])[:300]!r} {said[-300:]}")
        return found, b64decode(answer["program"])

    @cached_property
    def _compiler(self) -> Path:
        """mcs itself, which the command is a script for."""
        script = Path(self.tool("mcs"))
        found = re.search(r"\S+/mcs\.exe", script.read_text(encoding="utf-8", errors="replace"))
        return Path(found[0] if found else script.parents[1] / "lib/mono/4.5/mcs.exe")

    @cached_property
    def _built(self) -> Path:
        sources = [path.read_bytes() for path in (_COMPARE, _WORKER, _HARNESS)]
        return built("csharp", (*self.versions(), *sources), self._build)

    def _build(self, folder: Path) -> None:
        mcs = self.tool("mcs")
        command(mcs, "-out:harness.exe", str(_HARNESS), cwd=folder)
        command(mcs, "-out:worker.exe", str(_WORKER), cwd=folder)
        command(mcs, "-target:library", "-out:compare.dll", str(_COMPARE), cwd=folder)


def _finding(said: re.Match[str]) -> Finding:
    if said[1] != "program.cs":  # `#line` may name another file
        return Finding(said[7], said[6], severity=said[5])
    # mcs knows no columns beyond 255 and says "255+" there.
    column = 0 if said[4] else int(said[3])
    return Finding(said[7], said[6], int(said[2]), column, severity=said[5])


def _base64(text: str) -> str:
    return b64encode(text.encode("utf-8", "replace")).decode("ascii")


def _sealed(test: Test, main: int, word: str) -> str:
    """Program and tests, with what shows the harness which `Main` is theirs."""
    before, after = test.tests[:main], test.tests[main:]
    mark = f"static void Tests_{word}() {{ }} "
    if _EXIT.search(after):
        mark += f"static global::System.Func<int, int> Exit_{word} = null; "
        after = _EXIT.sub(rf"\1Exit_{word}(\2))", after)
    return test.program + before + mark + after
