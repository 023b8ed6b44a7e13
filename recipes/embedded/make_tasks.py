"""Makes the files of the embedded tasks anew: every key once, the same bytes each time.

    .venv/bin/python recipes/embedded/make_tasks.py

Takes a few minutes. Whoever changes the tasks makes the models anew as well (README.md).
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from itertools import product

from generator import PARTS, keys_of, make_task
from rlcf.assets import embedded_tasks
from rlcf.tasks.embedded import EMBEDDED
from rlcf.tasks.task import Task


def tasks_of(language: str, part: str, every: int = 1) -> Iterable[Task]:
    """A part's tasks in their order, or every so many of them."""
    for i, (template, key, values) in enumerate(keys_of(part)):
        if i % every == 0:
            yield make_task(template, key, values, language=language)


def row(task: Task) -> str:
    """A task as a line of its file."""
    return json.dumps(task.to_json()) + "\n"


def write(language: str, part: str) -> str:
    """Write one file; returns its name and size."""
    file = embedded_tasks(language, part)
    text = "".join(row(task) for task in tasks_of(language, part))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    return f"{file.name}: {text.count(chr(10)):,} tasks, {file.stat().st_size:,} bytes"


def main() -> None:
    """Write all files."""
    with ProcessPoolExecutor() as pool:
        for said in pool.map(write, *zip(*product(EMBEDDED.values(), PARTS), strict=True)):
            print(said, flush=True)


if __name__ == "__main__":
    main()
