"""What C and C++ share: compilers' diagnostics, a harness around `main`, native programs.

A program alone is only parsed and checked. With its tests it is linked with a small harness
(`native`) that the linker calls instead of `main` (`--wrap`): it takes the token before the
program's first constructor and calls the tests' `main`.
Optimisation is off: compiling is most of the cost. GCC's messages are read in
`gcc_messages`, clang's in `clang`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from rlcf.builds import built, command
from rlcf.errors import UserError
from rlcf.languages import clang, gcc_messages, headers, native
from rlcf.languages.bench import Bench, Finding, Test, believed, refuse_broken
from rlcf.languages.classpath import MACRO, folders
from rlcf.languages.language import Language
from rlcf.languages.positions import LF_CR
from rlcf.languages.spec import Tool
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Answer, Finished, Step

_FIRST_INCLUDE = re.compile(r"(?:\s|//[^\n]*\n|/\*.*?\*/)*#\s*include\s*<([\w./+]+)>", re.DOTALL)


class Gcc(Language):
    """A language of the GNU compiler collection, which clang knows too."""

    columns = "bytes"
    line_ends = LF_CR
    line_directive = r"^[ \t]*#[ \t]*(?:line\b|\d)(?:\\\r?\n|.)*"
    errors = (
        (ErrorClass.UNRESOLVED_NAME, r"not declared|does not name|undeclared|no member named"),
        (ErrorClass.UNRESOLVED_NAME, r"is not a member|No such file|undefined ref|implicit decl"),
        (ErrorClass.UNRESOLVED_NAME, r"unknown type name|has not been declared"),
        (ErrorClass.MISSING_RETURN, r"-Wreturn-type|no return statement|no value, in function"),
        (ErrorClass.UNINITIALISED, r"uninitialized"),
        (ErrorClass.SYNTAX, r": expected|stray|missing terminating|unterminated|at end of input"),
        (ErrorClass.TYPE_MISMATCH, r"convert|conversion|no match|invalid (operand|type|use)"),
        (ErrorClass.TYPE_MISMATCH, r"incompatible|too (few|many) arg|request for member|lvalue"),
        (ErrorClass.TYPE_MISMATCH, r"different types|cannot bind|conflicting|no matching"),
        *clang.ERRORS,
    )
    own_memory_mb = 16
    own_cpu_seconds = 0.0
    frontends: ClassVar[dict[str, tuple[str, str]]]
    """By name, the compiler and the one command that installs it."""
    extension: ClassVar[str]
    flags: ClassVar[tuple[str, ...]]
    header: ClassVar[str] = ""
    """A standard header that is compiled in advance."""

    def __init__(self, frontend: str = "gcc", class_path: Sequence[str] = ()) -> None:
        """With `gcc` or `clang`, and folders of headers.

        Raises:
            UserError: another compiler, or a folder that does not exist.
        """
        if frontend not in self.frontends:
            known = " or ".join(self.frontends)
            raise UserError(f"unknown frontend {frontend!r} of {self.title}: use {known}")
        self.frontend = frontend
        self.mark_counts = frontend == "clang"
        self.compiler, self.install = self.frontends[frontend]
        self.tools = (Tool(self.compiler),)
        self.headers = headers.flags(class_path)
        self._folders = folders(class_path)

    def prepare(self) -> None:
        """The harness and the precompiled header."""
        self._built()

    def readable(self) -> Sequence[str]:
        """What was built, and headers."""
        return [str(self._built()), *self._folders]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """Parse and check, without code."""
        return self._judge(bench, program, "-fsyntax-only")

    def run(self, bench: Bench, test: Test) -> Answer | Sequence[Finding]:
        """Compile, link with the harness, and run what came out."""
        harness = native.Harness.of(self._built())
        files = native.files(test, self.extension, harness, lambda: self._standard)
        words = ("-Wl,--wrap=main", "-o", "program", "-lm")
        build = replace(self._compile(test.source, *words, linked=(native.OBJECT,)), files=files)
        start = Step(("./program",), stdin=test.token, limits=test.limits)
        answer = bench.execute(replace(build, limits=bench.compile_limits), start)
        if len(answer.steps) == 1:
            found = self._judge(bench, test.source, "-o", "program", "-lm")
            if not any(finding.severity == "error" for finding in found):
                found.append(Finding("the program changes what its tests say"))
            return found
        return answer

    def _judge(self, bench: Bench, source: str, *more: str) -> list[Finding]:
        """Findings with their ends from JSON; from plain lines where that is too long.

        GCC 12 prints no JSON at all once it has stopped at a greatest number of errors.
        """
        if self.frontend == "clang":
            last = bench.tool(self._compile(source, *more)).last
            return believed(last, [*clang.findings(last.err), *gcc_messages.linker(last)])

        def plain() -> Finished:
            return bench.tool(self._compile(source, *more, format=gcc_messages.PLAIN)).last

        last = bench.execute(
            replace(self._compile(source, *more), limits=bench.compile_limits)
        ).last
        if last.limit != "output":
            refuse_broken(last)
            with suppress(json.JSONDecodeError):
                return gcc_messages.findings(last, plain)
        last = plain()
        return gcc_messages.findings(last, lambda: last)

    def _compile(
        self,
        source: str,
        *more: str,
        format: Sequence[str] = gcc_messages.JSON,
        linked: Sequence[str] = (),
    ) -> Step:
        name = f"program.{self.extension}"
        words: tuple[str, ...] = ("-I", str(self._built()), *format, "-pipe")
        if self.frontend == "clang":
            words = clang.FORMAT
            first = _FIRST_INCLUDE.match(source)
            macros = any(word.startswith(MACRO) for word in self.headers)
            if first and first[1] == self.header and not macros:  # it was built without them
                words += ("-include-pch", str(self._built() / clang.PRECOMPILED))
        return Step(
            (self.tool(self.compiler), *self.flags, *self.headers, *words, *linked, name, *more),
            files={name: source},
            processes=True,
        )

    def _built(self) -> Path:
        return built(self.name, self._key, self._build)

    @cached_property
    def _standard(self) -> native.Standard:
        return native.Standard.of(self._built())

    @cached_property
    def _key(self) -> tuple[str | bytes, ...]:
        harness = native.HARNESS.read_bytes()
        return (self.tool(self.compiler), *self.versions(), harness, *self.flags, self.header)

    def _build(self, folder: Path) -> None:
        compiler = self.tool(self.compiler)
        native.build(compiler, folder)
        native.build_standard((compiler, *self.flags), self.extension, self.header, folder)
        if self.header:
            out = f"{self.header}.gch"
            (folder / out).parent.mkdir(parents=True, exist_ok=True)
            if self.frontend == "clang":
                out = clang.PRECOMPILED
            # No file of the folder is named: clang remembers paths, and the folder moves.
            words = ("-include", self.header, "-x", "c++-header", os.devnull, "-o", out)
            command(compiler, *self.flags, *words, cwd=folder)
