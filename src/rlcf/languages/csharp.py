"""C# by Mono's mcs, a new process for each program; tests likewise.

A program whose class and namespace are left open at its end, for the tests to close, is judged
as if they were closed. mxeval's tests compare by the library CompareNETObjects: a small stand-in
(`workers/compare.cs`) that compares by value does what they need of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rlcf.compilers.base import ErrorClass
from rlcf.languages.base import Bench, Finding, Language, NoVerdictError, Sample, Test, Tool, scan
from rlcf.languages.cache import built_once, command
from rlcf.languages.open_types import closers
from rlcf.sandbox.cell import Answer, Finished, Step

_COMPARE = Path(__file__).parent / "workers" / "compare.cs"
_HARNESS = """using System; using System.IO; using System.Reflection;
static class RlcfHarness {
    static int Main() {
        string token = Console.In.ReadToEnd();
        Console.SetIn(TextReader.Null);
        MethodInfo main = Assembly.LoadFrom("program.exe").EntryPoint;
        var given = main.GetParameters().Length == 0 ? null : new object[] { new string[0] };
        try { main.Invoke(null, given); }
        catch (TargetInvocationException e) {
            Console.Error.WriteLine("Unhandled: " + e.InnerException);
            return 1;
        }
        File.WriteAllText("done", token);
        return 0;
    }
}
"""
_SAID = r"^program\.cs\((\d+),(\d+)(?:,\d+,\d+)?\): (error|warning) (CS\d+): (.*)$"


class CSharp(Language):
    """C# 7, as far as mcs knows it."""

    name = "csharp"
    title = "C#"
    tools = (Tool("mcs"), Tool("mono"))
    install = "apt-get install mono-mcs libmono-system-core4.0-cil libmono-system-numerics4.0-cil"
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
        """The harness and the stand-in."""
        self._built()

    def readable(self) -> Sequence[str]:
        """What was built, and Mono's configuration."""
        return [str(self._built()), "/etc/mono"]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """Compile as a library."""
        step = self._compile(bench, program + closers(program), "library")
        return _findings(bench.tool(step).last)

    def run(self, bench: Bench, test: Test) -> Answer | Sequence[Finding]:
        """Compile, and let the harness load what came out."""
        build = self._compile(bench, test.source, "exe")
        environment = {"MONO_PATH": str(self._built()), "MONO_DISABLE_SHARED_AREA": "1"}
        words = (self.tool("mono"), str(self._built() / "harness.exe"))
        start = Step(words, {}, (), environment, test.token, limits=test.limits)
        answer = bench.execute(build, start)
        if len(answer.steps) == 1:
            return _findings(bench.tool(build).last)
        return answer

    def _compile(self, bench: Bench, source: str, target: str) -> Step:
        compare = f"-r:{self._built() / 'compare.dll'}"
        words = (f"-target:{target}", "-out:program.exe", "-r:System.Numerics", compare)
        return replace(
            Step((self.tool("mcs"), *words, "program.cs"), {"program.cs": source}),
            processes=True,
            limits=bench.compile_limits,
        )

    def _built(self) -> Path:
        key: tuple[str | bytes, ...] = (*self.versions(), _HARNESS, _COMPARE.read_bytes())
        return built_once("csharp", key, self._build)

    def _build(self, folder: Path) -> None:
        (folder / "harness.cs").write_text(_HARNESS)
        mcs = self.tool("mcs")
        command(mcs, "-out:harness.exe", "harness.cs", cwd=folder)
        command(mcs, "-target:library", "-out:compare.dll", str(_COMPARE), cwd=folder)


def _findings(finished: Finished) -> list[Finding]:
    said = finished.err + finished.out
    found = scan(_SAID, said, lambda m: Finding(m[5], m[4], int(m[1]), int(m[2]), severity=m[3]))
    if finished.status != 0 and not any(f.severity == "error" for f in found):
        general = scan(r"^error (CS\d+): (.*)$", said, lambda m: Finding(m[2], m[1]))
        if not general:
            raise NoVerdictError(f"mcs failed: {said.strip()[-300:]}")
        return [*found, *general]
    return found
