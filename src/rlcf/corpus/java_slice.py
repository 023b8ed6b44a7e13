"""One method of a source tree as a program of its own: what it needs, and nothing else.

From the method's names, the fields, methods and types that it uses are gathered, and theirs, and
so on. Which of them a name means is guessed from syntax: the compiler's verdict on the result is
what counts (`build`), so that a wrong guess costs a task and not its truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rlcf.corpus.java_index import Index, interfaces, local_type
from rlcf.corpus.java_names import UNKNOWN, Names
from rlcf.corpus.java_syntax import Member, TypeDecl, Unit

LARGEST = 60
"""Members and types beyond which a method is no longer self-contained in any useful sense."""


@dataclass(frozen=True)
class Style:
    """How far a slice reaches. Tried from the smallest on."""

    across_files: bool
    """Whether it takes in types of other files; otherwise those are left to the class path."""
    supertypes: bool
    """Whether the class keeps what it extends and implements."""
    narrow: bool = True
    """Whether only overloads are taken in whose parameters fit the arguments' types by name."""
    in_package: bool = False
    """Whether the program is of its file's package, with all imports: for a class path that has
    the tree's own classes."""
    libraries: bool = False
    """Whether imports from outside the tree are kept: for a class path that has those alone."""


class TooLargeError(Exception):
    """The method needs too much."""


class Slice:
    """What one method needs."""

    def __init__(self, method: Member, index: Index, style: Style) -> None:
        """Gather it all.

        Raises:
            TooLargeError: more than `LARGEST` members and types.
        """
        self.method = method
        self.main = method.owner
        self.style = style
        self.own: dict[Member, None] = {}
        """Members of the main class beside the method."""
        self.extra: dict[TypeDecl, dict[Member, None]] = {}
        """Further types beside the main class, with the members that are needed of them."""
        self.whole: set[TypeDecl] = set()
        """Types that are taken in full."""
        self.words: dict[Unit, set[str]] = {}
        """Names that occur, by the file whose imports say what they mean."""
        self.index = index
        self._around = set(self.main.enclosing())
        self._queue: list[tuple[Names, TypeDecl]] = []
        self._follow_head(self.main)
        self._enqueue(method, self.main)
        while self._queue or self._complete():
            names, at = self._queue.pop()
            self.words.setdefault(at.unit, set()).update(names.words)
            self._follow(names, at)

    def _enqueue(self, what: Member | TypeDecl, at: TypeDecl) -> None:
        if len(self.own) + sum(1 + len(m) for m in self.extra.values()) > LARGEST:
            raise TooLargeError
        self._queue.append((self.index.names(what), at))

    def _follow(self, names: Names, at: TypeDecl) -> None:
        in_play = [t for name in names.types if (t := self._type(name, at))]
        for declared in in_play:
            self._need_type(declared)
        for qualifier, name in names.fields:
            self._need(self._candidates(qualifier, name, at, in_play), "field", -1)
        for qualifier, name, types in names.calls:
            found = list(self._candidates(qualifier, name, at, in_play))
            if self.style.narrow:
                found = self._narrowed(found, types)
            self._need(found, "method", len(types))
        for qualifier, name in names.references:
            self._need(self._candidates(qualifier, name, at, in_play), "method", -1)
        for name, count in names.made:
            made = self._made(name, at)
            if made is not None:
                built = [m for m in made.members if m.kind == "constructor"]
                self._need([(made, m) for m in built], "constructor", count)

    def _narrowed(
        self, found: list[tuple[TypeDecl | None, Member]], types: tuple[str, ...]
    ) -> list[tuple[TypeDecl | None, Member]]:
        """Those that fit exactly as far as types are known; all if none does."""
        exact = [(through, member) for through, member in found if self._fits(member, types)]
        return exact or found

    def _fits(self, member: Member, types: tuple[str, ...]) -> bool:
        declared = self.index.parameters(member)
        return len(declared) == len(types) and all(
            known in ("", wanted) for known, wanted in zip(types, declared, strict=True)
        )

    def _made(self, name: str, at: TypeDecl) -> TypeDecl | None:
        if name == "this":
            return at
        if name == "super":
            return self._superclass(at)
        return self._type(name, at)

    def _candidates(
        self, qualifier: str, name: str, at: TypeDecl, in_play: list[TypeDecl]
    ) -> Iterator[tuple[TypeDecl | None, Member]]:
        """Members that `qualifier.name` may mean, with the type they are named through."""
        if qualifier in ("", "this"):
            yield from self._bare(name, at)
            return
        named = None if qualifier in (UNKNOWN, "super") else self._type(qualifier, at)
        for declared in [named] if named is not None else in_play:
            for owner in self._with_superclasses(declared):
                yield from ((owner, m) for m in owner.members if name in m.names)

    def _bare(self, name: str, at: TypeDecl) -> Iterator[tuple[TypeDecl | None, Member]]:
        for around in at.enclosing():
            found = [m for m in around.members if name in m.names]
            if found:
                yield from ((None if around in self._around else around, m) for m in found)
                return
        for owner in self._with_superclasses(at):
            yield from ((owner, m) for m in owner.members if name in m.names and owner is not at)
        if not self.style.in_package:
            top = list(at.enclosing())[-1]
            into = None if at in self._around else top
            yield from ((into, m) for m in self.index.static_import(name, at))

    def _need(self, found: Iterable[tuple[TypeDecl | None, Member]], kind: str, count: int) -> None:
        """Take members in; one without a type goes into the main class."""
        for through, member in found:
            if member.kind != kind or (count >= 0 and not member.takes(count)):
                continue
            if member is self.method or any(t in self.whole for t in member.owner.enclosing()):
                continue
            if through is None or through is self.main:
                if member not in self.own:
                    self.own[member] = None
                    self._enqueue(member, member.owner)
            elif through.outer is None:
                self._need_type(through)
                if through not in self.whole and member not in self.extra[through]:
                    self.extra[through][member] = None
                    self._enqueue(member, through)

    def _need_type(self, declared: TypeDecl) -> None:
        """See to it that the type exists, by its simple name as the code has it."""
        if declared is self.main or any(t in self.whole for t in declared.enclosing()):
            return
        if declared.outer is None:
            if declared not in self.extra:
                self.extra[declared] = {}
                if declared.kind == "class":
                    self._follow_head(declared)
                else:
                    self.whole.add(declared)
                    self._enqueue(declared, declared)
            return
        holder = declared.outer
        member = next((m for m in holder.members if m.node == declared.node), None)
        if member is None:
            return
        if holder in self._around:
            self.own[member] = None
        else:
            self._need_type(holder)
            if holder in self.whole or holder not in self.extra:
                return
            self.extra[holder][member] = None
        self.whole.add(declared)
        self._enqueue(declared, declared)

    def _follow_head(self, declared: TypeDecl) -> None:
        """What stands between a class's name and its body."""
        kept = self.style.supertypes or declared is not self.main
        superclass = self._superclass(declared) if kept else None
        if superclass is not None:
            self._need_type(superclass)
        clauses = [declared.node.child_by_field_name("type_parameters"), declared.components]
        clauses += [constant.node for constant in declared.constants]
        if kept:
            clauses.append(declared.node.child_by_field_name("superclass"))
        if self.style.supertypes and declared is self.main:
            clauses.append(interfaces(declared))
        for clause in clauses:
            if clause is not None:
                self._queue.append((self.index.clause(declared, clause), declared))
        if self.style.supertypes and declared is self.main and declared.is_final:
            self._need(((None, m) for m in declared.members if m.may_implement), "method", -1)

    def _complete(self) -> bool:
        """Take in what implements abstract members that are there; whether any was new.

        Only once all else is there: a supertype may be taken in late.
        """
        if not self.style.supertypes:
            return False
        for declared in list(self.extra):
            if declared in self.whole:
                continue
            wanted = set(self._abstract(declared))
            for member in declared.members:
                if member.kind == "method" and (member.names[0], member.arity) in wanted:
                    self._need([(declared, member)], "method", -1)
        return bool(self._queue)

    def _abstract(self, declared: TypeDecl) -> Iterator[tuple[str, int]]:
        """Names and arities of what the supertypes that are there leave open."""
        for owner in self._with_superclasses(declared):
            if owner is not declared:
                for member in self.extra.get(owner, ()):
                    if member.kind == "method" and member.body is None:
                        yield member.names[0], member.arity
            for interface in self.kept_interfaces(owner):
                for member in interface.members:
                    if member.kind == "method" and member.body is None:
                        yield member.names[0], member.arity

    def kept_interfaces(self, declared: TypeDecl) -> list[TypeDecl]:
        """Interfaces of a type that are there too."""
        clause = interfaces(declared)
        if clause is None or not self.style.supertypes:
            return []
        found = (self._type(n, declared) for n in self.index.clause(declared, clause).types)
        return [t for t in found if t in self.extra and t.kind == "interface"]

    def _with_superclasses(self, declared: TypeDecl) -> Iterator[TypeDecl]:
        at: TypeDecl | None = declared
        for _ in range(10):  # a circle of classes that extend each other parses too
            if at is None:
                return
            yield at
            if at is self.main and not self.style.supertypes:
                return
            at = self._superclass(at)

    def _superclass(self, declared: TypeDecl) -> TypeDecl | None:
        name = superclass_name(declared)
        found = self._type(name, declared) if name else None
        return None if found is declared else found

    def _type(self, name: str, at: TypeDecl) -> TypeDecl | None:
        """The type of the tree that is meant, if this style may take it in."""
        if "." in name:
            outer, _, inner = name.rpartition(".")
            holder = self._type(outer, at)
            return holder.nested.get(inner) if holder is not None else None
        if self.style.across_files:
            return self.index.type_named(name, at)
        found = local_type(name, at)
        if found is None or not self.style.in_package:
            return found
        return found if any(t is self.main for t in found.enclosing()) else None


def superclass_name(declared: TypeDecl) -> str:
    """Simple name of what a class extends; empty if nothing."""
    clause = declared.node.child_by_field_name("superclass")
    if clause is None or not clause.named_children:
        return ""
    text = declared.unit.code(clause.named_children[-1])
    return text.partition("<")[0].rpartition(".")[2].strip()
