"""A library's methods as tasks of Harbor: does every solution win, and every empty body lose?

    apt-get source libcommons-lang3-java       # or any folder of Java sources
    python benchmarks/harbor.py libcommons-lang3-java-3.12.0 --label "lang3 3.12.0-2+deb12u1"

Grades what lies in each task's folder by what its tests/test.sh runs, all with one warm compiler
instead of a container each; the first few also by that script's own process.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from java_common import environment, parser, write
from rlcf.adapters.harbor import export, file_of, grade
from rlcf.corpus import CorpusOptions, Judge, build
from rlcf.languages import Toolchain
from rlcf.tasks import Task, read_tasks
from rlcf.tasks.jsonl import parse_tasks

_CLOSERS = re.compile(r"(?:\s*\})+\s*\Z")
_BY_SCRIPT = 5


def main() -> None:
    flags = parser(__doc__, "harbor.json")
    flags.add_argument("sources", type=Path, help="folder of Java sources")
    flags.add_argument("--label", required=True, help="what the sources are, with their version")
    flags.add_argument("--class-path", nargs="*", default=[])
    args = flags.parse_args()
    options = CorpusOptions(class_path=tuple(args.class_path))
    with closing(Judge(options)) as judge:
        corpus = build(args.sources, options, judge)
    rows = [task.to_json() for task in corpus.tasks]
    tasks = parse_tasks(((row["task_id"], row) for row in rows), args.label)
    with tempfile.TemporaryDirectory(prefix="rlcf-harbor-") as place:
        start = time.perf_counter()
        folders = export(tasks, Path(place) / "tasks", args.class_path)
        exported = time.perf_counter() - start
        start = time.perf_counter()
        with Toolchain("java", class_path=tuple(args.class_path)) as java:
            solved = _graded(folders, java, _solution)
            empty = _graded(folders, java, _empty)
        graded = time.perf_counter() - start
        by_script = [_by_script(folder, _solution(folder)) for folder in folders[:_BY_SCRIPT]]
    result: dict[str, Any] = {"environment": environment(), "sources": args.label}
    result |= {"tasks": len(tasks), "seconds_export": round(exported, 1)}
    result |= {"seconds_grade": round(graded, 1)}
    result["solutions"] = _counted(tasks, solved)
    result["empty_bodies"] = _counted(tasks, empty)
    result["solutions_by_script"] = by_script
    write(args.out, result)


def _task(folder: Path) -> Task:
    return read_tasks(folder / "tests" / "task.jsonl")[0]


def _solution(folder: Path) -> str:
    return (folder / "solution" / file_of(_task(folder))).read_text(encoding="utf-8")


def _empty(folder: Path) -> str:
    """The program with nothing in its body: the prompt and the braces that end the solution."""
    task = _task(folder)
    ends = _CLOSERS.search(task.reference or "")
    return task.program(ends[0] if ends else "")


def _graded(
    folders: Iterable[Path], java: Toolchain, answer: Callable[[Path], str]
) -> list[float | None]:
    return [grade(_task(folder), answer(folder), java).reward for folder in folders]


def _by_script(folder: Path, answer: str) -> str:
    """What tests/test.sh writes, with folders of its own in place of the container's."""
    app, logs = folder / "app", folder / "logs"
    app.mkdir()
    (app / file_of(_task(folder))).write_text(answer, encoding="utf-8")
    text = (folder / "tests" / "test.sh").read_text(encoding="utf-8")
    for old, new in (("/app", app), ("/logs/verifier", logs), ("python3", sys.executable)):
        text = text.replace(old, str(new))
    script = folder / "tests" / "here.sh"
    script.write_text(text, encoding="utf-8")
    subprocess.run(["sh", str(script)], check=False, capture_output=True, timeout=300)
    written = logs / "reward.txt"
    return written.read_text(encoding="utf-8").strip() if written.exists() else "no reward"


def _counted(tasks: list[Task], rewards: list[float | None]) -> dict[str, Any]:
    return {
        "reward_1": sum(reward == 1 for reward in rewards),
        "reward_0": sum(reward == 0 for reward in rewards),
        "unscored": sum(reward is None for reward in rewards),
    }


if __name__ == "__main__":
    main()
