"""Several Java files in one compilation, in which they see each other; a verdict per file.

One `javac` process for all. Spans are those of the words at which diagnostics point. Does not
run anything, nor judge programs of models (`compiler`, which keeps them apart).
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rlcf.languages.java.classes import error_class
from rlcf.languages.java.plain import MARK, run_javac, without_counts
from rlcf.languages.jvm.jdk import Jdk
from rlcf.languages.positions import LF_CR, Lines
from rlcf.languages.verdict import CompileResult, Diagnostic, Verdict
from rlcf.text import lines_of

_SECONDS = 600.0
_KEY = re.compile(r"^(?:[^:]*\.java:\d+:\d+|-): (compiler\.(?:err|warn)\.[\w.\-]+)")
_LAYOUT = f"-XDdiags.layout={'|'.join([f'{MARK}%f{MARK}%o{MARK}%p%m'] * 3)}"
_WORD = re.compile(r"\w+")


def check_together(
    jdk: Jdk, files: Sequence[tuple[str, str]], class_path: Sequence[str] = ()
) -> list[CompileResult]:
    """A result for each file, given by its name and source; rejected if an error lies in it.

    All are unscored if javac ends otherwise than with a verdict.
    """
    with tempfile.TemporaryDirectory(prefix="rlcf-javac-") as folder:
        names = []
        for i, (name, source) in enumerate(files):
            path = Path(folder, str(i), Path(name).name)
            path.parent.mkdir()
            path.write_bytes(source.encode("utf-8", "surrogatepass"))
            names.append(str(path))
        classes = Path(folder, "classes")
        classes.mkdir()
        # Errors of syntax in one file leave the others to be judged too.
        command = [jdk.javac, "-encoding", "UTF-8", "-proc:none", "-J-Duser.language=en"]
        command += ["-XDshould-stop.ifError=FLOW", "-Xmaxerrs", "10000", "-d", str(classes)]
        command += ["-cp", os.pathsep.join(class_path) or str(classes)]
        status, keys = run_javac([*command, "-XDrawDiagnostics", *names], folder, _SECONDS)
        layout = [_LAYOUT, "-XDdiags.formatterOptions=-source"]
        _, words = run_javac([*command, *layout, *names], folder, _SECONDS) if keys else (0, "")
    codes = [match[1] for line in lines_of(keys) if (match := _KEY.match(line))]
    said = [part for part in _parts(words) if part[2].startswith(("error: ", "warning: "))]
    failed = any(code.startswith("compiler.err") for code in codes)
    if status not in (0, 1) or failed != (status == 1) or len(codes) != len(said):
        reason = f"javac ended with status {status}: {keys.strip()[-300:]}"
        return [CompileResult(Verdict.UNSCORED, reason=reason)] * len(files)
    found: dict[str, list[Diagnostic]] = {name: [] for name in names}
    sources = dict(zip(names, (source for _, source in files), strict=True))
    for code, (name, offset, message) in zip(codes, said, strict=True):
        if name in found:
            found[name].append(_diagnostic(sources[name], code, int(offset), message))
    return [_result(found[name]) for name in names]


def _parts(words: str) -> list[tuple[str, str, str]]:
    """File, offset and message of each diagnostic."""
    fields = words.split(MARK)[1:]
    return list(zip(fields[::3], fields[1::3], fields[2::3], strict=True))


def _diagnostic(source: str, code: str, offset: int, message: str) -> Diagnostic:
    lines = Lines(source, LF_CR)
    start = lines.of_utf16(offset)
    word = _WORD.match(source, max(start, 0))
    span = lines.span(start, word.end() if word else -1)
    severity, _, text = without_counts(message).partition(": ")
    place = lines.place(start)
    return Diagnostic(severity, code, error_class(code), text, *place, *span)


def _result(found: list[Diagnostic]) -> CompileResult:
    rejected = any(d.severity == "error" for d in found)
    return CompileResult(Verdict.REJECTED if rejected else Verdict.ACCEPTED, tuple(found))
