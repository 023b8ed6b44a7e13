"""One `javac` process for one program: the truth that the warm server is held to.

Slow (half a second of CPU) and exact. Used where the server's compiler broke on a
program, and as the baseline of agreement tests. Spans are one character wide: the
command line tells where a diagnostic points, not what it covers.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rlcf.languages.java.classes import error_class
from rlcf.languages.jvm.jdk import Jdk
from rlcf.languages.positions import LF_CR, Lines
from rlcf.languages.verdict import CompileResult, Diagnostic, ErrorClass, Verdict
from rlcf.text import lines_of

_LINE = re.compile(
    r"^(?:([^:]*\.java):(\d+):(\d+): |- )(compiler\.(err|warn)\.[\w.\-]+)(?:: (.*))?$"
)
_USUAL = "Main"
_PUBLIC = "class.public.should.be.in.file"
_NAMES = {
    "module.decl.sb.in.module-info.java": "module-info",
    "pkg.annotations.sb.in.package-info.java": "package-info",
}
_CLASSES = "classes"
MARK = "\x1e"
_WORDS = (f"-XDdiags.layout={'|'.join([f'{MARK}%p%m'] * 3)}", "-XDdiags.formatterOptions=-source")
_KINDS = ("error: ", "warning: ")
_COUNT = re.compile(r"\n(\d+ (errors?|warnings?)|only showing the first .*)$")
_BROKEN = {2: "javac.msg.usage", 3: "javac.msg.resource", 4: "javac.msg.bug"}
"""Exit statuses of javac beyond 0 and 1: nothing it says of the program itself."""


def plain_javac(
    jdk: Jdk,
    program: str,
    deadline: float = 60.0,
    heap_mb: int | None = None,
    class_path: Sequence[str] = (),
    jvm: Sequence[str] = (),
    name: str = "",
    words: bool = False,
) -> tuple[CompileResult, dict[str, str]]:
    """The verdict of `javac NAME.java` in an empty directory, and the class files in base64.

    Without a name the file is called `Main.java`, or what javac then says that it must be called.
    `jvm` are flags for its JVM, without `-J`. With `words` messages are in English, which takes
    a second run; else they are javac's keys and their arguments. Unscored after `deadline` seconds
    and where the heap is too small. A compiler that breaks otherwise (status above 1) rejects,
    as it does for whoever runs it.
    """
    command = [
        jdk.javac,
        "-encoding",
        "UTF-8",
        "-Xdiags:compact",
        "-J-Duser.language=en",
    ]
    if heap_mb is not None:
        command.append(f"-J-Xmx{heap_mb}m")
    command += [f"-J{flag}" for flag in jvm]
    # Classes go where their packages say, as their binary names do; and no class is looked for
    # beside the source, where it would be the source itself under a name that it does not have.
    command += ["-d", _CLASSES, "-cp", os.pathsep.join(class_path) or _CLASSES]
    result, classes = _judge(command, program, name or _USUAL, deadline)
    wanted = "" if name else next(iter(_wanted_names(result)), "")
    if wanted:
        renamed = _judge(command, program, wanted, deadline)
        if _USUAL in _wanted_names(renamed[0]):
            wanted = ""
        else:
            result, classes = renamed
    if words and result.diagnostics:
        _, said, _ = _run([*command, *_WORDS], program, name or wanted or _USUAL, deadline)
        result = _in_words(result, said)
    return result, classes


def _judge(
    command: list[str], program: str, name: str, deadline: float
) -> tuple[CompileResult, dict[str, str]]:
    start = time.monotonic()
    status, said, classes = _run([*command, "-XDrawDiagnostics"], program, name, deadline)
    return _result(program, name, status, said, time.monotonic() - start), classes


def _in_words(result: CompileResult, said: str) -> CompileResult:
    """The same diagnostics, each with what javac says of it in English."""
    messages = [re.sub(r"^(error|warning): ", "", part) for part in whole(said.split(MARK)[1:])]
    messages[-1:] = [without_counts(message) for message in messages[-1:]]
    if len(messages) != len(result.diagnostics):
        return result
    pairs = zip(result.diagnostics, messages, strict=True)
    return replace(result, diagnostics=tuple(replace(d, message=m.strip()) for d, m in pairs))


def whole(parts: Sequence[str]) -> list[str]:
    """The errors and warnings among what javac said, each with the clauses that explain its types.

    javac writes such a clause (`where T is a type-variable`) as if it were a diagnostic of its own.
    """
    found: list[str] = []
    for part in parts:
        if part.startswith((*_KINDS, "Note: ")) or not found:
            found.append(part)
        else:
            found[-1] += part
    return [part for part in found if part.startswith(_KINDS)]


def without_counts(message: str) -> str:
    """The last message without the numbers of errors and warnings that follow it."""
    for _ in range(3):
        message = _COUNT.sub("", message.rstrip())
    return message.rstrip()


def _wanted_names(result: CompileResult) -> list[str]:
    """How javac says that the file must be called; the first public type's name comes first."""
    keys = [(error.code.removeprefix("compiler.err."), error) for error in result.errors]
    public = [e.message.rpartition(", ")[2] for key, e in keys if key == _PUBLIC]
    return [*public, *(_NAMES[key] for key, _ in keys if key in _NAMES)]


def _result(
    program: str, name: str, status: int | None, words: str, seconds: float
) -> CompileResult:
    if status is None:
        reason = f"javac took over {seconds:.0f} s"
        return CompileResult(Verdict.UNSCORED, seconds=seconds, reason=reason)
    diagnostics = _parse(program, f"{name}.java", words)
    if status == 0:
        return CompileResult(Verdict.ACCEPTED, diagnostics, seconds)
    if status < 0:
        reason = f"javac was killed by signal {-status}"
        return CompileResult(Verdict.UNSCORED, seconds=seconds, reason=reason)
    if "java.lang.OutOfMemoryError" in words and status in _BROKEN:
        return CompileResult(Verdict.UNSCORED, seconds=seconds, reason="javac ran out of memory")
    if status in _BROKEN:
        message = words.partition("\n\tat ")[0].strip()[-400:]
        broken = Diagnostic("error", _BROKEN[status], ErrorClass.OTHER, message, 0, 0, -1, -1)
        diagnostics = (*diagnostics, broken)
    return CompileResult(Verdict.REJECTED, diagnostics, seconds)


def _run(
    command: list[str], program: str, name: str, deadline: float
) -> tuple[int | None, str, dict[str, str]]:
    """Status (None after the deadline), output, and class files of the accepted."""
    with tempfile.TemporaryDirectory(prefix="rlcf-javac-") as folder:
        source = Path(folder, f"{name}.java")
        source.write_bytes(program.encode("utf-8", "surrogatepass"))
        classes = Path(folder, _CLASSES)
        classes.mkdir()
        status, words = run_javac([*command, source.name], folder, deadline)
        return status, words, _class_files(classes) if status == 0 else {}


def run_javac(command: list[str], folder: str, deadline: float) -> tuple[int | None, str]:
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,  # no CLASSPATH, no JDK_JAVAC_OPTIONS
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        out, _ = process.communicate(timeout=deadline)
    except subprocess.TimeoutExpired:
        return None, ""
    finally:
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    return process.returncode, out.decode("utf-8", "replace")


def _class_files(folder: Path) -> dict[str, str]:
    """Binary class name -> class file in base64."""
    return {
        ".".join(path.relative_to(folder).with_suffix("").parts): b64encode(
            path.read_bytes()
        ).decode("ascii")
        for path in folder.rglob("*.class")
    }


def _parse(program: str, name: str, words: str) -> tuple[Diagnostic, ...]:
    lines = Lines(program, LF_CR)
    found = []
    for text in lines_of(words):
        match = _LINE.match(text)
        if not match:
            continue
        file, line, column, code, kind, message = match.groups()
        severity = "error" if kind == "err" else "warning"
        start = -1
        if file == name:  # a source on the class path has places of its own
            start = lines.expanded(int(line), int(column))
        place = lines.place(start)
        first, last = lines.span(start)
        found.append(
            Diagnostic(severity, code, error_class(code), message or code, *place, first, last)
        )
    return tuple(found)
