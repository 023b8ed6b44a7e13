"""Rust by rustc: JSON messages, metadata only; tests are linked with the harness of C and run.

A new process for each program. Besides the standard library there are the compiled crates of the
class path.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from rlcf.builds import built
from rlcf.languages import cargo, native, rust_seam
from rlcf.languages.bench import Bench, Finding, NoVerdictError, Test, believed
from rlcf.languages.classpath import parse_class_path
from rlcf.languages.language import Language
from rlcf.languages.spec import Sample, Tool
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Answer, Finished, Step
from rlcf.text import lines_of

_FLAGS = ("--edition=2021", "--error-format=json", "-Adead_code")
_LINK = ("-Cdebuginfo=0", "-o", "program")
_LINKER = "link"
_BY_LIBRARY = "harness-library.o"
_OTHER_COMPILER = ("E0460", "E0514")
"""A crate of the class path was compiled by another rustc, or against other crates."""
_NO_MAIN = "E0601"
_SUMMARY = re.compile(r"aborting due to|\d+ warnings? emitted")


class Rust(Language):
    """Rust 2021."""

    name = "rust"
    title = "Rust"
    tools = (Tool("rustc"), Tool("gcc"))
    install = "apt-get install rustc gcc"
    mark_counts = False
    sample = Sample(
        good="fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n",
        bad="fn add(a: i32, b: i32) -> i32 {\n    a + c\n}\n",
        tests="fn main() {\n    assert_eq!(add(1, 2), 3);\n}\n",
    )
    errors = (
        (ErrorClass.UNRESOLVED_NAME, r"^E0(405|407|412|416|422|423|424|425|426|432|433|437|438)"),
        (
            ErrorClass.UNRESOLVED_NAME,
            r"^E0(531|532|559|560|576|583|599|603|609|610|616)|^: cannot find",
        ),
        (ErrorClass.MISSING_RETURN, r"implicitly returns|may be missing an else"),
        (ErrorClass.UNINITIALISED, r"^E0381"),
        (ErrorClass.UNREACHABLE, r"unreachable"),
        (ErrorClass.SYNTAX, r"^: (expected|unexpected|this file contains|mismatched closing)"),
        (
            ErrorClass.SYNTAX,
            r"^: (unclosed|unterminated|unknown start|missing|incorrect|invalid)|^E0(586|758|765)",
        ),
        (ErrorClass.TYPE_MISMATCH, r"^E0(023|026|027|029|040|050|053|057|06\d|07\d|1\d\d|2[67]\d)"),
        (ErrorClass.TYPE_MISMATCH, r"^E0(282|283|308|309|310|369|384|600|604|605|606|607|608|614)"),
        (ErrorClass.TYPE_MISMATCH, r"^E0(618|620|689)"),
    )
    check_failure = r"assertion failed|assertion `"
    error_line = r"(?<= panicked at ).*(?:\n(?!note: ).*)?"
    own_memory_mb = 16
    own_cpu_seconds = 0.0

    def __init__(self, class_path: Sequence[str] = ()) -> None:
        """With compiled crates, and folders of such.

        Raises:
            UserError: one does not exist.
        """
        self.crates = cargo.flags(parse_class_path(class_path))

    def prepare(self) -> None:
        """The harness."""
        self._built  # noqa: B018 - made when it is first asked for

    def readable(self) -> Sequence[str]:
        """The compiler and its library, wherever rustup keeps them; the harness; crates."""
        return [str(self._root), str(self._built), *cargo.places(self.crates)]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """Everything but code.

        With a `main` it is a program, else a library: what that does not use is for its tests.
        """
        if rust_seam.may_have_main(program):
            found = self._check(bench, program, "bin")
            if not any(finding.code == _NO_MAIN for finding in found):
                return found
        found = self._check(bench, program, "lib")
        return [replace(f, severity="warning") if f.code == "dead_code" else f for f in found]

    def _check(self, bench: Bench, program: str, kind: str) -> list[Finding]:
        words = (f"--crate-type={kind}", "--emit=metadata", "-o", "program.rmeta")
        return _findings(bench.tool(self._compile(bench, program, words)).last)

    def run(self, bench: Bench, test: Test) -> Answer | Sequence[Finding]:
        """Compile with what tells the harness of the tests' end, link, run."""
        library = rust_seam.is_library_test(test)
        harness = native.Harness.of(self._built, _BY_LIBRARY if library else native.OBJECT)
        source = rust_seam.sealed(test, harness.word)
        words = [*_LINK, f"-Clinker={self._built / _LINKER}", "-Clinker-flavor=gcc"]
        words += ["--test", "-Clink-arg=-Wl,--wrap=main"] if library else ["--crate-type=bin"]
        build = self._compile(bench, source or "", words)
        build = replace(build, files={**build.files, native.OBJECT: harness.object})
        start = Step(("./program",), stdin=test.token, limits=test.limits)
        answer = bench.execute(build, start) if source else None
        if answer is None or len(answer.steps) == 1:
            plain = ("--crate-type=bin", *_LINK, f"-Clinker={self.tool('gcc')}")
            found = _findings(bench.tool(self._compile(bench, test.source, plain)).last)
            if not any(finding.severity == "error" for finding in found):
                found.append(Finding("the tests have no main, or not the one they say"))
            return found
        return answer

    def _compile(self, bench: Bench, source: str, words: Sequence[str]) -> Step:
        rustc = str(self._root / "bin" / "rustc")
        command = (rustc, *_FLAGS, *self.crates, *words, "program.rs")
        step = Step(command, {"program.rs": source}, processes=True)
        return replace(step, limits=bench.compile_limits)

    @cached_property
    def _root(self) -> Path:
        words = [self.tool("rustc"), "--print", "sysroot"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        return Path(done.stdout.strip() or "/usr")

    @cached_property
    def _built(self) -> Path:
        return built(self.name, (self.tool("gcc"), native.HARNESS.read_bytes()), self._build)

    def _build(self, folder: Path) -> None:
        gcc = self.tool("gcc")
        native.build(gcc, folder)
        native.build(gcc, folder, "-DREAL_MAIN", name=_BY_LIBRARY)
        linker = folder / _LINKER  # the harness comes first: so do its constructors
        linker.write_text(f'#!/bin/sh\nexec {shlex.quote(gcc)} {native.OBJECT} "$@"\n')
        linker.chmod(0o755)


def _findings(finished: Finished) -> list[Finding]:
    lines = [line for line in lines_of(finished.err) if line.startswith("{")]
    found = [f for line in lines for f in _finding(json.loads(line))]
    for finding in found:
        if finding.code in _OTHER_COMPILER:
            raise NoVerdictError(f"{finding.message}: build the project anew with this rustc")
    return believed(finished, found)


def _finding(item: dict[str, Any]) -> Iterator[Finding]:
    spans = [span for span in item["spans"] if span["is_primary"]] or [{}]
    if item["level"] not in ("error", "warning"):
        return
    if not item["spans"] and _SUMMARY.match(item["message"]):  # `compile_error!` has a place
        return
    at = _inside(spans[0])
    for child in item.get("children", ()):  # what was instantiated, where it is the library's
        for span in () if at else child["spans"]:
            at = at or _inside(span)
    yield Finding(
        message=item["message"],
        code=(item["code"] or {}).get("code", ""),
        line=at.get("line_start", 0),
        column=at.get("column_start", 0),
        end_line=at.get("line_end", 0),
        end_column=at.get("column_end", 0),
        severity=item["level"],
    )


def _inside(span: dict[str, Any]) -> dict[str, Any]:
    """The place in the program: where it called a macro of the library, or nowhere."""
    while span.get("file_name") != "program.rs" and span.get("expansion"):
        span = span["expansion"]["span"]
    return span if span.get("file_name") == "program.rs" else {}
