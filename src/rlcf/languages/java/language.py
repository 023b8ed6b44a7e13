"""Java as a row of the registry."""

from __future__ import annotations

from collections.abc import Sequence

from rlcf.errors import UserError
from rlcf.languages.java.compiler import JavaCompiler, JavaOptions
from rlcf.languages.java.runner import JavaRunner, RunnerOptions
from rlcf.languages.jvm.jdk import find_jdk
from rlcf.languages.outcome import Job, RunResult
from rlcf.languages.spec import EngineOptions, Sample, Spec
from rlcf.languages.verdict import CompileResult
from rlcf.sandbox.limits import Limits


class Java(Spec):
    """The Java of the JDK that is installed."""

    name = "java"
    title = "Java"
    install = "apt-get install openjdk-17-jdk-headless"
    sample = Sample(
        good="class Sum {\n    static int add(int a, int b) {\n        return a + b;\n    }\n}\n",
        bad="class Sum {\n    static int add(int a, int b) {\n        return a + c;\n    }\n}\n",
        tests="class Main {\n    public static void main(String[] words) {\n"
        "        if (Sum.add(1, 2) != 3) throw new AssertionError();\n    }\n}\n",
    )

    def __init__(
        self,
        class_path: Sequence[str] = (),
        profile: str = "javac",
        jit: str = "c1",
        heap_mb: int = 512,
        confirm_all: bool = False,
    ) -> None:
        """With options of `JavaOptions` and `RunnerOptions`."""
        self.class_path = tuple(class_path)
        self.profile, self.jit, self.heap_mb = profile, jit, heap_mb
        self.confirm_all = confirm_all

    def missing(self) -> str:
        """A JDK, if it is."""
        try:
            find_jdk()
        except UserError as e:
            return str(e)
        return ""

    def versions(self) -> list[str]:
        """The JDK's."""
        return [f"JDK {find_jdk().version}"]

    def engine(self, options: EngineOptions) -> JavaEngine:
        """A warm compile server, and warm JVMs for tests."""
        compiler = JavaCompiler(
            JavaOptions(
                workers=options.seats,
                deadline_seconds=options.deadline_seconds,
                heap_mb=self.heap_mb,
                jit=self.jit,
                profile=self.profile,
                class_path=self.class_path,
            )
        )
        return JavaEngine(
            compiler, RunnerOptions(seats=options.seats, confirm_all=self.confirm_all)
        )


class JavaEngine:
    """One compile server for verdicts and tests. Thread-safe."""

    language = "java"

    def __init__(self, compiler: JavaCompiler, options: RunnerOptions) -> None:
        """Starts nothing yet."""
        self.compiler = compiler
        self._runner = JavaRunner(options, compiler)

    def check(
        self, programs: Sequence[str], names: Sequence[str] | None = None
    ) -> list[CompileResult]:
        """Judge each program; the i-th result is the i-th program's."""
        return self.compiler.check(programs, names=names)

    def run(self, jobs: Sequence[Job], limits: Limits | None = None) -> list[RunResult]:
        """Run each job; the i-th result is the i-th job's."""
        return self._runner.run(jobs, limits)

    def close(self) -> None:
        """Stop all processes; the next work starts them anew."""
        self._runner.close()
        self.compiler.close()
