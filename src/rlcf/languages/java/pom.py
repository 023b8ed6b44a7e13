"""What a Maven project depends on, read from its files and the local repository, without Maven.

A `Pom` is a project's effective description: parents, properties, managed versions and imported
bills of materials are taken in. Nothing is downloaded and no plugin runs. Profiles are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.etree import ElementTree

_PROPERTY = re.compile(r"\$\{([^}]+)\}")
_DEPTH = 8
"""Of parents, and of properties within properties, at most."""


@dataclass(frozen=True)
class Dependency:
    """An artifact that a project names."""

    group: str
    name: str
    version: str = ""
    scope: str = "compile"
    kind: str = "jar"
    classifier: str = ""
    optional: bool = False
    without: frozenset[str] = frozenset()
    """`group:name` of what it is wanted without."""

    @property
    def key(self) -> str:
        return f"{self.group}:{self.name}"

    def __str__(self) -> str:
        return f"{self.key}:{self.version or '?'}"


@dataclass
class Pom:
    """A project as far as its class path is concerned."""

    group: str = ""
    name: str = ""
    version: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    managed: dict[str, Dependency] = field(default_factory=dict)
    dependencies: list[Dependency] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)

    def complete(self, wanted: Dependency, *, always: bool = False) -> Dependency:
        """With what is managed where it says nothing itself; `always`: in place of what it says, as
        a project does with the dependencies of its dependencies."""
        rule = self.managed.get(wanted.key)
        if rule is None or (wanted.version and not always):
            return wanted
        scope = rule.scope if wanted.scope == "compile" and not always else wanted.scope
        return replace(
            wanted,
            version=rule.version or wanted.version,
            scope=scope,
            without=wanted.without | rule.without,
        )


class Repository:
    """Local repositories: in Maven's layout, or as Gradle keeps what it fetched."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self.roots = [root for root in roots if root.is_dir()]

    def file(self, wanted: Dependency, extension: str) -> Path | None:
        """A file of an artifact, of its version or else of the newest that is there."""
        middle = f"-{wanted.classifier}" if wanted.classifier and extension == "jar" else ""
        for root in self.roots:
            for place in (wanted.group.replace(".", "/"), wanted.group):
                folder = root / place / wanted.name
                exact = [wanted.version] if wanted.version else []
                for version in (*exact, *_newest_first(folder)):
                    name = f"{wanted.name}-{version}{middle}.{extension}"
                    for file in (folder / version / name, *folder.glob(f"{version}/*/{name}")):
                        if file.is_file():
                            return file
        return None


def _newest_first(folder: Path) -> list[str]:
    return sorted((place.name for place in folder.glob("*/")), key=_ordered, reverse=True)


def read_pom(file: Path, repository: Repository, depth: int = _DEPTH) -> Pom:
    """The effective description in a pom.xml.

    Raises:
        ElementTree.ParseError: it is no XML.
    """
    root = _without_namespaces(file)
    parent = _parent(root, file, repository, depth)
    pom = Pom(properties=dict(parent.properties), managed=dict(parent.managed))
    pom.properties |= {e.tag: (e.text or "").strip() for e in root.iterfind("properties/*")}
    pom.group = _text(root, "groupId") or parent.group
    pom.version = _text(root, "version") or parent.version
    pom.name = _text(root, "artifactId")
    for prefix in ("project", "pom"):
        pom.properties |= {f"{prefix}.groupId": pom.group, f"{prefix}.version": pom.version}
    pom.properties["project.parent.version"] = parent.version
    for managed in _dependencies(root, "dependencyManagement/dependencies/dependency", pom):
        if managed.scope == "import" and depth:
            bill = repository.file(managed, "pom")
            if bill is not None:
                pom.managed = read_pom(bill, repository, depth - 1).managed | pom.managed
        else:
            pom.managed[managed.key] = managed
    own = list(_dependencies(root, "dependencies/dependency", pom))
    pom.dependencies = [*parent.dependencies, *own]
    pom.modules = [(e.text or "").strip() for e in root.iterfind("modules/module")]
    return pom


def _parent(root: ElementTree.Element, file: Path, repository: Repository, depth: int) -> Pom:
    named = root.find("parent")
    if named is None or not depth:
        return Pom()
    place = named.findtext("relativePath", "../pom.xml").strip()
    beside = file.parent / place if place else None
    if beside is not None and beside.is_dir():
        beside /= "pom.xml"
    group, name, version = (_text(named, tag) for tag in ("groupId", "artifactId", "version"))
    wanted = Dependency(group, name, version)
    if beside is not None and beside.is_file():
        found = read_pom(beside, repository, depth - 1)
        if found.name == wanted.name:
            return found
    stored = repository.file(wanted, "pom")
    if stored is None:
        return Pom(wanted.group, wanted.name, wanted.version)
    return read_pom(stored, repository, depth - 1)


def _dependencies(root: ElementTree.Element, path: str, pom: Pom) -> Iterator[Dependency]:
    for element in root.iterfind(path):
        group, name, version, scope, kind, classifier, optional = (
            _filled(_text(element, tag), pom.properties)
            for tag in (
                *("groupId", "artifactId", "version", "scope", "type", "classifier"),
                "optional",
            )
        )
        without = frozenset(
            f"{_text(e, 'groupId')}:{_text(e, 'artifactId')}"
            for e in element.iterfind("exclusions/exclusion")
        )
        exact = "" if version.startswith(("[", "(")) else version
        yield Dependency(
            group,
            name,
            exact,
            scope or "compile",
            kind or "jar",
            classifier,
            optional == "true",
            without,
        )


def _filled(text: str, properties: Mapping[str, str]) -> str:
    for _ in range(_DEPTH):
        if "${" not in text:
            break
        text = _PROPERTY.sub(lambda found: properties.get(found[1], ""), text)
    return text


def _without_namespaces(file: Path) -> ElementTree.Element:
    root = ElementTree.fromstring(file.read_bytes())
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def _text(element: ElementTree.Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _ordered(version: str) -> list[tuple[int, int, str]]:
    """Sorts versions: numbers by value, `1.0-beta` before `1.0`, and that before `1.0.1`."""
    parts = re.findall(r"\d+|[a-zA-Z]+", version)
    return [(1, int(p), "") if p.isdigit() else (0, 0, p) for p in parts] + [(0, 1, "")]
