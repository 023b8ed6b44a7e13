"""One function of a Python tree as a program of its own: what it needs, and nothing else.

From the function's names, the imports, constants, helpers and classes that it uses are gathered,
and theirs, and so on, also from other files of the tree. Of its class, what is reached through
`self`, `cls`, `super()` or the class's name. Packages outside the standard library are refused
unless they were allowed. Attributes of other objects are not followed: nothing tells their types.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rlcf.corpus.candidate import Why
from rlcf.corpus.python_syntax import (
    Import,
    Module,
    Statement,
    attributes,
    called_names,
    first_parameter,
)

LARGEST = 60
OUTSIDE = "imports what is not in the standard library"
"""Statements and members beyond which a function is not self-contained in any useful sense."""
TOO_LARGE = "needs too much context"
_RECORDS = frozenset(
    {"dataclass", "attrs", "define", "frozen", "Enum", "IntEnum", "Flag", "IntFlag", "StrEnum"}
    | {"NamedTuple", "TypedDict", "Structure", "Union"}
)
"""Decorators and bases for which every field of a class counts."""


class LeftOutError(Exception):
    """The function cannot be a program of its own."""

    def __init__(self, reason: str, missing: str = "") -> None:
        """Of a package that is not allowed, `missing` is the name."""
        super().__init__(reason)
        self.why = Why(reason, f"imports {missing}" if missing else "", missing, missing)


class Tree:
    """The files of a source tree, to be found by the names of modules."""

    def __init__(self, modules: Sequence[Module], root_name: str, packages: Iterable[str]) -> None:
        self.allowed = frozenset(packages) | sys.stdlib_module_names
        self._root = root_name
        self._packages = {m.path.rpartition("/")[0] for m in modules if _is_package(m)}
        self._by_path = {module.path: module for module in modules}
        self._by_suffix: dict[str, list[Module]] = {}
        for module in modules:
            parts = [root_name, *_dotted(module.path)]
            for start in range(len(parts)):
                self._by_suffix.setdefault(".".join(parts[start:]), []).append(module)

    def absolute(self, imported: Import, at: Module) -> Import:
        """The import without leading dots, if the package that `at` is in may be imported."""
        if imported.top:
            return imported
        folder, names = at.path.rpartition("/")[0], list[str]()
        while folder in self._packages:
            names.insert(0, folder.rpartition("/")[2] or self._root)
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        dots = len(imported.module) - len(imported.module.lstrip("."))
        kept = names[: len(names) - dots + 1]
        if not kept or kept[0] not in self.allowed:
            return imported
        return replace(imported, module=".".join([*kept, imported.module[dots:]]).rstrip("."))

    def find(self, name: str, at: Module) -> Module | None:
        """The file to take what `at` imports from `name`; None where the import can stay."""
        top = name.partition(".")[0]
        return None if top in self.allowed else self.locate(name, at)

    def locate(self, name: str, at: Module) -> Module | None:
        """The file that an import of `name` in `at` reads, if it is one of the tree."""
        dots = len(name) - len(name.lstrip("."))
        if not dots:
            found = self._by_suffix.get(name, [])
            return found[0] if len(found) == 1 else None
        folder = at.path.split("/")[:-1]
        if dots - 1 > len(folder):
            return None
        parts = folder[: len(folder) - dots + 1] + [p for p in name[dots:].split(".") if p]
        inner = "/".join(parts)
        for path in (f"{inner}.py", f"{inner}/__init__.py" if inner else "__init__.py"):
            if path in self._by_path:
                return self._by_path[path]
        return None


class Slice:
    """What one function needs."""

    def __init__(self, tree: Tree, function: Statement) -> None:
        """Gather it all.

        Raises:
            LeftOutError: it needs something that cannot be had, or too much.
        """
        self.function = function
        self.main = function.module
        self.imports: dict[str, Import] = {}
        """By the statement's text."""
        self.statements: dict[Statement, None] = {}
        """Of the tree's modules, beside the function and its class."""
        self.members: dict[Statement, None] = {}
        """Of the class, beside the function."""
        self.aliases: dict[str, str] = {}
        """Second names of functions and classes: name here -> their own."""
        self.files: dict[Module, None] = {self.main: None}
        """Files that something is taken from, those that others need first."""
        self._tree = tree
        self._class = function.owner
        self._own_names = frozenset({self._class.name} if self._class else function.names.binds)
        self._bound: dict[str, dict[Module, object]] = {}
        self._seen: set[tuple[Module, str]] = set()
        self._queue: list[tuple[Module, str]] = []
        self._owned = self._members_by_name()
        refuse_inner_imports(function, tree)
        self._follow(function)
        if self._class is not None:
            self._follow_head(self._class)
        while self._queue:
            self._need(*self._queue.pop(0))

    @property
    def postponed(self) -> bool:
        """Whether annotations must not be evaluated."""
        return any(module.postponed for module in self.files)

    def _follow(self, statement: Statement) -> None:
        """Ask for all that a statement or member names."""
        if len(self.statements) + len(self.members) > LARGEST:
            raise LeftOutError(TOO_LARGE)
        names = statement.names
        free = names.free
        if statement.owner is self._class:
            free -= (names.here & self._owned.keys()) - names.binds
        self._queue += [(statement.module, name) for name in sorted(free)]
        if self._class is None or statement.module is not self.main:
            return
        for node in statement.nodes if statement.owner is self._class else ():
            self._need_members(names.here)
            through = {first_parameter(node), "cls", "super", self._class.name}
            self._need_attributes(node, through - {""})

    def _follow_head(self, owner: ast.ClassDef) -> None:
        """The class's decorators, bases and keywords; of records, their fields."""
        head: list[ast.expr] = [*owner.decorator_list, *owner.bases]
        head += [keyword.value for keyword in owner.keywords]
        names = {n.id for e in head for n in ast.walk(e) if isinstance(n, ast.Name)}
        self._queue += [(self.main, name) for name in sorted(names)]
        words = names | {n.attr for e in head for n in ast.walk(e) if isinstance(n, ast.Attribute)}
        if words & _RECORDS:
            for members in self._owned.values():
                for member in members:
                    if isinstance(member.nodes[0], ast.Assign | ast.AnnAssign):
                        self._take_member(member)

    def _need_members(self, names: Iterable[str]) -> None:
        for name in sorted(names):
            for member in self._owned.get(name, ()):
                self._take_member(member)

    def _need_attributes(self, node: ast.stmt, through: set[str]) -> None:
        found = {name for root, name in attributes(node) if root in through}
        self._need_members(found & set(self._owned))
        if found - set(self._owned) or called_names(node) & through - {"super"}:
            self._need_members(["__init__", "__new__"])  # sets what is not declared

    def _take_member(self, member: Statement) -> None:
        if member is self.function or member in self.members:
            return
        if member.first > self.function.first and member.names.binds & self.function.names.binds:
            return  # the setter of a getter that is asked for
        refuse_inner_imports(member, self._tree)
        self.members[member] = None
        self._follow(member)

    def _members_by_name(self) -> dict[str, list[Statement]]:
        found: dict[str, list[Statement]] = {}
        for member in self.main.members(self._class) if self._class is not None else ():
            for name in member.names.binds:
                found.setdefault(name, []).append(member)
        return found

    def _need(self, at: Module, name: str) -> None:
        """See to it that a name means the same in the program as in that file."""
        if (at, name) in self._seen or (at is self.main and name in self._own_names):
            return
        self._seen.add((at, name))
        found = at.by_name.get(name, [])
        for imported in at.imports.get(name, ()):
            self._need_import(at, imported)
        for statement in found:
            self._take(statement, name)
        if not found and name not in at.imports and not hasattr(builtins, name):
            for star in at.stars:
                other = self._tree.locate(star, at)
                if other is not None and (name in other.by_name or name in other.imports):
                    self._need_import(at, Import(star, name, name))

    def _take(self, statement: Statement, name: str) -> None:
        self._bind(name, statement.module, statement.module)
        if statement not in self.statements:
            refuse_inner_imports(statement, self._tree)
            self.statements[statement] = None
            self._follow(statement)

    def _need_import(self, at: Module, imported: Import) -> None:
        imported = self._tree.absolute(imported, at)
        other = self._tree.find(imported.module, at)
        if other is None:
            if imported.top not in self._tree.allowed:
                raise LeftOutError(OUTSIDE, imported.top)
            self._bind(imported.bound, at, imported.text if imported.name else imported.top)
            self.imports[imported.text] = imported
            return
        name = imported.name
        if name is None or other is at or not (name in other.by_name or name in other.imports):
            raise LeftOutError("uses a whole module of the tree")
        self._from(other, name)
        if imported.bound != name:
            self._bind(imported.bound, at, (other, name))
            self.aliases[imported.bound] = name

    def _from(self, other: Module, name: str) -> None:
        self.files.pop(other, None)
        self.files[other] = None
        if other is self.main and name in self._own_names:
            return
        self._queue.append((other, name))

    def _bind(self, name: str, at: Module, meaning: object) -> None:
        """Note what a name of a file means; files must not disagree."""
        others = self._bound.setdefault(name, {})
        others[at] = meaning
        own = name in self._own_names and at is not self.main
        if own or any(meaning != known for file, known in others.items() if file is not at):
            raise LeftOutError("one name means two things")


def _is_package(module: Module) -> bool:
    return module.path.rpartition("/")[2] == "__init__.py"


def _dotted(path: str) -> list[str]:
    parts = path.removesuffix(".py").split("/")
    return parts[:-1] if parts[-1] == "__init__" else parts


def refuse_inner_imports(statement: Statement, tree: Tree) -> None:
    """Imports inside a statement stand as they are: only what is there in isolation may."""
    guarded = isinstance(statement.nodes[0], ast.Try)
    for node in (n for top in statement.nodes for n in ast.walk(top)):
        if isinstance(node, ast.ImportFrom) and node.level:
            raise LeftOutError("uses a whole module of the tree")
        if isinstance(node, ast.Import | ast.ImportFrom) and not guarded:
            named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            named += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            for package in (name.partition(".")[0] for name in named):
                if package not in tree.allowed:
                    raise LeftOutError(OUTSIDE, package)
