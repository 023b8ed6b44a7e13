"""What the languages are compared with: the plain compiler and interpreter, started anew.

Each program, with its tests, is written into an empty folder; the compiler is called there,
then the interpreter or what was compiled; exit status 0 of both is a pass. It happens in a
jail, since the programs are not to be trusted, but one that stands ready: its cost is not the
baseline's. Answers are kept in a file of JSON lines, so that a long comparison can be stopped
and resumed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rlcf.builds import built, command
from rlcf.languages import Job, Limits
from rlcf.languages.javascript import node_folder
from rlcf.languages.jvm.jdk import find_jdk
from rlcf.languages.jvm.language import JvmLanguage
from rlcf.languages.language import Language
from rlcf.languages.registry import load
from rlcf.sandbox.cell import Answer, Cell, Step, StepLimits

LIMITS = Limits(wall_seconds=10.0, cpu_seconds=5.0, memory_mb=512)
_CELL = "/tmp/work"  # where a cell's programs run, inside it
_COMPILE = StepLimits(120.0, 60.0, 3072)
_RUN = StepLimits(30.0, LIMITS.cpu_seconds + 1, 1024)
Item = tuple[dict[str, Any], str]
"""A row of a set, and a completion."""


@dataclass(frozen=True)
class Plain:
    """What the plain tools did with one program and its tests."""

    compiled: bool
    passed: bool
    said: str
    """The end of what they printed."""


@dataclass(frozen=True)
class Commands:
    """How the plain tools are called."""

    file: str
    compile: Sequence[str]
    run: Sequence[str]
    environment: dict[str, str]
    readable: Sequence[str] = ()
    """What they need to see besides what the language does."""


def job_of(item: Item) -> Job:
    """A program with its tests."""
    row, completion = item
    return Job(row["prompt"] + completion, row["test"], row["entry_point"] or "")


def items_of(folder: Path) -> tuple[list[Item], list[Item]]:
    """Canonical solutions and model samples of one language's folder."""
    names = [name for name in ("even.jsonl",) if (folder / name).exists()]
    names = names or ["train.jsonl", "validation.jsonl", "test_even.jsonl"]
    rows = [row for name in names for row in _lines(folder / name)]
    by_id = {row["task_id"]: row for row in rows}
    canonical = [(row, row["canonical_solution"]) for row in rows if row["canonical_solution"]]
    samples = _lines(folder / "model_samples.jsonl")
    judged = [(by_id[s["task_id"]], s["completion"]) for s in samples if s["task_id"] in by_id]
    return canonical, judged


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.open(encoding="utf-8")]


def commands(name: str, language: Language, headers_in_advance: bool = False) -> Commands:
    """The baseline's commands for a language.

    Args:
        name: the language's.
        language: it.
        headers_in_advance: whether g++ may find its standard headers compiled: the verdicts are
            the same, at a third of the time.
    """
    tool = {t.name: language.tool(t.name) for t in language.tools}
    modules = f"{node_folder()}/node_modules"
    if name == "python":
        python = os.path.realpath(sys.executable)
        words = [python, "-m", "py_compile", "program.py"]
        return Commands("program.py", words, [python, "program.py"], {})
    if name == "cpp":
        return _cpp(tool["g++"], headers_in_advance)
    if name == "javascript":
        words, both = [tool["node"], "--check", "program.js"], {"NODE_PATH": modules}
        return Commands("program.js", words, [tool["node"], "program.js"], both)
    if name == "typescript":
        words = [tool["node"], f"{modules}/typescript/bin/tsc", "--target", "es2022"]
        words += ["--module", "commonjs", "--moduleDetection", "force", "--types", "node"]
        words += ["--typeRoots", f"{modules}/@types", "--skipLibCheck", "program.ts"]
        return Commands("program.ts", words, [tool["node"], "program.js"], {"NODE_PATH": modules})
    if name == "go":
        both = {"GOCACHE": f"{_CELL}/cache", "GO111MODULE": "off"}
        words = [tool["go"], "build", "-o", "program", "program.go"]
        return Commands("program.go", words, ["./program"], both)
    if name == "csharp":
        built = next(path for path in language.readable() if "csharp" in path)
        words = [tool["mcs"], "-r:System.Numerics", f"-r:{built}/compare.dll", "program.cs"]
        run = [tool["mono"], "program.exe"]
        return Commands("program.cs", words, run, {"MONO_PATH": built})
    if isinstance(language, JvmLanguage):
        return _on_the_jvm(name, language)
    flag = {"ruby": "-c", "php": "-l", "perl": "-c"}[name]
    file = {"ruby": "program.rb", "php": "program.php", "perl": "program.pl"}[name]
    return Commands(file, [tool[name], flag, file], [tool[name], file], {})


def _cpp(compiler: str, headers_in_advance: bool) -> Commands:
    words = [compiler, "-std=gnu++17", "program.cpp", "-o", "program"]
    if not headers_in_advance:
        return Commands("program.cpp", words, ["./program"], {})

    def build(folder: Path) -> None:
        (folder / "bits").mkdir()
        (folder / "all.h").write_text("#include <bits/stdc++.h>\n")
        out = ("-o", "bits/stdc++.h.gch")
        command(compiler, "-std=gnu++17", "-x", "c++-header", "all.h", *out, cwd=folder)

    headers = str(built("baseline-cpp", (compiler,), build))
    return Commands("program.cpp", [*words, "-I", headers], ["./program"], {}, (headers,))


def _on_the_jvm(name: str, language: JvmLanguage) -> Commands:
    """The compiler's own main class, with classes from an archive and quick to start.

    The archive and the flags halve the time and change no verdict.
    """
    java, path = find_jdk().java, ":".join(language.compiler_jars())
    library = ":".join(language.runtime_jars())
    main = {"kotlin": "org.jetbrains.kotlin.cli.jvm.K2JVMCompiler", "scala": "scala.tools.nsc.Main"}
    words = {
        "kotlin": ["-no-stdlib", "-no-reflect", "-cp", library, "-d", ".", "program.kt"],
        "scala": ["-classpath", library, "program.scala"],
    }[name]
    flags = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xlog:disable"]
    start = [java, *flags, "-cp", path]

    def build(folder: Path) -> None:
        (folder / words[-1]).write_text(language.sample.good + language.sample.tests)
        archive = f"-XX:ArchiveClassesAtExit={folder / 'classes.jsa'}"
        command(start[0], archive, *start[1:], main[name], *words, cwd=folder)

    classes = built(f"baseline-{name}", (*language.versions(), *start), build)
    archive = f"-XX:SharedArchiveFile={classes / 'classes.jsa'}"
    target = {"kotlin": "ProgramKt", "scala": "Main"}[name]
    return Commands(
        words[-1],
        [start[0], archive, *start[1:], main[name], *words],
        [java, *flags, "-Xmx512m", "-cp", f".:{library}", target],
        {},
        (str(classes),),
    )


class Baseline:
    """The plain tools of one language, a cell for each thread."""

    def __init__(self, name: str, log: Path | None = None, quick: bool = False) -> None:
        """Nothing starts yet.

        Args:
            name: the language's.
            log: holds answers of earlier runs and gets the new ones.
            quick: as `headers_in_advance` of `commands`.
        """
        self._name = name
        language = load(name)()
        assert isinstance(language, Language)
        self._language = language
        self._language.prepare()
        self._commands = commands(name, self._language, quick)
        self._tools = " ".join((*self._language.versions(), repr(self._commands.compile)))
        self._log = log
        self._lock = threading.Lock()
        self._own = threading.local()
        self._cells: list[Cell] = []
        self._known: dict[str, Plain] = {}
        for line in log.open(encoding="utf-8") if log and log.exists() else ():
            entry = json.loads(line)
            key = entry.pop("key")
            self._known[key] = Plain(**entry)

    def judge(self, jobs: Sequence[Job], threads: int = 2) -> list[Plain]:
        """What the plain tools do with each job."""
        try:
            with ThreadPoolExecutor(threads) as pool:
                return list(pool.map(self._one, jobs))
        finally:
            for cell in self._cells:
                cell.close()
            self._cells.clear()
            self._own = threading.local()

    def _one(self, job: Job) -> Plain:
        source = job.program + job.tests
        if self._name == "python":
            source += f"\ncheck({job.entry_point})\n"
        key = hashlib.sha256(f"{self._tools}\0{source}".encode("utf-8", "replace")).hexdigest()
        if key not in self._known:
            result = self._run(source)
            with self._lock:
                self._known[key] = result
                if self._log is not None:
                    with self._log.open("a", encoding="utf-8") as file:
                        file.write(json.dumps({"key": key, **asdict(result)}) + "\n")
        return self._known[key]

    def _run(self, source: str) -> Plain:
        if not hasattr(self._own, "cell"):
            self._own.cell = Cell([*self._language.readable(), *self._commands.readable])
            self._cells.append(self._own.cell)
        how = self._commands
        files = {how.file: source}
        answer: Answer = self._own.cell.run(
            [
                Step(tuple(how.compile), files, (), how.environment, "", True, _COMPILE),
                Step(tuple(how.run), {}, (), how.environment, "", False, _RUN),
            ]
        )
        compiled = len(answer.steps) == 2
        said = f"{answer.last.limit} {answer.last.err}{answer.last.out}".strip()
        said = said.replace(f"{_CELL}/", "")  # the program by its name, wherever it ran
        return Plain(compiled, compiled and answer.last.ok, said[-400:])
