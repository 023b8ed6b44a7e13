"""Java source files as types and members, by tree-sitter.

Gives what slicing needs: imports, type declarations with their members, and the text of any node
without foreign annotations and Javadoc. Checks nothing: a file with syntax errors gives what could
be read of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING

from rlcf.errors import UserError
from rlcf.install import install_hint

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

TYPE_NODES = {
    "class_declaration": "class",
    "interface_declaration": "interface",
    "enum_declaration": "enum",
    "record_declaration": "record",
    "annotation_type_declaration": "@interface",
}
_MEMBERS = {
    "method_declaration": "method",
    "constructor_declaration": "constructor",
    "compact_constructor_declaration": "constructor",
    "enum_constant": "constant",
    "field_declaration": "field",
    "constant_declaration": "field",
    **dict.fromkeys(TYPE_NODES, "type"),
}
_KEPT_ANNOTATIONS = {"SuppressWarnings", "SafeVarargs", "FunctionalInterface", "Deprecated"}
COMMENTS = ("block_comment", "line_comment")


@dataclass(frozen=True)
class Import:
    """One import declaration."""

    path: str
    """Dotted, without the asterisk."""
    static: bool
    wildcard: bool

    @property
    def name(self) -> str:
        """The simple name that it brings; empty for a wildcard."""
        return "" if self.wildcard else self.path.rpartition(".")[2]

    @property
    def text(self) -> str:
        """As a line of Java."""
        return f"import {'static ' * self.static}{self.path}{'.*' * self.wildcard};"

    @property
    def from_jdk(self) -> bool:
        """Whether every JDK has it."""
        return self.path.startswith(("java.", "javax.", "org.w3c.dom", "org.xml.sax"))


@dataclass(eq=False)
class Member:
    """A field, method, constructor or nested type of a type, a record's component, a constant."""

    kind: str
    """`field`, `method`, `constructor`, `type`, `component` of a record or `constant` of an enum.
    The last two stand in the type's head: whoever has the type has them."""
    names: tuple[str, ...]
    """One, or several of a field declaration."""
    arity: int
    """Number of parameters."""
    varargs: bool
    node: Node
    owner: TypeDecl
    javadoc: str = ""
    """The comment before it, with its delimiters; empty if there is none."""

    def takes(self, count: int) -> bool:
        """Whether a call with so many arguments can mean it."""
        return count == self.arity or (self.varargs and count >= self.arity - 1)

    @cached_property
    def modifiers(self) -> frozenset[str]:
        """Keywords before it, e.g. `static`."""
        found = next((c for c in self.node.children if c.type == "modifiers"), None)
        return frozenset(c.type for c in found.children) if found is not None else frozenset()

    @property
    def may_implement(self) -> bool:
        """Whether it can be what an interface asks for."""
        return self.kind == "method" and {"public", "static"} & self.modifiers == {"public"}

    @property
    def body(self) -> Node | None:
        """Its block, if it has one."""
        return self.node.child_by_field_name("body")

    @property
    def line(self) -> int:
        """1-based line that it starts at."""
        return self.node.start_point.row + 1


@dataclass(eq=False)
class TypeDecl:
    """A class, interface, enum or record."""

    name: str
    kind: str
    node: Node
    unit: Unit
    outer: TypeDecl | None
    members: list[Member] = field(default_factory=list)
    nested: dict[str, TypeDecl] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether it can never be abstract: a record or an enum."""
        return self.kind in ("record", "enum")

    @property
    def components(self) -> Node | None:
        """What a record holds: the parameters in its head; None for other types."""
        return self.node.child_by_field_name("parameters")

    @property
    def constants(self) -> list[Member]:
        """An enum's own values, in order."""
        return [m for m in self.members if m.kind == "constant"]

    @property
    def type_parameters(self) -> str:
        """`<T>` with its bounds, or nothing."""
        found = self.node.child_by_field_name("type_parameters")
        return self.unit.code(found) if found is not None else ""

    @property
    def qualified(self) -> str:
        """Dotted name with package and outer types."""
        before = self.outer.qualified if self.outer else self.unit.package
        return f"{before}.{self.name}" if before else self.name

    def enclosing(self) -> Iterator[TypeDecl]:
        """Itself, then its outer types from the inside out."""
        at: TypeDecl | None = self
        while at is not None:
            yield at
            at = at.outer


@dataclass(eq=False)
class Unit:
    """A source file."""

    path: str
    """Relative to the root of the corpus, with `/`."""
    source: bytes
    package: str = ""
    imports: list[Import] = field(default_factory=list)
    types: dict[str, TypeDecl] = field(default_factory=dict)
    header: str = ""
    """Comments before the imports: licences stand there, before the package or after it."""

    def raw(self, node: Node) -> str:
        """The node's text as it stands."""
        return self.source[node.start_byte : node.end_byte].decode("utf-8")

    def code(self, node: Node, drop: tuple[str, ...] = (), stop: int | None = None) -> str:
        """The node's text up to byte `stop`, its lines indented relative to its first.

        Without foreign annotations, Javadoc, and modifiers in `drop`.
        """
        stop = node.end_byte if stop is None else stop
        pieces, at = [], node.start_byte
        for start, end in self._unwanted(node, drop):
            if start >= stop:
                break
            pieces.append(self.source[at:start])
            at = end
        pieces.append(self.source[at:stop])
        return self.outdented(b"".join(pieces).decode("utf-8"), node)

    def tokens(self, node: Node) -> str:
        """The node's tokens, a line each, without comments and foreign annotations."""
        found, stack = [], [node]
        while stack:
            at = stack.pop()
            if at.type in COMMENTS or self._foreign(at):
                continue
            if at.child_count == 0 or at.type == "string_literal":
                found.append(self.raw(at))
            else:
                stack.extend(reversed(at.children))
        return "\n".join(found)

    def outdented(self, text: str, node: Node) -> str:
        """Text of the node, its further lines without the indent of the line it starts on."""
        start = self.source.rfind(b"\n", 0, node.start_byte) + 1
        line = self.source[start : node.start_byte].decode("utf-8")
        width = len(_spaced(line)) - len(_spaced(line).lstrip())
        first, *rest = text.split("\n")
        return "\n".join([first, *(_less(_spaced(line), width) for line in rest)])

    def _unwanted(self, node: Node, drop: tuple[str, ...]) -> Iterator[tuple[int, int]]:
        """Byte ranges in order, each with the white space after it."""
        stack = [(node, 0)]
        while stack:
            at, depth = stack.pop()
            keyword = at.type in drop and depth <= 2
            if keyword or self._foreign(at) or self._documents(at):
                yield at.start_byte, self._past_space(at.end_byte, node.end_byte)
            else:
                stack.extend((child, depth + 1) for child in reversed(at.children))

    def _foreign(self, node: Node) -> bool:
        if node.type not in ("marker_annotation", "annotation"):
            return False
        name = node.child_by_field_name("name")
        return name is None or self.raw(name) not in _KEPT_ANNOTATIONS

    def _documents(self, node: Node) -> bool:
        return (
            node.type == "block_comment"
            and self.source[node.start_byte : node.start_byte + 3] == b"/**"
        )

    def _past_space(self, at: int, stop: int) -> int:
        while at < stop and self.source[at : at + 1].isspace():
            at += 1
        return at


def read_unit(path: str, source: bytes) -> Unit:
    """Parse one file; `source` must be UTF-8.

    Raises:
        UserError: tree-sitter is not installed.
    """
    unit = Unit(path, source)
    for node in parse(source).children:
        if node.type == "package_declaration":
            unit.package = unit.raw(node).removeprefix("package").rstrip(";").strip()
        elif node.type == "import_declaration":
            unit.imports.append(_import(unit, node))
        elif node.type in TYPE_NODES:
            declared = _type(unit, node, None)
            unit.types[declared.name] = declared
        elif node.type in COMMENTS and not (unit.imports or unit.types):
            text = unit.raw(node)
            if not (unit.package and text.startswith("/**")):  # Javadoc of the first type
                unit.header += text + "\n"
    return unit


def parse(source: bytes) -> Node:
    """The root of a file's syntax tree.

    Raises:
        UserError: tree-sitter is not installed.
    """
    return _parser().parse(source).root_node


@cache
def _parser() -> Parser:
    try:
        import tree_sitter
        import tree_sitter_java
    except ImportError as exc:
        raise UserError(
            f"building a Java corpus needs tree-sitter: {install_hint('corpus')}"
        ) from exc
    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_java.language()))


def _spaced(line: str) -> str:
    """The line, its indent in spaces."""
    body = line.lstrip(" \t")
    return line[: len(line) - len(body)].expandtabs(4) + body


def _less(line: str, width: int) -> str:
    return line[min(width, len(line) - len(line.lstrip())) :].rstrip()


def _import(unit: Unit, node: Node) -> Import:
    static = any(child.type == "static" for child in node.children)
    wildcard = any(child.type == "asterisk" for child in node.children)
    path = next(c for c in node.children if c.type in ("scoped_identifier", "identifier"))
    return Import("".join(unit.raw(path).split()), static, wildcard)


def _type(unit: Unit, node: Node, outer: TypeDecl | None) -> TypeDecl:
    name = node.child_by_field_name("name")
    declared = TypeDecl(unit.raw(name) if name else "", TYPE_NODES[node.type], node, unit, outer)
    for parameter in parameters_of(node):
        names = (unit.raw(parameter_name(parameter)),)
        declared.members.append(Member("component", names, 0, False, parameter, declared))
    body = node.child_by_field_name("body")
    javadoc = ""
    for child in _body_children(body):
        if child.type == "block_comment":
            javadoc = unit.raw(child) if unit.raw(child).startswith("/**") else javadoc
        elif child.type in _MEMBERS:
            _add_member(declared, child, javadoc)
            javadoc = ""
        elif child.type != "line_comment":
            javadoc = ""
    return declared


def _body_children(body: Node | None) -> Iterator[Node]:
    for child in body.children if body is not None else ():
        if child.type == "enum_body_declarations":
            yield from child.children
        else:
            yield child


def _add_member(declared: TypeDecl, node: Node, javadoc: str) -> None:
    unit, kind = declared.unit, _MEMBERS[node.type]
    if kind == "field":
        found = [d.child_by_field_name("name") for d in node.children_by_field_name("declarator")]
        names = tuple(unit.raw(name) for name in found if name is not None)
    else:
        name = node.child_by_field_name("name")
        names = (unit.raw(name),) if name is not None else ()
    # A compact constructor takes what the head of its record names.
    compact = node.type == "compact_constructor_declaration"
    parameters = parameters_of(declared.node if compact else node)
    varargs = any(p.type == "spread_parameter" for p in parameters)
    member = Member(kind, names, len(parameters), varargs, node, declared, javadoc)
    declared.members.append(member)
    if kind == "type" and names:
        declared.nested[names[0]] = _type(unit, node, declared)


def parameters_of(node: Node) -> list[Node]:
    """The parameters of a method or constructor, or the components of a record."""
    found = node.child_by_field_name("parameters")
    kinds = ("formal_parameter", "spread_parameter")
    return [c for c in found.named_children if c.type in kinds] if found is not None else []


def parameter_name(parameter: Node) -> Node:
    """The node of a parameter's name."""
    holders = [c for c in parameter.named_children if c.type == "variable_declarator"]
    found = (holders[0] if holders else parameter).child_by_field_name("name")
    return found if found is not None else parameter
