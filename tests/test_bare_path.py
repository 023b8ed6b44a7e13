"""scripts/bare.sh: a command with nothing but what the README asks for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import absent

BARE = Path(__file__).parents[1] / "scripts" / "bare.sh"
LISTS_IT = 'echo "$PATH" "$HOME"; ls "$PATH"; ls -a "$HOME"'


def bare(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "RLCF_NODE": "/somewhere", **more}
    return subprocess.run([str(BARE), *words], env=env, capture_output=True, text=True)


def test_the_path_has_what_the_readme_asks_for_and_no_more() -> None:
    done = bare("sh", "-c", LISTS_IT)
    assert done.returncode == 0, done.stderr
    found = set(done.stdout.split())
    assert {"sh", "git", "make", "python3", "cp", "timeout", "[", ".", ".."} <= found
    assert not found & {"gcc", "node", "npm", "sed", "grep", "curl", "javac", "apt-get", "sudo"}


def test_programs_of_it_work_and_settings_of_the_user_are_gone() -> None:
    ask = "import os, sys; print(sys.prefix, *(k for k in os.environ if k in sys.argv))"
    names = ("RLCF_NODE", "JAVA_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "HF_HOME")
    done = bare("python3", "-c", ask, *names, JAVA_HOME="/somewhere", XDG_CACHE_HOME="/somewhere")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) == 1


@absent.needs_jdk
def test_a_jdk_comes_by_option() -> None:
    done = bare("--jdk", "javac", "-version")
    assert done.returncode == 0
    assert (done.stdout + done.stderr).startswith("javac ")


@pytest.mark.parametrize("code", [0, 3])
def test_the_exit_code_is_the_commands_and_nothing_is_left(code: int) -> None:
    done = bare("sh", "-c", f'dirname "$HOME"; exit {code}')
    assert done.returncode == code
    assert not Path(done.stdout.strip()).exists()


@pytest.mark.parametrize(
    ("reasons", "line"),
    [
        (
            ["no JDK: scripts/ensure_jdk.sh"],
            "1 skipped; what they want comes: 1 by scripts/ensure_jdk",
        ),
        (
            ["c: gcc not found: scripts/ensure_toolchains.sh"] * 3 + ["no trl: make test-adapters"],
            "3 by scripts/ensure_toolchains.sh, 1 by make test-adapters",
        ),
        (["lua: lua, luac not found"], "1 by scripts/ensure_toolchains.sh"),
        (["not for root"], "1 for reasons of their own (above)"),
        (["no mkdocs-material: pip install 'rlcf[docs]'"], "1 by pip install 'rlcf[docs]'"),
    ],
)
def test_the_last_line_says_which_command_brings_what(reasons: list[str], line: str) -> None:
    assert line in absent.summary(reasons)
