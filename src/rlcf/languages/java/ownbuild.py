"""`--class-path auto` of Java, Kotlin and Scala: the class path that a project's build asks for.

Reads pom.xml (`pom`) or build.gradle, and finds jar files in the local repositories of Maven and
Gradle and that of Debian; compiled classes of the project and its modules come first. What is
not there is named. No build tool runs and nothing is downloaded.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

from rlcf.errors import UserError
from rlcf.languages.java.pom import Dependency, Pom, Repository, read_pom
from rlcf.languages.ownbuild import OwnBuild, nearest

_COMPILED = (
    "target/classes",
    *(f"build/classes/{language}/main" for language in ("java", "kotlin", "scala")),
)
_NEEDED = {"compile", "provided"}
_GRADLE_FILES = ("build.gradle", "build.gradle.kts")
_GRADLE = re.compile(
    r"^\s*(?:api|implementation|compileOnly|compileOnlyApi|compile|annotationProcessor)"
    r"[ (]+[\"']([\w.-]+):([\w.-]+)(?::([\w.+-]+))?[\"']",
    re.MULTILINE,
)


def own_build(path: Path) -> OwnBuild | None:
    """The class path of the project that a file or folder belongs to.

    None without a pom.xml or build.gradle at or above it. Missing are `group:name:version` of what
    is in no local repository.

    Raises:
        UserError: the pom.xml is not XML.
    """
    file = nearest(path.resolve(), ("pom.xml", *_GRADLE_FILES))
    if file is None:
        return None
    repository = Repository(_repositories())
    if file.name != "pom.xml":
        named = list(_gradle(file))
        return _resolved(file, _classes(file.parent, []), named, Pom(), repository)
    try:
        pom = read_pom(file, repository)
    except ElementTree.ParseError as error:
        raise UserError(f"{file}: not XML ({error})") from error
    modules = _modules(file.parent, pom, repository)
    named = [one for _, each in modules for one in map(each.complete, each.dependencies)]
    own = {f"{each.group}:{each.name}" for _, each in modules}
    needed = [d for d in named if d.scope in _NEEDED and d.key not in own]
    folders = [folder for folder, _ in modules]
    return _resolved(file, _classes(file.parent, folders), needed, pom, repository)


def _repositories() -> list[Path]:
    gradle = Path(os.environ.get("GRADLE_USER_HOME", Path.home() / ".gradle"))
    return [
        Path.home() / ".m2/repository",
        gradle / "caches/modules-2/files-2.1",
        Path("/usr/share/maven-repo"),
    ]


def _modules(folder: Path, pom: Pom, repository: Repository) -> list[tuple[Path, Pom]]:
    """A project and all modules below it."""
    found = [(folder, pom)]
    for name in pom.modules:
        below = folder / name / "pom.xml" if (folder / name).is_dir() else folder / name
        if below.is_file():
            found += _modules(below.parent, read_pom(below, repository), repository)
    return found


def _classes(folder: Path, modules: Sequence[Path]) -> list[str]:
    """Folders with compiled classes of the project and its modules."""
    places = [place / name for place in dict.fromkeys((folder, *modules)) for name in _COMPILED]
    return [str(place) for place in places if place.is_dir()]


def _gradle(file: Path) -> Iterator[Dependency]:
    """Dependencies that are written out, in all projects below."""
    for pattern in _GRADLE_FILES:
        for build in sorted(file.parent.rglob(pattern)):
            text = build.read_text(encoding="utf-8", errors="replace")
            for group, name, version in _GRADLE.findall(text):
                yield Dependency(group, name, version)


def _resolved(
    file: Path,
    classes: Sequence[str],
    named: Sequence[Dependency],
    project: Pom,
    repository: Repository,
) -> OwnBuild:
    """What is named and what that needs, the nearest version of each first."""
    seen: dict[str, None] = {}
    jars, missing = list[str](), list[str]()
    queue = deque((one, frozenset[str]()) for one in named)
    while queue:
        wanted, barred = queue.popleft()
        if wanted.key in seen or wanted.key in barred or wanted.kind not in ("jar", "bundle"):
            continue
        seen[wanted.key] = None
        jar = repository.file(wanted, "jar")
        if jar is None:
            missing.append(str(wanted))
        else:
            jars.append(str(jar))
        below = repository.file(wanted, "pom")
        if below is None:
            continue
        pom = read_pom(below, repository)
        for each in map(pom.complete, pom.dependencies):
            if each.scope in ("compile", "runtime") and not each.optional:
                queue.append((project.complete(each, always=True), barred | wanted.without))
    return OwnBuild(file, (*classes, *jars), tuple(missing))
