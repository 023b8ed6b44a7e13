"""The set-up scripts, run against made-up hosts: a PATH that holds only what a case has."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
NEEDED = ("sh", "id", "chmod", "timeout", "mkdir", "env")


def host(tmp_path: Path, **programs: str) -> dict[str, str]:
    """An environment whose PATH has basic tools and the given shell scripts."""
    folder = tmp_path / "bin"
    folder.mkdir(parents=True)
    for name in NEEDED:
        real = shutil.which(name)
        assert real is not None
        (folder / name).symlink_to(real)
    for name, body in programs.items():
        write(folder / name.replace("_", "-"), body)
    return {"PATH": str(folder)}


def write(file: Path, body: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!{shutil.which('sh')}\n{body}\n")
    file.chmod(0o755)


def run(script: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [environment["PATH"] + "/sh", str(SCRIPTS / script)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def javac(version: str) -> str:
    return f'echo "javac {version}"'


@pytest.mark.parametrize("version", ["11.0.2", "17.0.15", "21"])
def test_a_jdk_on_the_path_is_taken(tmp_path: Path, version: str) -> None:
    done = run("ensure_jdk.sh", host(tmp_path, javac=javac(version)))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_java_home_comes_first(tmp_path: Path) -> None:
    write(tmp_path / "jdk" / "bin" / "javac", javac("17.0.1"))
    environment = host(tmp_path, javac=javac("1.8.0_1")) | {"JAVA_HOME": str(tmp_path / "jdk")}
    assert run("ensure_jdk.sh", environment).returncode == 0


@pytest.mark.skipif(os.getuid() != 0, reason="installing needs root")
@pytest.mark.parametrize("before", [{}, {"javac": javac("1.8.0_392")}])
def test_a_missing_or_old_jdk_is_installed_by_root(tmp_path: Path, before: dict[str, str]) -> None:
    target = tmp_path / "bin" / "javac"
    log = tmp_path / "log"
    install = f"""echo "$@" >> {log}
if [ "$1" = install ]; then
  printf '#!%s\\necho "javac 17.0.15"\\n' "{shutil.which("sh")}" > {target}
  chmod +x {target}
fi"""
    done = run("ensure_jdk.sh", host(tmp_path, apt_get=install, **before))
    assert done.returncode == 0, done.stderr
    assert "openjdk-17-jdk-headless" in log.read_text()


def test_where_nothing_can_be_installed_one_line_says_what_to_do(tmp_path: Path) -> None:
    done = run("ensure_jdk.sh", host(tmp_path))
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "no apt-get here" in done.stderr
    assert "apt-get install openjdk-17-jdk-headless" in done.stderr
    assert "JAVA_HOME" in done.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="installing needs root")
def test_a_jdk_that_apt_get_cannot_bring_is_told(tmp_path: Path) -> None:
    done = run("ensure_jdk.sh", host(tmp_path, apt_get="exit 100"))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "apt-get could not install openjdk-17-jdk-headless" in done.stderr


def test_an_old_python_is_refused(tmp_path: Path) -> None:
    old = '[ "$1" = --version ] && echo "Python 3.9.2"; exit 1'
    done = run("ensure_python.sh", host(tmp_path, python3=old))
    assert done.returncode == 1
    assert done.stderr.strip() == "rlcf: Python 3.9.2 is too old: set PYTHON to a Python >= 3.11"


@pytest.mark.parametrize(
    ("script", "missing"),
    [
        ("ensure_browser.sh", {"chromium", "axe-core"}),
        ("ensure_toolchains.sh", {"g++", "clang", "rustc", "typescript@5.9"}),
    ],
)
def test_what_is_missing_is_said_and_does_no_harm(
    tmp_path: Path, script: str, missing: set[str]
) -> None:
    done = run(script, host(tmp_path) | {"HOME": str(tmp_path)})
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert all("will skip" in line for line in lines)
    assert all(any(name in line for line in lines) for name in missing)


@pytest.mark.skipif(os.getuid() != 0, reason="installing needs root")
def test_missing_compilers_are_installed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    host_ = host(tmp_path, apt_get=f'echo "$@" >> {log}', gcc="", npm=f'echo "$@" >> {log}')
    done = run("ensure_toolchains.sh", host_ | {"HOME": str(tmp_path)})
    assert (done.returncode, done.stderr) == (0, "")
    words = log.read_text().split()
    assert {"g++", "clang", "rustc", "scala", "typescript@5.9", "kotlin-compiler@2.4"} <= set(words)
    assert "gcc" not in words
