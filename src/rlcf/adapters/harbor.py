"""Harbor: tasks as folders that its runner and the trainers that read its format take.

    rlcf tasks mbjp --harbor OUT                     OUT/TASK/..., and OUT/image/ for all of them
    python -m rlcf.adapters.harbor TASK ANSWER LOGS  what a task's tests/test.sh runs

The layout is that of harborframework.com/docs/tasks: instruction.md, task.toml, environment/,
solution/ and tests/. A task is graded by rlcf itself, in the container: a program cannot pass by
ending its tests' process, and what rlcf could not judge leaves no reward at all.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rlcf.atomic import replace_folder
from rlcf.errors import UserError
from rlcf.evaluation.score import score_completions
from rlcf.languages import registry
from rlcf.languages.classpath import parse_class_path
from rlcf.languages.language import user_data
from rlcf.languages.outcome import Runner
from rlcf.tasks import Task, read_tasks

_PUBLIC_TYPE = r"\bpublic\s+(?:\w+\s+)*?(?:class|interface|enum|record)\s+(\w+)"
_LIB = "/opt/rlcf/lib"
"""Where the image keeps the class path."""
_DATA = "/opt/rlcf/data"
"""What rlcf finds there, `npm install` has put there."""
_INSTRUCTION = """\
Complete the {title} program in `/app/{file}`.
{description}
The file holds the beginning of the program. Leave it as it is and write what follows, to the end of
the file. The program must compile{tested}.
"""
_TOML = """\
version = "1.0"

[metadata]
task_id = {task_id}
language = "{language}"
tags = ["code", "{language}", "compiler-feedback"]

[agent]
timeout_sec = 600.0

[verifier]
timeout_sec = 120.0

[environment]
cpus = 1
memory_mb = 2048
"""
_DOCKERFILE = "FROM {image}\nCOPY {file} /app/{file}\n"
_SOLVE = '#!/bin/sh\ncp "$(dirname "$0")/{file}" /app/{file}\n'
_TEST = """\
#!/bin/sh
exec python3 -m rlcf.adapters.harbor "$(dirname "$0")/task.jsonl" /app/{file} /logs/verifier
"""
_IMAGE = """\
# All tasks of this folder start from it:
#   pip wheel --no-deps --wheel-dir . RLCF_CHECKOUT && docker build -t {image} .
FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends {packages}
COPY rlcf-*.whl /tmp/
RUN pip install --no-cache-dir /tmp/rlcf-*.whl
ENV XDG_DATA_HOME={data}
{node}COPY lib {lib}
WORKDIR /app
"""


@dataclass(frozen=True)
class Grade:
    """What the verifier writes."""

    reward: float | None
    """1 or 0; None where rlcf could not judge."""
    why: str


def export(tasks: Sequence[Task], out: Path, class_path: Sequence[str] = ()) -> list[Path]:
    """Write a folder per task, and the image that they start from.

    Args:
        tasks: of one language, each with a solution.
        out: a new folder.
        class_path: of Java programs; it becomes a part of the image.

    Returns:
        The tasks' folders, in order.

    Raises:
        UserError: several languages, or a task without a solution.
    """
    languages = sorted({task.language for task in tasks})
    if len(languages) != 1:
        raise UserError(
            f"--harbor takes tasks of one language, not {', '.join(languages) or 'none'}"
        )
    for task in tasks:
        if task.reference is None:
            raise UserError(f"{task.task_id} has no solution, which Harbor's oracle needs")
    names, image = _names(tasks), image_name(languages[0], out)

    def write(folder: Path) -> None:
        _write_image(folder / "image", languages[0], image, parse_class_path(class_path))
        for task, name in zip(tasks, names, strict=True):
            _write_task(folder / name, task, image)

    replace_folder(out, write)
    return [out / name for name in names]


def grade(task: Task, text: str, toolchain: Runner | None = None) -> Grade:
    """Judge an answer: the whole file, as it was left.

    It must go on from the task's prompt and compile. Where the task has tests they must pass; else
    it must do something (`evaluation.metrics.is_degenerate`), so that an empty body wins nothing.
    """
    given = task.prompt.rstrip()
    if not text.startswith(given):
        return Grade(0.0, "the beginning of the file was changed")
    completion = text[len(given) :].removeprefix(task.prompt[len(given) :])
    if task.closing.strip():
        completion = completion.rstrip().removesuffix(task.closing.strip())
    class_path = [str(path) for path in sorted(Path(_LIB).glob("[!.]*"))]
    (row,) = score_completions(
        [task],
        [[completion]],
        toolchains={task.language: toolchain} if toolchain is not None else {},
        class_path=class_path,
    ).rows
    if row.compiled is None or row.outcome == "unscored":
        return Grade(None, row.detail)
    if not row.compiled:
        errors = [d["message"] for d in row.diagnostics if d["severity"] == "error"]
        return Grade(0.0, f"it does not compile: {errors[0] if errors else ''}")
    if row.tested:
        return Grade(float(row.outcome == "passed"), row.detail or row.outcome)
    if row.degenerate:
        return Grade(0.0, "it compiles and does nothing")
    return Grade(1.0, "it compiles")


def _names(tasks: Sequence[Task]) -> list[str]:
    """Folder names made of the ids, each once."""
    found: dict[str, None] = {"image": None}
    for task in tasks:
        name = plain = _plain(task.task_id)
        number = 2
        while name in found:
            name, number = f"{plain}-{number}", number + 1
        found[name] = None
    return list(found)[1:]


def _write_task(folder: Path, task: Task, image: str) -> None:
    spec, file = registry.load(task.language), file_of(task)
    description = f"\n{' '.join(task.description.split())}\n" if task.description else ""
    words = {
        "title": spec.title,
        "file": file,
        "image": image,
        "description": description,
        "tested": " and pass hidden tests" if task.tests is not None else "",
        "language": task.language,
        "task_id": json.dumps(task.task_id),
    }
    solution = task.program(task.reference or "")
    files = {
        "instruction.md": _INSTRUCTION.format(**words),
        "task.toml": _TOML.format(**words),
        "environment/Dockerfile": _DOCKERFILE.format(**words),
        f"environment/{file}": task.prompt,
        "solution/solve.sh": _SOLVE.format(**words),
        f"solution/{file}": solution,
        "tests/test.sh": _TEST.format(**words),
        "tests/task.jsonl": json.dumps(task.to_json()) + "\n",
    }
    _write_files(folder, files)


def image_name(language: str, out: Path) -> str:
    """The image that the tasks of a folder start from."""
    return f"rlcf-{language}-{_plain(out.resolve().name)}"


def _plain(name: str) -> str:
    """A name that folders and images may have."""
    return re.sub(r"[^a-z0-9._]+", "-", name.lower()).strip("-._")[:80] or "tasks"


def file_of(task: Task) -> str:
    """The name of a task's file: that of the class for languages that want it."""
    found = re.search(_PUBLIC_TYPE, task.prompt)
    stem = found[1] if found and task.language == "java" else "Solution"
    return f"{stem}.{registry.extension_of(task.language)}"


def _write_image(folder: Path, language: str, image: str, class_path: Sequence[str]) -> None:
    install = registry.make(language, {})[0].install
    packages, node = install.removeprefix("apt-get install "), ""
    if install.startswith("npm"):
        packages = "nodejs npm default-jdk-headless"
        node = f"RUN {install.replace(user_data(), _DATA + '/rlcf')}\n"
    elif packages == install:  # by pip, with rlcf
        packages = "ca-certificates"
    words = {"image": image, "packages": packages, "node": node, "lib": _LIB, "data": _DATA}
    _write_files(folder, {"Dockerfile": _IMAGE.format(**words), "lib/.keep": ""})
    for number, entry in enumerate(class_path):
        to = folder / "lib" / f"{number:03d}-{Path(entry).name}"
        if Path(entry).is_dir():
            shutil.copytree(entry, to)
        else:
            shutil.copy(entry, to)


def _write_files(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        if path.suffix == ".sh":
            path.chmod(0o755)


def main(task: str, answer: str, logs: str) -> int:
    """Grade an answer; returns 0, or 2 without a reward where it could not be judged."""
    file = Path(answer)
    found = Grade(0.0, f"{file} is not there")
    if file.is_file():
        found = grade(read_tasks(Path(task))[0], file.read_bytes().decode("utf-8", "replace"))
    print(found.why)
    if found.reward is None:
        print("rlcf: error: the answer could not be judged, so it has no reward", file=sys.stderr)
        return 2
    _write_files(Path(logs), {"reward.txt": f"{found.reward:g}\n"})
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
