"""Headers of a project's own for C and C++: given by hand, or read from compile_commands.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rlcf.cli import main
from rlcf.cli.ownbuild import with_own_build
from rlcf.errors import UserError
from rlcf.languages import Job, Outcome, Toolchain, Verdict, headers
from trees import write_tree

USE = """#include <bits/stdc++.h>
#include <acme/one.h>
#include "beside.h"
int three() { return one() + two() + EXTRA; }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """As CMake leaves it: two sources, a folder of headers, another that is gone."""
    files = {
        "include/acme/one.h": "static inline int one() { return 1; }\n",
        "src/beside.h": "static inline int two() { return 2; }\n",
        "src/use.cpp": USE,
        "src/other.cpp": "int other() { return 4; }\n",
    }
    root = write_tree(tmp_path / "a project", files)
    (root / "build").mkdir()
    rows: list[dict[str, Any]] = [
        {
            "directory": str(root / "build"),
            "command": "c++ -I../include -isystem /no/such -DEXTRA=3 '-DNAME=\"a b\"' -c x.cpp",
            "file": "../src/use.cpp",
        },
        {
            "directory": str(root / "build"),
            "arguments": ["c++", "-I", "../include", "-D", "EXTRA=3", "-DOTHER", "-c", "o.cpp"],
            "file": str(root / "src/other.cpp"),
        },
    ]
    (root / "build" / headers.DATABASE).write_text(json.dumps(rows))
    return root


def test_a_file_gets_what_it_is_compiled_with(project: Path) -> None:
    found = headers.own_build(project / "src/use.cpp")
    assert found is not None
    places = (str(project / "include"), str(project / "src"))
    assert found.entries == (*places, "-DEXTRA=3", '-DNAME="a b"')
    assert found.missing == ("/no/such",)
    new = headers.own_build(project / "src/new.cpp")  # what all files agree on
    assert new is not None
    assert new.entries == (*places, "-DEXTRA=3")
    assert with_own_build(("auto", "more"), project / "src")[0] == (*places, "-DEXTRA=3", "more")


def test_a_database_of_no_files_says_nothing(project: Path) -> None:
    (project / "build" / headers.DATABASE).write_text("[]")
    found = headers.own_build(project)
    assert found is not None
    assert (found.entries, found.missing) == ((), ())


def test_what_cannot_be_read_is_named(project: Path, tmp_path: Path) -> None:
    assert headers.own_build(tmp_path) is None
    with pytest.raises(UserError, match=r"no compile_commands\.json at or above"):
        with_own_build(("auto",), tmp_path / "x.c")
    database = project / "build" / headers.DATABASE
    for damaged in ('{"a": 1}', "[", '[{"directory": "/"}]'):
        database.write_text(damaged)
        with pytest.raises(UserError, match="not a compilation database"):
            headers.own_build(project)
    with pytest.raises(UserError, match="class path entry gone does not exist"):
        headers.flags(["gone"])


@pytest.mark.parametrize("frontend", ["gcc", "clang"])
@pytest.mark.parametrize("language", ["c", "cpp"])
def test_programs_are_compiled_and_run_against_headers(
    project: Path, language: str, frontend: str
) -> None:
    program = USE.removeprefix("#include <bits/stdc++.h>\n") if language == "c" else USE
    wrong = program.replace("two()", "four()")
    (project / "include/acme/broken.h").write_text("inline int broken() { return nothing; }\n")
    path = [str(project / "include"), str(project / "src"), "-DEXTRA=0"]
    with Toolchain(language, frontend=frontend, class_path=path, seats=1) as compiler:
        included = "#include <acme/broken.h>\nint n;\n"
        right, rejected, broken = compiler.check([program, wrong, included])
        main = "#include <assert.h>\nint main(void) { assert(three() == 3); return 0; }\n"
        jobs = [Job(program, main), Job(program, main.replace("== 3", "== 4"))]
        outcomes = [result.outcome for result in compiler.run(jobs)]
    assert right.verdict is Verdict.ACCEPTED
    assert rejected.verdict is broken.verdict is Verdict.REJECTED
    assert outcomes == [Outcome.PASSED, Outcome.FAILED]
    assert "four" in rejected.diagnostics[0].message
    assert broken.diagnostics[0].line == 1  # where the program leads to it
    with Toolchain(language, frontend=frontend, seats=1) as compiler:
        assert compiler.check([program])[0].verdict is Verdict.REJECTED


def test_check_takes_a_project(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use = str(project / "src/use.cpp")
    with Toolchain("cpp", seats=1):  # skips where there is none
        pass
    assert main(["check", use]) == 1
    assert main(["check", use, "--class-path", "auto"]) == 0
    assert "compile_commands.json: 4 entries; not here: /no/such" in capsys.readouterr().err
    assert main(["check", str(project), "--class-path", "auto"]) == 0
