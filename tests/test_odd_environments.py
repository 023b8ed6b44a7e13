"""The command line where a locale has few characters, streams are closed and terminals narrow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WRONG = "é = (\n"


def ran(command: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """What a shell makes of a command, in which `rlcf` stands for the one under test."""
    script = f'rlcf() {{ "{sys.executable}" -m rlcf "$@"; }}\n{command}'
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        timeout=120,
    )


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A folder with a program that the compiler rejects, in a line that is not ASCII."""
    (tmp_path / "wrong-é.py").write_text(WRONG, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
    ],
)
def test_characters_that_the_locale_has_not(wrong: Path, environment: dict[str, str]) -> None:
    done = ran("rlcf check wrong-é.py", wrong, **environment)
    assert done.returncode == 1
    assert b"\\xe9 = (" in done.stdout
    assert b"never closed" in done.stdout
    assert b"Traceback" not in done.stderr


def test_half_characters_are_shown_by_their_numbers(tmp_path: Path) -> None:
    row = '{"task_id": "a\\ud800", "language": "python", "prompt": "x = 1\\n"}'
    (tmp_path / "t.jsonl").write_text(row)
    done = ran("rlcf tasks t.jsonl --show 1", tmp_path, PYTHONUTF8="1")
    assert done.returncode == 0
    assert b"a\\ud800" in done.stdout


def test_closed_streams(wrong: Path) -> None:
    assert ran("rlcf check wrong-é.py >&-", wrong).returncode == 1
    assert ran("rlcf check wrong-é.py >&- 2>&-", wrong).returncode == 1
    done = ran("rlcf check --language python - <&-", wrong)
    assert done.returncode == 2
    assert b"rlcf: error: " in done.stderr
    assert b"standard input is closed" in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("columns", ["1", "20"])
def test_help_in_a_narrow_terminal_has_words(columns: str, tmp_path: Path) -> None:
    done = ran("rlcf score --help", tmp_path, COLUMNS=columns)
    assert b"Tasks without samples are counted" in done.stdout
