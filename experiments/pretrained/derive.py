"""What arms are made of without training: a share of adapters, own programs that compile."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rlcf import outputs
from rlcf.errors import UserError
from rlcf.languages import Toolchain
from rlcf.languages.references import usable_references
from rlcf.tasks.task import Task


def scale_adapters(source: Path, share: float, folder: Path) -> None:
    """Copy adapters so that only a share of what they add is added.

    Raises:
        UserError: the folder holds no adapters.
    """
    shutil.copytree(source, folder, dirs_exist_ok=True)
    file = folder / "adapter_config.json"
    if not file.exists():
        raise UserError(f"{source} holds no adapters, of which a share could be taken")
    config = json.loads(file.read_text(encoding="utf-8"))
    config["lora_alpha"] *= share  # what they are multiplied by, over the rank
    outputs.write(file, json.dumps(config, indent=2))


def compiling(tasks: Sequence[Task], drawn: Any) -> list[Task]:
    """Each distinct program that compiles, as a task's reference; those of chats that do not begin
    with the prompt cannot be one."""
    found = []
    for task, group in zip(tasks, drawn, strict=True):
        programs = dict.fromkeys(s.program for s in group)
        found += [
            replace(task, task_id=f"{task.task_id}#{i}", reference=p[len(task.prompt) :])
            for i, p in enumerate(programs)
            if p.startswith(task.prompt)
        ]
    compiler = Toolchain("java")
    try:
        return usable_references(found, compiler)[0]
    finally:
        compiler.close()
