"""Where builds are kept when the home directory is another user's, or cannot be written."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pytest

import absent
import rlcf
from rlcf import builds
from rlcf.errors import UserError

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a folder for temporary files, both empty."""
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("HF_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path


def private(room: Path) -> Path:
    return room / "tmp" / f"rlcf-{os.geteuid()}"


def of_another(path: Path) -> None:
    os.chown(path, NOBODY, NOBODY)


def test_a_home_of_ones_own_is_used_without_a_word(room: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert builds.cache_root() == room / "home/.cache/rlcf"
    assert builds.hub_home() == ""
    assert list((room / "home").iterdir()) == []  # asking changes nothing


@needs_root
def test_a_home_of_another_user_is_left_alone(room: Path) -> None:
    of_another(room / "home")
    with pytest.warns(builds.CacheWarning) as said:
        assert builds.cache_root() == private(room)
    assert len(said) == 1
    assert "belongs to nobody: the cache is in" in str(said[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # said once
        assert builds.cache_root() == private(room)
    made = builds.built("thing", (), lambda out: (out / "a").touch())
    assert made.is_relative_to(private(room))
    assert private(room).stat().st_mode & 0o777 == 0o700
    assert list((room / "home").iterdir()) == []
    assert builds.hub_home() == str(private(room) / "huggingface")


@needs_root
def test_a_cache_of_another_user_in_a_home_of_ones_own_is_not_run(room: Path) -> None:
    (room / "home/.cache/rlcf").mkdir(parents=True)
    of_another(room / "home/.cache/rlcf")
    with pytest.warns(builds.CacheWarning, match=r"rlcf belongs to nobody"):
        assert builds.cache_root() == private(room)


@needs_root
def test_models_laid_out_in_a_home_that_cannot_be_used_are_still_read(room: Path) -> None:
    (room / "home/.cache/huggingface").mkdir(parents=True)
    of_another(room / "home/.cache")
    assert builds.hub_home() == ""


def test_without_a_home_there_is_a_cache(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", no_home)
    with pytest.warns(builds.CacheWarning, match="there is no HOME"):
        assert builds.cache_root() == private(room)


def test_a_home_that_cannot_be_written_is_not_used(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builds, "_writable", lambda folder: folder != room / "home")
    with pytest.warns(builds.CacheWarning, match="and it cannot be written"):
        assert builds.cache_root() == private(room)


def test_what_somebody_else_has_put_there_is_refused(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(room / "home/file/x"))
    (room / "home/file").write_text("")
    (room / "elsewhere").mkdir()
    private(room).symlink_to(room / "elsewhere")
    with pytest.raises(UserError, match="not a folder of our own: set XDG_CACHE_HOME"):
        builds.cache_root()
    private(room).unlink()
    private(room).mkdir()
    private(room).chmod(0o777)
    with pytest.raises(UserError, match="not a folder of our own"):
        builds.cache_root()


@needs_root
def test_a_folder_of_another_user_there_is_refused(room: Path) -> None:
    of_another(room / "home")
    private(room).mkdir()
    of_another(private(room))
    with pytest.raises(UserError, match="not a folder of our own"):
        builds.cache_root()


def test_a_place_that_the_user_names_is_used(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/nowhere")
    monkeypatch.setenv("XDG_CACHE_HOME", str(room / "mine"))
    assert builds.cache_root() == room / "mine/rlcf"
    assert builds.hub_home() == ""


@absent.needs_jdk
@needs_root
def test_the_command_line_works_and_doctor_says_why(room: Path) -> None:
    of_another(room / "home")
    (room / "A.java").write_text("class A { int x = 1; }")
    env = {
        "PATH": os.environ["PATH"],
        "JAVA_HOME": os.environ.get("JAVA_HOME", ""),
        "HOME": str(room / "home"),
        "TMPDIR": str(room / "tmp"),
        "PYTHONPATH": str(Path(rlcf.__file__).parents[1]),
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "rlcf", *words]
        return subprocess.run(command, env=env, cwd=room, capture_output=True, text=True)

    doctor = run("doctor")
    (line,) = [line for line in doctor.stdout.splitlines() if line[6:].startswith("cache")]
    assert line.startswith("note  cache")
    assert f"{private(room)}; HOME is {room / 'home'}, and it belongs to nobody" in line
    done = run("check", "A.java", "--language", "java")
    assert "accepted" in done.stdout, done.stderr
    words = [line for line in done.stderr.splitlines() if "cache is in" in line]
    assert len(words) == 1
    assert words[0].startswith("rlcf: warning: HOME is ")
    assert not (room / "home/.cache/rlcf").exists()
