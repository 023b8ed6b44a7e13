"""A project's own packages for Go, Rust, Kotlin and Scala: given by hand, or by its build files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from rlcf.cli import main
from rlcf.cli.ownbuild import with_own_build
from rlcf.errors import UserError
from rlcf.languages import Job, Outcome, Toolchain, Verdict, cargo, go_modules
from rlcf.languages.classpath import parse_class_path
from rlcf.languages.java import find_jdk
from trees import write_tree

GO = """package main

import "example.com/own/inner"

func twice() int { return 2 * inner.One() }
"""
GO_TESTS = """
func main() {
	if twice() != 2 {
		panic("not equal")
	}
}
"""
RUST = "use acme_lib::one;\npub fn twice() -> i32 {\n    2 * one()\n}\n"
RUST_TESTS = "fn main() {\n    assert_eq!(twice(), 2);\n}\n"
CARGO = """[package]
name = "own"
version = "1.0.0"

[dependencies]
acme-lib = "1"
gone = { version = "2" }
perhaps = { version = "1", optional = true }
"""
ACME = "package acme; public class One { public static int one() { return 1; } }\n"
KOTLIN = "import acme.One\nfun twice(): Int = 2 * One.one()\n"
SCALA = "object Main extends App {\n  def twice(): Int = 2 * acme.One.one()\n"
JVM = {
    "kotlin": (KOTLIN, "fun main() {\n    if (twice() != 2) throw Exception()\n}\n"),
    "scala": (SCALA, '  assert(twice() == 2, "not equal")\n}\n'),
}


def judged(language: str, class_path: list[str], program: str, tests: str) -> None:
    """It is accepted and passes, one that misuses the library is rejected, another fails."""
    wrong = program.replace("2 *", '"a" *' if language in ("go", "rust") else "true *")
    jobs = [Job(program, tests), Job(program.replace("2 *", "3 *"), tests)]
    with Toolchain(language, class_path=class_path, seats=1) as toolchain:
        right, rejected = toolchain.check([program, wrong])
        outcomes = [result.outcome for result in toolchain.run(jobs)]
    assert right.verdict is Verdict.ACCEPTED, right
    assert rejected.verdict is Verdict.REJECTED
    assert outcomes[0] is Outcome.PASSED
    assert outcomes[1] in (Outcome.FAILED, Outcome.ERROR)
    with Toolchain(language, seats=1) as toolchain:
        assert toolchain.check([program])[0].verdict is Verdict.REJECTED


@pytest.fixture
def module(tmp_path: Path) -> Path:
    files = {
        "go.mod": "module example.com/own\n\ngo 1.18\n\nrequire example.com/gone v1.2.3\n",
        "inner/inner.go": "package inner\n\nfunc One() int { return 1 }\n",
        "deep/deep.go": 'package deep\n\nimport "example.com/gone/x"\n\nvar _ = x.X\n',
        "cmd/main.go": "package main\n\nfunc main() {}\n",
        "cmd/use.go": GO,
    }
    return write_tree(tmp_path / "a module", files)


def test_go_programs_import_packages_of_a_module(module: Path) -> None:
    judged("go", [str(module)], GO, GO_TESTS)
    found = go_modules.own_build(module / "deep/deep.go")
    assert found is not None
    assert (found.entries, found.missing) == ((str(module),), ("example.com/gone/x",))
    (module / "go.mod").write_text("nonsense")
    with pytest.raises(UserError, match="go list does not work in"):
        go_modules.own_build(module)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """As `cargo build` leaves it, made by rustc."""
    root = tmp_path / "a package"
    deps = root / "target/debug/deps"
    deps.mkdir(parents=True)
    (root / "Cargo.toml").write_text(CARGO)
    (root / "one.rs").write_text("pub fn one() -> i32 { 1 }\n")
    with Toolchain("rust", seats=1):  # skips where there is none
        pass
    command = ["rustc", "--edition=2021", "--crate-type=rlib", "--crate-name=acme_lib", "one.rs"]
    out = ["-o", "target/debug/deps/libacme_lib-0a1.rlib"]
    subprocess.run([*command, *out], cwd=root, check=True)
    return root


def test_rust_programs_use_compiled_crates(package: Path) -> None:
    found = cargo.own_build(package / "src/lib.rs")
    crate = package / "target/debug/deps/libacme_lib-0a1.rlib"
    assert found is not None
    assert (found.entries, found.missing) == ((str(crate),), ("gone",))
    judged("rust", [str(crate)], RUST, RUST_TESTS)
    judged("rust", [str(crate.parent)], RUST, RUST_TESTS)


def test_of_several_crates_the_newest_that_can_be_linked_is_taken(tmp_path: Path) -> None:
    for age, name in enumerate(("libone-1.rlib", "libone-2.rlib", "libone-3.rmeta", "libx.txt")):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (age, age))
    assert cargo.flags([str(tmp_path)]) == (
        *("-L", f"dependency={tmp_path}"),
        *("--extern", f"one={tmp_path / 'libone-2.rlib'}"),
    )


def test_a_workspace_shares_what_it_builds(tmp_path: Path) -> None:
    (tmp_path / "member/src").mkdir(parents=True)
    (tmp_path / "member/src/lib.rs").touch()
    (tmp_path / "target/release/deps").mkdir(parents=True)
    (tmp_path / "Cargo.toml").write_text(
        '[workspace]\nmembers = ["member"]\n[workspace.dependencies]\nx = { package = "real-x" }\n'
    )
    (tmp_path / "member/Cargo.toml").write_text(
        '[package]\nname = "mine"\n[dependencies]\nx = { workspace = true }\n'
    )
    for name in ("mine", "real_x"):
        (tmp_path / f"target/release/deps/lib{name}-00.rlib").touch()
    found = cargo.own_build(tmp_path / "member/src/lib.rs")
    assert found is not None
    assert [Path(e).name for e in found.entries] == ["libmine-00.rlib", "libreal_x-00.rlib"]
    (tmp_path / "Cargo.toml").write_text("[")
    with pytest.raises(UserError, match="not TOML"):
        cargo.own_build(tmp_path)


@pytest.mark.parametrize("language", JVM)
def test_jvm_programs_see_classes(language: str, tmp_path: Path) -> None:
    program, tests = JVM[language]
    (tmp_path / "pom.xml").write_text("<project><artifactId>acme</artifactId></project>")
    classes = tmp_path / "target/classes"
    classes.mkdir(parents=True)
    (tmp_path / "One.java").write_text(ACME)
    with Toolchain(language, seats=1):  # skips where there is none
        pass
    javac = [find_jdk().javac, "-d", str(classes), str(tmp_path / "One.java")]
    subprocess.run(javac, check=True)
    assert with_own_build(("auto",), tmp_path, language)[0] == (str(classes),)
    judged(language, [str(classes)], program, tests)


def test_check_takes_a_project_of_several_languages(
    module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Toolchain("go", seats=1):  # skips where there is none
        pass
    (module / "package.json").write_text("{}")
    (tmp_path / "x.jar").touch()
    assert main(["check", str(module / "cmd"), "--class-path", "auto", f"{tmp_path}/*"]) == 0
    said = capsys.readouterr().err
    assert "go.mod: 1 entries; not here: example.com/gone/x" in said
    assert "package.json: 1 entries" in said


def test_entries_are_as_for_java(tmp_path: Path) -> None:
    for name in ("a.jar", "b.jar", "c.txt"):
        (tmp_path / name).touch()
    both = f"{tmp_path}/a.jar{os.pathsep}{tmp_path}/*"
    assert parse_class_path([both, "-DX=1"]) == (f"{tmp_path}/a.jar", f"{tmp_path}/b.jar")
    with pytest.raises(UserError, match="class path entry gone does not exist"):
        parse_class_path(["gone"])
