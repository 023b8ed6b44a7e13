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
from rlcf.languages.java.plain import MARK, run_javac, whole, without_counts
from rlcf.languages.jvm.jdk import Jdk
from rlcf.languages.positions import LF_CR, Lines
from rlcf.languages.verdict import CompileResult, Diagnostic, Verdict
from rlcf.text import lines_of

_SECONDS = 600.0
_KEY = re.compile(r"^(?:[^:]*\.java:\d+:\d+: |- )(compiler\.(?:err|warn)\.[\w.\-]+)")
_PLACE = "\x1f"
# Without a position javac may have no file either, and breaks where one is asked for.
_SAID = (f"%p%m{_PLACE}%f{_PLACE}%o{_PLACE}", "%p%m", "%p%m")
_LAYOUT = f"-XDdiags.layout={'|'.join(MARK + one for one in _SAID)}"
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
        command += ["-Xdiags:compact"]  # as it is unless keys are asked for
        command += ["-XDshould-stop.ifError=FLOW", "-Xmaxerrs", "10000", "-d", str(classes)]
        command += ["-cp", os.pathsep.join(class_path) or str(classes)]
        status, keys = run_javac([*command, "-XDrawDiagnostics", *names], folder, _SECONDS)
        layout = [_LAYOUT, "-XDdiags.formatterOptions=-source"]
        _, words = run_javac([*command, *layout, *names], folder, _SECONDS) if keys else (0, "")
    codes = [match[1] for line in lines_of(keys) if (match := _KEY.match(line))]
    said = [_parts(part) for part in whole(words.split(MARK)[1:])]
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


def _parts(words: str) -> tuple[str, str, str]:
    """File, offset and message of a diagnostic; an empty file where it has no position."""
    message, *place = words.split(_PLACE)
    if not place:
        return "", "-1", message
    name, offset, clauses = place
    return name, offset, message + clauses


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
