"""Packages of a Python project: given by hand, or by its build files."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path

import pytest

from rlcf.cli import main
from rlcf.cli.ownbuild import with_own_build
from rlcf.errors import UserError
from rlcf.languages import Job, Outcome, Toolchain, Verdict, python_packages
from rlcf.tasks import read_tasks
from trees import write_tree

PROJECT = """[project]
name = "own"
dependencies = ["acme-lib>=1", "gone[all]==2", "other; python_version < '3'"]
"""
USE = '''"""Of the project."""

import acme_lib
import own.inner


class Base(acme_lib.Base):
    """A base."""


def twice(number: int) -> int:
    """Return twice a number that the library adds one to, and the project two."""
    return 2 * (acme_lib.one(number) + own.inner.TWO)
'''


@pytest.fixture
def project(tmp_path: Path) -> Path:
    site = python_packages._ENVIRONMENTS[0]
    files = {
        "pyproject.toml": PROJECT,
        "src/own/__init__.py": "",
        "src/own/inner.py": "TWO = 2\n",
        "src/own/use.py": USE,
        f"{site}/acme_lib/__init__.py": "class Base: pass\ndef one(n): return n + 1\n",
        f"{site}/acme_lib-1.dist-info/METADATA": "Name: acme_lib\nVersion: 1\n",
    }
    return write_tree(tmp_path / "a project", files)


def test_a_project_has_sources_and_an_environment(project: Path, tmp_path: Path) -> None:
    found = python_packages.own_build(project / "src/own/use.py")
    site = project / python_packages._ENVIRONMENTS[0]
    assert found is not None
    assert (found.entries, found.missing) == ((str(project / "src"), str(site)), ("gone",))
    (project / "pyproject.toml").unlink()
    (project / "requirements.txt").write_text("# words\nAcme.Lib == 1  # one\n-r more.txt\nnew>2\n")
    again = python_packages.own_build(project)
    assert again is not None
    assert again.missing == ("new",)
    assert with_own_build(("auto",), project, "python")[0] == found.entries
    assert python_packages.own_build(tmp_path) is None
    (project / "pyproject.toml").write_text("[")
    with pytest.raises(UserError, match=r"not a pyproject\.toml"):
        python_packages.own_build(project)


def test_programs_run_with_packages(project: Path) -> None:
    path = [str(project / "src"), str(project / python_packages._ENVIRONMENTS[0])]
    jobs = [Job(USE, f"assert twice(1) == {n}\n") for n in (8, 9)]
    with Toolchain("python", class_path=path, seats=1) as toolchain:
        assert toolchain.check([USE])[0].verdict is Verdict.ACCEPTED
        outcomes = [result.outcome for result in toolchain.run(jobs)]
    assert outcomes == [Outcome.PASSED, Outcome.FAILED]
    with Toolchain("python", seats=1) as toolchain:
        assert toolchain.run(jobs)[0].outcome is Outcome.ERROR


def test_compiled_packages_work(project: Path) -> None:
    site = str(Path(str(distribution("numpy").locate_file(""))))
    with Toolchain("python", class_path=[site], seats=1) as toolchain:
        program = (
            "import numpy\n\ndef f(n):\n    return (numpy.ones((n, n)) @ numpy.ones(n)).sum()\n"
        )
        result = toolchain.run([Job(program, "assert f(200) == 40000\n")])[0]
    assert result.outcome is Outcome.PASSED, result


def test_a_corpus_is_loaded_with_its_packages(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = project / "tasks.jsonl"
    words = ["corpus", "build", str(project / "src"), "--language", "python", "-o", str(out)]
    packages = ["--packages", "acme_lib", "own", "--class-path", "auto"]
    assert main([*words, *packages]) == 0
    assert "pyproject.toml: 2 entries; not here: gone" in capsys.readouterr().out
    assert [task.entry_point for task in read_tasks(out)] == ["twice"]
