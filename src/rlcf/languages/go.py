"""Go: the standard library's own type checker in a warm worker; tests compiled and linked anew.

A program alone may import what only its tests use: unused imports are warnings there, and
errors together with the tests, as they are for `go build`. Besides the standard library there are
the packages of the modules on the class path.
"""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from rlcf.builds import built, cache, cache_root, command, folder_of
from rlcf.languages import go_modules
from rlcf.languages.bench import Bench, Finding, Test
from rlcf.languages.classpath import folders
from rlcf.languages.language import Language
from rlcf.languages.ownbuild import nearest
from rlcf.languages.spec import Sample, Tool
from rlcf.languages.verdict import ErrorClass
from rlcf.sandbox.cell import Answer, Step

_WORKER = Path(__file__).parent / "workers" / "go_worker.go"
_HARNESS = """package main

import (
    rlcfio "io"
    rlcfos "os"
)

var NAME_token = func() []byte { all, _ := rlcfio.ReadAll(rlcfos.Stdin); return all }()

func NAME_told(status int) int {
    if status == 0 && rlcfos.WriteFile("done", NAME_token, 0600) != nil {
        rlcfos.Exit(1)
    }
    return status
}

func main() {
    NAME()
    NAME_told(0)
}
"""


class Go(Language):
    """Go 1.18 or newer."""

    name = "go"
    title = "Go"
    tools = (Tool("go", version=("version",)),)
    install = "apt-get install golang-go"
    columns = "bytes"
    sample = Sample(
        good='package main\n\nimport "os"\n\nfunc add(a int, b int) int { return a + b }\n',
        bad='package main\n\nimport "os"\n\nfunc add(a int, b int) int { return a + c }\n',
        tests='func main() {\n\tif add(1, 2) != 3 {\n\t\tpanic("they are not equal")\n\t}\n'
        "\t_ = os.Args\n}\n",
    )
    errors = (
        (ErrorClass.MISSING_RETURN, r"missing return"),
        (ErrorClass.SYNTAX, r"^syntax"),
        (ErrorClass.UNRESOLVED_NAME, r"undeclared|undefined|could not import|has no field"),
        (ErrorClass.TYPE_MISMATCH, r"cannot use|mismatched|cannot convert|invalid (op|arg)"),
        (ErrorClass.TYPE_MISMATCH, r"too many|not enough|assignment mismatch|must be|cannot"),
    )
    error_line = r"^(panic|fatal error): .*$"
    own_memory_mb = 48
    own_cpu_seconds = 0.1

    def __init__(self, class_path: Sequence[str] = ()) -> None:
        """With folders of modules, whose packages and dependencies programs import.

        Raises:
            UserError: an entry does not exist.
        """
        own = (nearest(Path(each), (go_modules.MANIFEST,)) for each in folders(class_path))
        self.modules = tuple(dict.fromkeys(file.parent for file in own if file))

    def prepare(self) -> None:
        """The worker and the export data of what programs may import."""
        self._built  # noqa: B018 - made when it is first asked for

    def readable(self) -> Sequence[str]:
        """What was built, and Go itself."""
        return [str(self._built), self._root]

    def worker(self) -> Sequence[str]:
        """The compiled worker."""
        return [str(self._built / "worker"), str(self._built / "importcfg"), self._root]

    def check(self, bench: Bench, program: str) -> Sequence[Finding]:
        """By the worker; imports may be meant for the tests."""
        found = [Finding(**f) for f in bench.ask(source=program)["findings"]]
        return [replace(f, severity="warning") if _unused_import(f) else f for f in found]

    def run(self, bench: Bench, test: Test) -> Answer | Sequence[Finding]:
        """Check strictly, rename the tests' `main`, compile, link, run.

        The `main` of ours calls it and tells its end; so does `os.Exit` in the tests' own lines.
        """
        program = test.program
        if not program.endswith("\n") and not test.tests.startswith("\n"):
            program += "\n"  # else a last comment takes a line of the tests
        source = program + test.tests
        answer = bench.ask(source=source, tests=len(program.encode("utf-8", "replace")))
        found = [Finding(**f) for f in answer["findings"]]
        if found:
            return found
        if answer["main"] < 0:
            return [Finding("function main is undeclared in the tests", "type")]
        name = "tests_" + secrets.token_hex(8)
        data = source.encode("utf-8", "replace")
        edits = [(answer["main"], answer["main"] + len("main"), name)]
        for begin, end in answer["exits"]:
            edits += [(begin, begin, f"{name}_told("), (end, end, ")")]
        for begin, end, text in sorted(edits, reverse=True):
            data = data[:begin] + text.encode() + data[end:]
        files: dict[str, str | bytes] = {
            "a.go": _HARNESS.replace("NAME", name),
            "program.go": data,
        }
        imports = ("-importcfg", str(self._built / "importcfg"))
        go, limits = self.tool("go"), bench.compile_limits
        environment = {"GOROOT": self._root, "GOCACHE": "off", "GO111MODULE": "off"}
        compile_ = (go, "tool", "compile", "-p", "main", *imports, "-o", "p.a")
        link = (go, "tool", "link", "-s", "-w", *imports, "-o", "program", "p.a")
        steps = (
            Step((*compile_, "a.go", "program.go"), files, (), environment, "", True, limits),
            Step(link, {}, (), environment, "", True, limits),
            Step(("./program",), stdin=test.token, limits=test.limits),
        )
        ended = bench.execute(*steps)
        if len(ended.steps) < len(steps):
            said = ended.last.out + ended.last.err
            bench.tool(*steps[:2])  # a limit or a crash is not the program's
            return [Finding(said.strip()[:300] or "does not link", "type")]
        return ended

    @cached_property
    def _root(self) -> str:
        words = [self.tool("go"), "env", "GOROOT"]
        return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()

    @cached_property
    def _built(self) -> Path:
        return built("go", self._key, self._build)

    @cached_property
    def _key(self) -> tuple[str | bytes, ...]:
        # Files of Go's cache are named by what is in them.
        return (self._root, *self.versions(), _WORKER.read_bytes(), *self._own_exports)

    @cached_property
    def _own_exports(self) -> tuple[str, ...]:
        go, environment = self.tool("go"), self._environment
        each = (go_modules.packages(go, module, environment) for module in self.modules)
        return tuple(dict.fromkeys(line for found in each for line in found.exports))

    @property
    def _environment(self) -> dict[str, str]:
        # Go's own cache is in the home directory as well.
        own = {"GOCACHE": str(cache_root() / "go")} if cache().trouble else {}
        return {**go_modules.OFFLINE, **own}

    def _build(self, folder: Path) -> None:
        go = self.tool("go")
        environment = {**self._environment, "GO111MODULE": "off"}
        command(go, "build", "-o", str(folder / "worker"), str(_WORKER), env=environment)
        exports = self._own_exports or go_modules.packages(go, None, environment).exports
        lines = []
        for number, line in enumerate(exports):
            what, _, file = line.partition("=")
            if not file.startswith(self._root):  # in a cache that may be emptied
                copy = folder / f"{number}.a"
                copy.write_bytes(Path(file).read_bytes())
                file = str(self._final() / copy.name)
            lines.append(f"{what}={file}")
        (folder / "importcfg").write_text("\n".join(lines) + "\n")

    def _final(self) -> Path:
        return folder_of("go", self._key)


def _unused_import(finding: Finding) -> bool:
    return finding.code == "soft" and "imported" in finding.message
