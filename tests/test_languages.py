"""Languages besides Java: verdicts, places, outcomes, and what is said of absent ones."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

import rlcf
from rlcf.cli.languages import one_command
from rlcf.errors import UserError
from rlcf.languages import (
    ErrorClass,
    Job,
    Limits,
    Outcome,
    Toolchain,
    Verdict,
    registry,
)
from rlcf.languages.jvm.language import JvmLanguage
from rlcf.languages.open_types import closers
from rlcf.languages.positions import Lines
from rlcf.languages.registry import load, names
from rlcf.sandbox.cell import Cell, Step

sys.path.insert(0, str(Path(__file__).parent / "hostile"))
sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from language_attacks import ATTACKS, BOMBS, COMPILE, DEEP, EXPECTED, program

import languages_table

OTHERS = [name for name in names() if name != "java"]
NOTHING = {
    "PATH": "/nowhere",
    "HOME": "/nowhere",
    "XDG_CACHE_HOME": "/nowhere",
    "PYTHONPATH": str(Path(rlcf.__file__).parents[1]),
}
"""The environment of a machine without any tool."""
LIMITS = Limits(wall_seconds=8.0, cpu_seconds=1.0, memory_mb=256)


def need(name: str) -> None:
    """Skip where a language's tools are absent."""
    load(name)().require()
    if sys.platform != "linux":
        pytest.skip("the jail is Linux only")


@pytest.fixture(scope="module")
def tools() -> Iterator[Callable[[str], Toolchain]]:
    """A toolchain for each language, kept: some take seconds to start."""
    made: dict[str, Toolchain] = {}

    def get(name: str) -> Toolchain:
        if name not in made:
            seats = 1 if issubclass(load(name), JvmLanguage) else 0
            made[name] = Toolchain(name, seats=seats, deadline_seconds=5.0)
        return made[name]

    yield get
    for toolchain in made.values():
        toolchain.close()


Tools = Callable[[str], Toolchain]


@pytest.mark.parametrize("name", OTHERS)
def test_sample(name: str, tools: Tools) -> None:
    """A right program is accepted and passes, a wrong one is rejected where it is wrong."""
    need(name)
    language = load(name)
    sample = language.sample
    toolchain = tools(name)
    commented = sample.good.replace("\n", f"\n{language.comment} it's /* a {{ \"\n", 1)
    good, bad, also_good = toolchain.check([sample.good, sample.bad, commented])
    assert good.verdict is Verdict.ACCEPTED, good
    assert also_good.verdict is Verdict.ACCEPTED, also_good
    assert bad.verdict is Verdict.REJECTED, bad
    first = bad.errors[0]
    assert first.error_class is not ErrorClass.OTHER
    assert 0 <= first.start < first.end <= len(sample.bad)
    assert sample.bad.count("\n", 0, first.start) + 1 == first.line
    jobs = [
        Job(sample.good, sample.tests, sample.entry_point),
        Job(re.sub(r"a \+ (\$?b)", r"a - \1", sample.good), sample.tests, sample.entry_point),
        Job(sample.bad, sample.tests, sample.entry_point),
        Job(sample.good, "", sample.entry_point),
    ]
    outcomes = [result.outcome for result in toolchain.run(jobs, LIMITS)]
    assert outcomes == [Outcome.PASSED, Outcome.FAILED, Outcome.NOT_RUN, Outcome.NOT_RUN]


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_hostile_programs(name: str, tools: Tools) -> None:
    """No attack passes, each ends as it should, and a right program then still passes."""
    need(name)
    sample = load(name).sample
    attacks = ATTACKS[name]
    jobs = [Job(program(name, sample.good, a), sample.tests, "add") for a in attacks.values()]
    jobs.append(Job(sample.good, sample.tests, "add"))
    results = tools(name).run(jobs, LIMITS)
    wrong = {
        attack: (str(result.outcome), result.detail)
        for attack, result in zip(attacks, results, strict=False)
        if result.outcome not in EXPECTED[attack]
    }
    assert wrong == {}
    assert results[-1].outcome is Outcome.PASSED


@pytest.mark.parametrize("name", sorted(DEEP))
def test_deep_nesting_harms_no_other_program(name: str, tools: Tools) -> None:
    need(name)
    sample = load(name).sample
    results = tools(name).check([DEEP[name], sample.good, sample.bad])
    assert [r.verdict for r in results[1:]] == [Verdict.ACCEPTED, Verdict.REJECTED]


@pytest.mark.parametrize("name", sorted(BOMBS))
def test_compile_time_bombs_end(name: str, tools: Tools) -> None:
    """Each has a verdict, no bomb is accepted, and a right program after them is."""
    need(name)
    sample = load(name).sample
    results = tools(name).check([*BOMBS[name].values(), sample.good])
    accepted = [
        bomb for bomb, r in zip(BOMBS[name], results, strict=False) if r.verdict == "accepted"
    ]
    assert accepted == []
    assert results[-1].verdict is Verdict.ACCEPTED, results[-1]


@pytest.mark.parametrize("name", sorted(COMPILE))
def test_attacks_on_the_compiler_are_not_accepted(name: str, tools: Tools) -> None:
    need(name)
    (result,) = tools(name).check([COMPILE[name]])
    assert result.verdict is not Verdict.ACCEPTED
    assert "root:" not in str(result)


def test_scala_sees_nothing_of_earlier_programs(tools: Tools) -> None:
    """The compiler is used again, and what was declared before is not there."""
    need("scala")
    declares = "class Foo { def x = 1 }\nobject Bar { val y = 2 }\ncase class Baz(a: Int)\n"
    sees = ["object M { new Foo }", "object M { Bar.y }", "object M { Baz(1) }"]
    clash = "case class Baz(s: Int)\nobject M { Baz(Foo.z) }\nobject Foo { val z = 1 }\n"
    results = tools("scala").check([declares, *sees, clash])
    said = [str(r.verdict) for r in results]
    assert said == ["accepted", "rejected", "rejected", "rejected", "accepted"]


def test_what_a_cell_may_read_below_tmp_stays() -> None:
    """A checkout or a cache below /tmp is shown to programs there, where a cell cleans up."""
    need("python")
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    (folder / "kept").write_text("kept")
    folder.chmod(0o755)
    cell = Cell([str(folder / "kept")])
    step = Step(("/bin/cat", str(folder / "kept")), {"other": "x"})
    said = [cell.run([step]).last.out for _ in range(2)]
    cell.close()
    shutil.rmtree(folder)
    assert said == ["kept", "kept"]


@pytest.mark.parametrize("name", ["php", "ruby", "lua"])
def test_tests_that_do_not_compile_are_told_apart(name: str, tools: Tools) -> None:
    """The program alone is accepted; what is wrong with both together is said as such."""
    need(name)
    (result,) = tools(name).run([Job(load(name).sample.good, "if (((\n", "")], LIMITS)
    assert result.outcome is Outcome.ERROR
    assert result.compile is not None
    assert result.compile.verdict is Verdict.REJECTED
    assert "with its tests" in result.detail


def test_offsets_count_characters() -> None:
    need("c")
    source = 'const char *s = "äöü"; int x = y;\n'
    compiler = Toolchain("c", seats=1)
    (result,) = compiler.check([source])
    compiler.close()
    first = result.errors[0]
    assert source[first.start : first.end] == "y"


@pytest.mark.parametrize("count", [30, 3000])
def test_programs_with_many_errors_are_rejected(count: int, tools: Tools) -> None:
    """GCC's JSON grows beyond what is read of a tool's output; the verdict does not suffer."""
    need("cpp")
    source = "".join(f"int f{i}() {{ return x{i}; }}\n" for i in range(count))
    (result,) = tools("cpp").check([source])
    assert result.verdict is Verdict.REJECTED, result.reason
    first = result.errors[0]
    assert source[first.start : first.end] == "x0"
    assert len(result.errors) >= 20


def test_lines() -> None:
    lines = Lines("aä\n😀b\n")
    assert lines.offset(1, 2) == 1
    assert lines.offset(2, 5, "bytes") == 4
    assert lines.offset(2, 3, "utf16") == 4
    assert lines.offset(9, 1) == 6
    assert lines.offset(0, 0) == -1
    assert lines.place(4) == (2, 2)


def test_closers() -> None:
    assert closers("class A { void f() { } ") == "\n}"
    assert closers("namespace N { class A { ") == "\n}}"
    assert closers("class A { void f() { ") == ""
    assert closers('class A { string s = "}"; // }\n') == "\n}"
    assert closers("class A { }") == ""


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("c", {"frontend": "clang"}),
        ("cpp", {"frontend": "clang"}),
        ("python", {"types": "mypy"}),
        ("python", {"types": "ty"}),
    ],
)
def test_other_front_ends(name: str, option: dict[str, str]) -> None:
    """They accept and reject the sample, say where, and run its tests."""
    language, sample = load(name)(**option), load(name).sample
    language.require()
    with Toolchain(name, **option) as toolchain:
        good, bad = toolchain.check([sample.good, sample.bad])
        jobs = [Job(text, sample.tests, sample.entry_point) for text in (sample.good, sample.bad)]
        outcomes = [result.outcome for result in toolchain.run(jobs, LIMITS)]
    assert (good.verdict, bad.verdict) == (Verdict.ACCEPTED, Verdict.REJECTED)
    assert bad.errors[0].error_class is ErrorClass.UNRESOLVED_NAME
    assert sample.bad[bad.errors[0].start : bad.errors[0].end] == "c"
    assert outcomes == [Outcome.PASSED, Outcome.NOT_RUN]


def test_clang_with_and_without_the_precompiled_header() -> None:
    """The same verdicts and places; names that no header brings stay unknown."""
    make: Any = load("cpp")
    make(frontend="clang").require()
    body = "using namespace std;\nint f(int a) { vector<int> v; string s = a; return v.size(); }\n"
    compiler = Toolchain("cpp", frontend="clang")
    texts = [
        f"// é\n#include <bits/stdc++.h>\n{body}",
        f"#include <vector>\n#include <map>\n{body}",
    ]
    whole, parts, none = compiler.check([*texts, "int f() { return std::abs(-1); }\n"])
    compiler.close()
    assert whole.errors[0].error_class is ErrorClass.TYPE_MISMATCH
    assert whole.errors[0].line == 4
    assert texts[0][whole.errors[0].start : whole.errors[0].end] == "s"
    assert [r.verdict for r in (whole, none)] == [Verdict.REJECTED] * 2
    assert parts.verdict is Verdict.REJECTED
    assert none.errors[0].error_class is ErrorClass.UNRESOLVED_NAME


@pytest.mark.parametrize("types", ["mypy", "ty"])
def test_types_are_checked_where_they_are(types: str) -> None:
    make: Any = load("python")
    make(types=types).require()
    texts = [
        "def f(a: int) -> str:\n    return 'e', a + 1\n",
        "def f(a: int) -> int:\n    if a:\n        return 1\n",
        "import numpy\n\ndef f(a):\n    return a.b + numpy.zeros(1)\n",
        "def f(words):\n    found = {}\n    return [found.get(w) for w in words]\n",
        "def f(a: int) -> int:\n    return a.size\n",
    ]
    compiler = Toolchain("python", types=types)
    wrong, open_end, untyped, bare, unknown = compiler.check(texts)
    compiler.close()
    assert wrong.errors[0].error_class is ErrorClass.TYPE_MISMATCH
    assert texts[0][wrong.errors[0].start : wrong.errors[0].end] == "'e', a + 1"
    assert open_end.errors[0].error_class is ErrorClass.MISSING_RETURN
    assert untyped.verdict is Verdict.ACCEPTED
    assert bare.verdict is Verdict.ACCEPTED, "a dict that lacks an annotation is no error"
    assert unknown.errors[0].error_class is ErrorClass.UNRESOLVED_NAME


def test_unknown_options_and_languages_are_named() -> None:
    with pytest.raises(UserError, match="gcc or clang"):
        Toolchain("cpp", frontend="icc")
    with pytest.raises(UserError, match="none, mypy, ty"):
        Toolchain("python", types="pytype")
    with pytest.raises(UserError, match="cobol"):
        Toolchain("cobol")
    with pytest.raises(UserError, match="wrokers"):
        Toolchain("lua", wrokers=1)


def test_absent_tools_are_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UserError, match=r"Lua is not ready here.*apt-get install lua5\.4"):
        Toolchain("lua")


def test_listing_works_without_any_tool() -> None:
    """`rlcf languages` where PATH is empty: says what is missing and how to get it."""
    done = subprocess.run(
        [sys.executable, "-m", "rlcf", "languages"],
        env=NOTHING,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        if line.startswith("cpp"):
            assert "g++" in line
    assert re.search(r"^  apt-get install .*\bruby\b.* && npm install ", done.stdout, re.MULTILINE)


def test_one_command_installs_all() -> None:
    npm = "npm install --no-fund --prefix /x"
    lines = ["apt-get install a b", f"{npm} t@1", "apt-get install b c", f"{npm} u"]
    assert one_command(lines) == (
        "apt-get install a b c && npm install --no-fund --prefix /x t@1 u"
    )
    assert one_command(["get the tool by hand"]) == "get the tool by hand"


def test_tests_of_absent_languages_skip_with_the_reason() -> None:
    """This file's own tests where PATH is empty: no failure, and each skip says what is missing.

    The last line adds up what brings it.
    """
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            __file__,
            "-q",
            "-rs",
            "-k",
            "test_sample",
            "-p",
            "no:cacheprovider",
        ],
        env=NOTHING,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    for words in ("ruby: ruby not found", "no JDK: scripts/ensure_jdk.sh", "rustc, gcc not found"):
        assert words in done.stdout
    last = done.stdout.splitlines()[-1]
    assert re.fullmatch(
        r"(\d+) skipped; what they want comes: \d+ by scripts/ensure_toolchains\.sh, "
        r"\d+ by scripts/ensure_jdk\.sh",
        last,
    ), last


def test_another_package_registers_a_language(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("Moon", "rlcf.languages.lua:Lua", registry.GROUP)
    monkeypatch.setattr(registry, "_registered", lambda: {"moon": entry})
    assert "moon" in registry.names()
    assert load("moon").title == "Lua"
    broken = EntryPoint("Moon", "no_such_package:Lua", registry.GROUP)
    monkeypatch.setattr(registry, "_registered", lambda: {"moon": broken})
    with pytest.raises(UserError, match="cannot be loaded"):
        load("moon")


def test_the_page_has_the_measured_table() -> None:
    """docs/languages.md is what benchmarks/languages_table.py makes of the results."""
    page = (Path(__file__).parents[1] / "docs" / "languages.md").read_text(encoding="utf-8")
    assert languages_table.replaced(page, *languages_table.load()) == page
