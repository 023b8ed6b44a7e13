"""What a program needs beside itself: a class path, and further sources compiled once.

The sources are compiled into a temporary directory that lives as long as the compiler that asked
for it; all programs of the project share it.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path

from rlcf.errors import UserError
from rlcf.languages.jvm.jdk import Jdk
from rlcf.text import first_line

_SECONDS = 600.0


@dataclass(frozen=True)
class Project:
    """The surroundings of a task's programs. Hashable, so that equal ones are one."""

    class_path: tuple[str, ...] = ()
    """Directories and jar files, absolute."""
    sources: tuple[tuple[str, str], ...] = ()
    """(relative path, text) of each further source file, e.g. `("util/Pair.java", "...")`."""


class Projects:
    """Class paths of projects, their sources compiled on first use."""

    def __init__(self, jdk: Jdk) -> None:
        self._jdk = jdk
        self._paths: dict[Project, tuple[str, ...]] = {}

    def class_path(self, project: Project | None) -> tuple[str, ...]:
        """Directories and archives to put on the class path.

        Raises:
            UserError: an entry does not exist, or the sources do not compile.
        """
        if project is None:
            return ()
        if project not in self._paths:
            for entry in project.class_path:
                if not Path(entry).exists():
                    raise UserError(f"class path entry {entry} does not exist")
            own = (self._compiled(project),) if project.sources else ()
            self._paths[project] = (*own, *project.class_path)
        return self._paths[project]

    def _compiled(self, project: Project) -> str:
        root = Path(tempfile.mkdtemp(prefix="rlcf-project-"))
        weakref.finalize(self, shutil.rmtree, root, ignore_errors=True)
        files = []
        for name, text in project.sources:
            file = (root / "source" / name).resolve()
            if not file.is_relative_to(root.resolve()):
                raise UserError(f"source path {name} leads out of the project")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            files.append(str(file))
        classes = root / "classes"
        classes.mkdir()
        path = (
            ["-cp", ":".join(project.class_path)] if project.class_path else ["-cp", str(classes)]
        )
        command = [self._jdk.javac, "-encoding", "UTF-8", "-proc:none", "-nowarn", *path]
        done = subprocess.run(
            [*command, "-d", str(classes), *files],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            first = first_line(done.stderr) or "no reason given"
            raise UserError(f"the project's sources do not compile: {first}")
        for made in (root, classes, *classes.rglob("*")):
            made.chmod(0o755 if made.is_dir() else 0o644)  # the sandbox's own user reads them
        return str(classes)
