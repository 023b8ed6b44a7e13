"""Packages of a project of npm, for TypeScript and JavaScript."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlcf.cli import main
from rlcf.cli.ownbuild import with_own_build
from rlcf.errors import UserError
from rlcf.languages import Job, Outcome, Toolchain, Verdict, npm
from rlcf.languages.typescript import TypeScript
from trees import write_tree

USE = """import { one } from 'acme';
import { two } from './beside';
import { three } from '@/deep/three';
import * as fs from 'fs';
export const six = (): number => one() + two() + three();
"""
FILES = {
    "package.json": json.dumps(
        {
            "dependencies": {"acme": "1", "gone": "2"},
            "peerDependencies": {"perhaps": "1"},
            "peerDependenciesMeta": {"perhaps": {"optional": True}},
        }
    ),
    "tsconfig.json": '{"compilerOptions": {"strict": true, "paths": {"@/*": ["./src/*"]}}}',
    "node_modules/acme/package.json": '{"name": "acme", "main": "one.js", "types": "one.d.ts"}',
    "node_modules/acme/one.d.ts": "export declare function one(): number;\n",
    "node_modules/acme/one.js": "exports.one = () => 1;\n",
    "src/beside.ts": "export const two = (): number => 2;\n",
    "src/deep/three.ts": "export const three = (): number => 3;\n",
    "src/use.ts": USE,
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "a project", FILES)


def test_a_file_stands_in_its_project(project: Path) -> None:
    found = npm.own_build(project / "src/use.ts")
    assert found is not None
    assert (found.entries, found.missing) == ((str(project / "src"),), ("gone",))
    assert with_own_build(("auto", "x"), project / "src/use.ts")[0] == (str(project / "src"), "x")


def test_what_cannot_be_read_is_named(project: Path, tmp_path: Path) -> None:
    assert npm.own_build(tmp_path / "x.ts") is None
    with pytest.raises(UserError, match=r"no package\.json at or above"):
        with_own_build(("auto",), tmp_path / "x.js")
    for damaged in ("[]", "{", '{"dependencies": 3}'):
        (project / "package.json").write_text(damaged)
        with pytest.raises(UserError, match=r"not a package\.json"):
            npm.own_build(project)
    with pytest.raises(UserError, match="class path entry gone does not exist"):
        Toolchain("javascript", class_path=["gone"])


def test_types_are_those_of_the_project(project: Path) -> None:
    wrong = USE.replace("one() +", "one('a') +")
    with Toolchain("typescript", class_path=[str(project / "src")], seats=1) as compiler:
        right, rejected = compiler.check([USE, wrong])
    assert right.verdict is Verdict.ACCEPTED
    assert [d.code for d in rejected.diagnostics] == ["TS2554"]
    with Toolchain("typescript", seats=1) as compiler:
        codes = {d.code for d in compiler.check([USE])[0].diagnostics}
    assert codes == {"TS2307"}


@pytest.mark.parametrize("language", ["typescript", "javascript"])
def test_programs_run_with_the_projects_packages(project: Path, language: str) -> None:
    program = "import { one } from 'acme';\nconst twice = () => 2 * one();\n"
    if language == "javascript":
        program = program.replace("import { one } from 'acme'", "const { one } = require('acme')")
    jobs = [
        Job(program, f"if (twice() !== {n}) {{ throw new Error('not equal'); }}\n") for n in (2, 3)
    ]
    with Toolchain(language, class_path=[str(project)], seats=1) as toolchain:
        outcomes = [result.outcome for result in toolchain.run(jobs)]
    assert outcomes == [Outcome.PASSED, Outcome.FAILED]


def test_check_takes_a_project(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Toolchain("typescript", seats=1):  # skips where there is none
        pass
    use = str(project / "src/use.ts")
    assert main(["check", use]) == 1
    assert main(["check", use, "--class-path", "auto"]) == 0
    assert "package.json: 1 entries; not here: gone" in capsys.readouterr().err


def test_typescript_7_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLCF_NODE", str(tmp_path))
    monkeypatch.setattr(TypeScript, "find", lambda self, tool: "/usr/bin/node")
    (tmp_path / "node_modules" / "@types" / "node").mkdir(parents=True)
    package = tmp_path / "node_modules" / "typescript" / "package.json"
    package.parent.mkdir()
    for version, missing in (("5.9.3", ""), ("7.0.2", "it must be 5")):
        package.write_text(json.dumps({"name": "typescript", "version": version}))
        assert missing in TypeScript().missing()
        assert bool(TypeScript().missing()) == bool(missing)
