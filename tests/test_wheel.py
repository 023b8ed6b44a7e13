"""The wheel in an environment of its own, with the core dependencies alone: no torch anywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

import absent

ROOT = Path(__file__).parents[1]
HEAVY = ("torch", "transformers", "tokenizers", "safetensors", "huggingface_hub", "fastapi")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


def done(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=kept,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`bin` of a fresh environment that holds the wheel; two programs lie beside it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # building leaves files behind: not in the checkout
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("*.egg-info"))
    pip = (sys.executable, "-m", "pip")
    isolation = [] if find_spec("setuptools") is None else ["--no-build-isolation"]
    built = done(*pip, "wheel", "--no-deps", *isolation, "-w", folder, source, cwd=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("rlcf-*.whl")
    made = done(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    assert made.returncode == 0, made.stderr
    python = folder / "venv" / "bin" / "python"
    pins = ("--constraint", ROOT / "constraints.txt")
    got = done(*pip, "--python", python, "install", "--no-compile", *pins, wheel, cwd=folder)
    assert got.returncode == 0, got.stderr
    (folder / "Good.java").write_text("class Good { int x = 1; }\n")
    (folder / "Bad.java").write_text("class Bad { int x = y; }\n")
    return folder / "venv" / "bin"


def test_only_the_core_is_there(programs: Path) -> None:
    code = (
        "import sys, importlib.util as u\n"
        "import rlcf\n"
        f"print([m for m in {HEAVY} if u.find_spec(m) or m in sys.modules])"
    )
    found = done(programs / "python", "-c", code, cwd=programs)
    assert (found.stdout.strip(), found.stderr) == ("[]", "")


@absent.needs_jdk
def test_programs_are_checked(programs: Path) -> None:
    folder = programs.parents[1]
    good = done(programs / "rlcf", "check", "Good.java", cwd=folder)
    assert (good.returncode, good.stdout.strip()) == (0, "1 accepted")
    bad = done(programs / "rlcf", "check", "Bad.java", cwd=folder)
    assert bad.returncode == 1
    assert "Bad.java:1:21: error: cannot find symbol" in bad.stdout


@absent.needs_jdk
def test_the_other_verbs_speak(programs: Path) -> None:
    folder = programs.parents[1]
    overview = done(programs / "rlcf", "--help", cwd=folder)
    assert (overview.returncode, overview.stderr) == (0, "")
    assert "Usage: rlcf VERB" in overview.stdout
    languages = done(programs / "rlcf", "languages", cwd=folder)
    assert languages.returncode == 0
    assert languages.stdout.startswith("java        ready")
    shown = done(programs / "rlcf", "tasks", "embedded", "--show", "1", cwd=folder)
    assert (shown.returncode, shown.stderr) == (0, "")


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (("train", "--model", "embedded", "--tasks", "embedded"), "train"),
        (("sft", "--model", "embedded", "--tasks", "embedded"), "train"),
        (("evaluate", "--model", "embedded", "--tasks", "embedded"), "train"),
        (("tasks", "mbjp"), "train"),
        (("quickstart",), "train"),
        (("serve",), "serve"),
    ],
)
def test_a_missing_extra_is_named_in_one_line(
    programs: Path, command: tuple[str, ...], extra: str
) -> None:
    failed = done(programs / "rlcf", *command, cwd=programs.parents[1])
    assert failed.returncode == 2
    assert failed.stderr.count("\n") == 1
    assert f"pip install 'rlcf[{extra}]'" in failed.stderr
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert extra in extras["optional-dependencies"]
