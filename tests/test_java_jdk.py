"""Finding a JDK, and building our Java sources for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rlcf.errors import UserError
from rlcf.languages.java import find_jdk
from rlcf.languages.jvm.jdk import Jdk


def fake_jdk(home: Path, version: str) -> Path:
    (home / "bin").mkdir(parents=True)
    for tool in ("java", "javac"):
        (home / "bin" / tool).write_text("#!/bin/sh\n")
        (home / "bin" / tool).chmod(0o755)
    (home / "release").write_text(f'JAVA_VERSION="{version}"\n')
    return home


@pytest.mark.parametrize(
    ("version", "feature"), [("11.0.2", 11), ("17", 17), ("21.0.1+12", 21), ("25-ea", 25)]
)
def test_java_home_is_looked_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, feature: int
) -> None:
    home = fake_jdk(tmp_path / "jdk", version)
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert find_jdk() == Jdk(home.resolve(), version, feature)


def test_then_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = fake_jdk(tmp_path / "jdk", "17.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "nothing"))
    monkeypatch.setenv("PATH", str(home / "bin"))
    assert find_jdk().feature == 17


def test_none_and_too_old_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", "")
    with pytest.raises(UserError, match="no JDK found: install"):
        find_jdk()
    monkeypatch.setenv("JAVA_HOME", str(fake_jdk(tmp_path / "old", "1.8.0_402")))
    with pytest.raises(UserError, match="too old: install"):
        find_jdk()


def test_a_build_is_shared_by_processes_that_start_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = tmp_path / "A.java"
    source.write_text("class A { }")
    code = (
        "import sys; from pathlib import Path; from rlcf.languages.java import find_jdk; "
        "print(find_jdk().built('a', [Path(sys.argv[1])]))"
    )
    command = [sys.executable, "-c", code, str(source)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    places = {process.communicate()[0].strip() for process in both}
    assert places == {str(find_jdk().built("a", [source]))}
    assert [p.name for p in Path(places.pop()).parent.iterdir() if p.name.startswith(".")] == []


def test_a_cache_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match="set XDG_CACHE_HOME"):
        find_jdk().built("a", [])
