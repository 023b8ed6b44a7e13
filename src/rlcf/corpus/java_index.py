"""All types of a Java source tree by name, and what a simple name means at a place in it.

Knows nested types, the file, imports and the package, but neither the JDK nor any class path: a
name that is not in the tree belongs to nobody here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rlcf.corpus.java_names import Names, erased, names_in
from rlcf.corpus.java_syntax import Import, Member, TypeDecl, Unit, parameters_of

if TYPE_CHECKING:
    from tree_sitter import Node


class Index:
    """The types of some source files."""

    def __init__(self, units: Iterable[Unit]) -> None:
        self._types: dict[tuple[str, str], TypeDecl] = {}
        self._names: dict[Member | TypeDecl, Names] = {}
        self._parameters: dict[Member, tuple[str, ...]] = {}
        self._found: dict[tuple[str, TypeDecl], TypeDecl | None] = {}
        self._packages: set[str] = set()
        for unit in units:
            self._packages.add(unit.package)
            for declared in unit.types.values():
                self._types[source_root(unit), declared.qualified] = declared
                self._types.setdefault(("", declared.qualified), declared)

    def names(self, of: Member | TypeDecl) -> Names:
        """What a member or a whole type mentions."""
        if of not in self._names:
            unit = of.unit if isinstance(of, TypeDecl) else of.owner.unit
            self._names[of] = names_in(unit, of.node)
        return self._names[of]

    def parameters(self, member: Member) -> tuple[str, ...]:
        """Erased types of a method's parameters."""
        if member not in self._parameters:
            self._parameters[member] = _parameters(member)
        return self._parameters[member]

    def overridden(self, method: Member) -> Iterator[Member]:
        """Methods of the tree's supertypes that this one overrides, nearest first."""
        queue, seen = [method.owner], {method.owner}
        while queue:
            at = queue.pop(0)
            for clause in (at.node.child_by_field_name("superclass"), interfaces(at)):
                for name in self.clause(at, clause).types if clause is not None else ():
                    found = self.type_named(name, at) if "." not in name else None
                    if found is not None and found not in seen:
                        seen.add(found)
                        queue.append(found)
                        yield from (
                            m
                            for m in found.members
                            if m.kind == "method"
                            and m.names == method.names
                            and m.arity == method.arity
                        )

    def clause(self, of: TypeDecl, node: Node) -> Names:
        """What an `extends` or `implements` clause of a type mentions."""
        return names_in(of.unit, node)

    def by_path(self, qualified: str, near: Unit) -> TypeDecl | None:
        """A type of the tree by its dotted name, nested ones included.

        A tree may hold several versions of a class: the one of the same source root counts.
        """
        for root in (source_root(near), ""):
            if (root, qualified) in self._types:
                return self._types[root, qualified]
        before, _, name = qualified.rpartition(".")
        outer = self.by_path(before, near) if before else None
        return outer.nested.get(name) if outer is not None else None

    def has(self, imported: Import, near: Unit) -> bool:
        """Whether what an import names is of the tree."""
        if imported.wildcard:
            owner = imported.path
        else:
            owner = imported.path.rpartition(".")[0] if imported.static else imported.path
        of_package = imported.wildcard and imported.path in self._packages
        return of_package or self.by_path(owner, near) is not None

    def outside(self, unit: Unit) -> dict[str, str]:
        """Names that a file imports from neither the JDK nor the tree, with their packages."""
        found = {}
        for imported in unit.imports:
            if imported.name and not imported.from_jdk and not self.has(imported, unit):
                # Packages are written in small letters, and types are not.
                parts = imported.path.split(".")[:-1]
                found[imported.name] = ".".join(p for p in parts if not p[:1].isupper())
        return found

    def type_named(self, name: str, at: TypeDecl) -> TypeDecl | None:
        """The type of the tree that a simple name means inside `at`, or None."""
        key = name, at
        if key not in self._found:
            self._found[key] = local_type(name, at) or self._imported(name, at.unit)
        return self._found[key]

    def static_import(self, name: str, at: TypeDecl) -> Iterator[Member]:
        """Members of the tree that a static import brings under this name."""
        for imported in at.unit.imports:
            if imported.static and imported.name in ("", name):
                path = imported.path
                owner = self.by_path(
                    path if imported.wildcard else path.rpartition(".")[0], at.unit
                )
                if owner is not None:
                    yield from (m for m in owner.members if name in m.names)

    def _imported(self, name: str, unit: Unit) -> TypeDecl | None:
        for imported in unit.imports:
            if not imported.static and imported.name == name:
                return self.by_path(imported.path, unit)
        found = self.by_path(f"{unit.package}.{name}" if unit.package else name, unit)
        if found is not None:
            return found
        wild = (i.path for i in unit.imports if i.wildcard and not i.static)
        return next((t for p in wild if (t := self.by_path(f"{p}.{name}", unit))), None)


def source_root(unit: Unit) -> str:
    """The folder that the file's package starts in, as far as the path tells."""
    folder = unit.path.rpartition("/")[0]
    return folder.removesuffix(unit.package.replace(".", "/"))


def local_type(name: str, at: TypeDecl) -> TypeDecl | None:
    """A type of the same file that a simple name means inside `at`, or None."""
    for around in at.enclosing():
        if around.name == name:
            return around
        if name in around.nested:
            return around.nested[name]
    return at.unit.types.get(name)


def _parameters(member: Member) -> tuple[str, ...]:
    unit = member.owner.unit
    compact = member.node.type == "compact_constructor_declaration"
    types = []
    for parameter in parameters_of(member.owner.node if compact else member.node):
        if parameter.type == "formal_parameter":
            dimensions = parameter.child_by_field_name("dimensions")
            after = "".join(unit.raw(dimensions).split()) if dimensions is not None else ""
            types.append(erased(unit, parameter.child_by_field_name("type"), after))
        else:
            kind = next((c for c in parameter.named_children if c.type != "modifiers"), None)
            types.append(erased(unit, kind, "[]"))
    return tuple(types)


def interfaces(declared: TypeDecl) -> Node | None:
    """The clause that names what a type implements, or what an interface extends."""
    found = declared.node.child_by_field_name("interfaces")
    if found is None:
        kinds = ("extends_interfaces",)
        found = next((c for c in declared.node.children if c.type in kinds), None)
    return found
