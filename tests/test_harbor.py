"""Tasks as folders of Harbor: solutions win; empty bodies, cheats and unscored answers do not."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import absent
from rlcf.adapters.harbor import Grade, export, file_of, grade, main
from rlcf.cli import main as rlcf
from rlcf.errors import UserError
from rlcf.languages import Toolchain
from rlcf.tasks import Task, load_tasks, read_tasks

PYTHON = load_tasks("embedded-python", limit=3)
UNTESTED = Task(
    "Acme.java/run#1",
    "java",
    "public final class Acme {\n    /** Says hello. */\n    void run() {\n",
    reference='        System.out.println("hello");\n    }\n}\n',
)


def graded(folder: Path, answer: str) -> str | None:
    """What a task's verifier writes of an answer."""
    task, logs = folder / "tests" / "task.jsonl", folder / "logs"
    file = folder / "answer"
    file.write_text(answer, encoding="utf-8")
    main(str(task), str(file), str(logs))
    written = logs / "reward.txt"
    found = written.read_text() if written.exists() else None
    written.unlink(missing_ok=True)
    return found


def test_a_task_is_a_folder_that_harbor_reads(tmp_path: Path) -> None:
    folders = export(PYTHON, tmp_path / "out")
    assert len(folders) == 3
    for task, folder in zip(PYTHON, folders, strict=True):
        settings = tomllib.loads((folder / "task.toml").read_text())
        assert settings["metadata"]["task_id"] == task.task_id
        start = folder / "environment" / file_of(task)
        assert start.read_text() == task.prompt
        assert f"/app/{file_of(task)}" in (folder / "instruction.md").read_text()
        assert read_tasks(folder / "tests" / "task.jsonl") == [task]
        assert os.access(folder / "tests" / "test.sh", os.X_OK)
    image = (tmp_path / "out" / "image" / "Dockerfile").read_text()
    assert (
        (folders[0] / "environment" / "Dockerfile").read_text().startswith("FROM rlcf-python-out\n")
    )
    assert "docker build -t rlcf-python-out ." in image


def test_the_scripts_put_the_solution_in_place_and_grade_it(tmp_path: Path) -> None:
    (folder,) = export(PYTHON[:1], tmp_path / "out")
    app, logs = tmp_path / "app", tmp_path / "logs"
    app.mkdir()
    here = {"/app": str(app), "/logs/verifier": str(logs), "python3": sys.executable}
    for script in (folder / "solution" / "solve.sh", folder / "tests" / "test.sh"):
        text = script.read_text()
        for old, new in here.items():
            text = text.replace(old, new)
        script.write_text(text)
        subprocess.run([str(script)], check=True, capture_output=True, timeout=120)
    assert (logs / "reward.txt").read_text() == "1\n"


def test_only_answers_that_pass_their_tests_win(tmp_path: Path) -> None:
    (folder,) = export(PYTHON[:1], tmp_path / "out")
    task = PYTHON[0]
    assert graded(folder, task.program(task.reference or "")) == "1\n"
    assert graded(folder, task.program("    pass\n")) == "0\n"
    assert graded(folder, "import os\nos._exit(0)\n" + task.program(task.reference or "")) == "0\n"
    assert graded(folder, task.program("    pass\n\nimport os\nos._exit(0)\n")) == "0\n"


def test_an_answer_that_is_missing_wins_nothing(tmp_path: Path) -> None:
    (folder,) = export(PYTHON[:1], tmp_path / "out")
    assert main(str(folder / "tests" / "task.jsonl"), str(tmp_path / "no"), str(tmp_path)) == 0
    assert (tmp_path / "reward.txt").read_text() == "0\n"


@absent.needs_jdk
def test_without_tests_an_answer_must_compile_and_do_something() -> None:
    with Toolchain("java", seats=1) as java:
        assert grade(UNTESTED, UNTESTED.program(UNTESTED.reference or ""), java).reward == 1
        assert grade(UNTESTED, UNTESTED.program("    }\n}\n"), java).reward == 0
        assert grade(UNTESTED, UNTESTED.program("  // done\n    ; }\n}\n"), java).reward == 0
        broken = grade(UNTESTED, UNTESTED.program("  x();\n    }\n}\n"), java)
        assert broken.reward == 0
        assert "does not compile" in broken.why
    assert file_of(UNTESTED) == "Acme.java"


def test_unscored_never_becomes_a_reward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder,) = export(PYTHON[:1], tmp_path / "out")
    monkeypatch.setattr("rlcf.adapters.harbor.grade", lambda *_: Grade(None, "no answer"))
    assert graded(folder, PYTHON[0].prompt) is None


def test_the_command_writes_folders_and_says_how_to_build_the_image(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "harbor"
    assert rlcf(["tasks", "embedded-python:test", "--count", "2", "--harbor", str(out)]) == 0
    assert "docker build -t rlcf-python-harbor" in capsys.readouterr().out
    assert len([folder for folder in out.iterdir() if (folder / "task.toml").exists()]) == 2


def test_a_class_path_goes_into_the_image(tmp_path: Path) -> None:
    jar, classes = tmp_path / "a.jar", tmp_path / "classes"
    jar.write_bytes(b"")
    classes.mkdir()
    (classes / "A.class").write_bytes(b"")
    export([UNTESTED], tmp_path / "out", [str(jar), str(classes)])
    lib = tmp_path / "out" / "image" / "lib"
    assert sorted(path.name for path in lib.iterdir()) == [".keep", "000-a.jar", "001-classes"]


@pytest.mark.parametrize(
    "language", ["java", "kotlin", "cpp", "csharp", "typescript", "go", "rust"]
)
def test_every_language_has_an_image(tmp_path: Path, language: str) -> None:
    export([Task("a", language, "x {", reference="}")], tmp_path / "out")
    image = (tmp_path / "out" / "image" / "Dockerfile").read_text()
    assert "apt-get install -y" in image
    assert str(Path.home()) not in image


def test_what_cannot_be_exported_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="one language"):
        export([PYTHON[0], UNTESTED], tmp_path / "out")
    with pytest.raises(UserError, match="no solution"):
        export([Task("a", "java", "class A {")], tmp_path / "out")
