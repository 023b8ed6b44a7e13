"""A Python file as the corpus reader sees it: its statements, what each binds, and what it uses.

Scopes come from the interpreter's own symbol tables, so a local name is never taken for a global
one. The grammar is that of the Python that runs rlcf. Types are unknown, and `python_tree` follows
imports.
"""

from __future__ import annotations

import ast
import io
import symtable
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Names:
    """What a statement names."""

    binds: frozenset[str]
    """Names that it gives a value to, in the scope that it stands in."""
    free: frozenset[str]
    """Names that it needs from its module or from the built-in ones."""
    here: frozenset[str]
    """Names that it looks up in the scope that it stands in: of a method, its class's."""


@dataclass(frozen=True)
class Import:
    """One name that an import statement binds."""

    module: str
    """With its leading dots."""
    name: str | None
    """What is imported from it; None for `import module`."""
    bound: str
    """The name that it has here."""

    @property
    def top(self) -> str:
        """The package that it comes from; empty where relative."""
        return self.module.partition(".")[0]

    @property
    def text(self) -> str:
        """The statement."""
        if self.name is None:
            renamed = self.bound != self.top
            return f"import {self.module}" + f" as {self.bound}" * renamed
        return f"from {self.module} import {self.name}" + (
            f" as {self.bound}" if self.bound != self.name else ""
        )


@dataclass(eq=False)
class Statement:
    """A statement of a module or class body, or several that share a line."""

    module: Module
    nodes: list[ast.stmt]
    owner: ast.ClassDef | None = None

    @property
    def first(self) -> int:
        """Its first line, decorators included; 1-based."""
        return first_line(self.nodes[0])

    @property
    def last(self) -> int:
        return self.nodes[-1].end_lineno or self.nodes[-1].lineno

    @cached_property
    def names(self) -> Names:
        """What it binds and uses."""
        return names_in(self.module.text(self.first, self.last), inside=self.owner is not None)

    @cached_property
    def changes(self) -> frozenset[str]:
        """Names whose values it changes without binding them: `table[k] = v`, `names.append(n)`."""
        return frozenset(_changed(self.nodes))

    @property
    def is_definition(self) -> bool:
        """Whether blank lines stand around it."""
        return isinstance(self.nodes[0], (*FUNCTIONS, ast.ClassDef))


@dataclass(eq=False)
class Module:
    """One parsed file."""

    path: str
    """Relative to the root, with `/`."""
    source: str
    statements: list[Statement] = field(default_factory=list)
    imports: dict[str, list[Import]] = field(default_factory=dict)
    """By the name that they bind: `import os` and `import os.path` bind the same."""
    stars: list[str] = field(default_factory=list)
    """Modules of which everything is imported."""
    postponed: bool = False
    """Whether its annotations are not evaluated (`from __future__ import annotations`)."""
    _members: dict[ast.ClassDef, list[Statement]] = field(default_factory=dict)

    @cached_property
    def lines(self) -> list[str]:
        """The file's lines, as the parser counts them."""
        return list(io.StringIO(self.source, newline="\n"))

    def text(self, first: int, last: int) -> str:
        """Lines as they stand, 1-based, with their ends."""
        return "".join(self.lines[first - 1 : last])

    @cached_property
    def by_name(self) -> dict[str, list[Statement]]:
        """The statements that make up the value of a name, in order."""
        found: dict[str, list[Statement]] = {}
        for statement in self.statements:
            for name in sorted(statement.names.binds | statement.changes):
                found.setdefault(name, []).append(statement)
        return found

    def members(self, owner: ast.ClassDef) -> list[Statement]:
        """The statements of a class's body, the same each time."""
        if owner not in self._members:
            self._members[owner] = grouped(self, owner.body, owner)
        return self._members[owner]

    @cached_property
    def header(self) -> str:
        """Comments before the first statement and the docstring: licences stand there."""
        tree = ast.parse(self.source)
        first = tree.body[0].lineno if tree.body else len(self.lines) + 1
        return self.text(1, first - 1) + (ast.get_docstring(tree) or "")


def read_module(path: str, source: str) -> Module:
    """Parse one file.

    Raises:
        SyntaxError, ValueError, RecursionError: it does not parse.
    """
    module = Module(path, source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the file's own escapes
        body = ast.parse(source).body
    for statement in grouped(module, body):
        for rest in _without_imports(module, statement):
            module.statements.append(rest)
    return module


def grouped(
    module: Module, body: Sequence[ast.stmt], owner: ast.ClassDef | None = None
) -> list[Statement]:
    """Statements of a body; those that share a line are one."""
    found: list[Statement] = []
    for node in body:
        if found and first_line(node) <= found[-1].last:
            found[-1].nodes.append(node)
        else:
            found.append(Statement(module, [node], owner))
    return found


def first_line(node: ast.stmt) -> int:
    """1-based; decorators count."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(d.lineno for d in decorators)])


def docstring_of(node: Function | ast.ClassDef) -> ast.stmt | None:
    """The statement that is its docstring."""
    return node.body[0] if ast.get_docstring(node, clean=False) is not None else None


def names_in(text: str, inside: bool) -> Names:
    """What a piece of source names; `inside` a class body, which its lines are indented for."""
    source = "class _:\n" + text if inside else text
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = symtable.symtable(source, "piece", "exec")
        quoted = _quoted_annotations(ast.parse(source))
    here = table.get_children()[0] if inside else table
    binds = {s.get_name() for s in here.get_symbols() if s.is_assigned() or s.is_imported()}
    used = {s.get_name() for s in here.get_symbols() if s.is_referenced()}
    free = {name for child in here.get_children() for name in _globals(child)}
    if inside:
        # In a class body, `x = x` looks for a global x.
        free |= {s.get_name() for s in here.get_symbols() if s.is_global()} | (used & binds)
    else:
        free |= used
    return Names(frozenset(binds), frozenset(free | quoted), frozenset(used))


def attributes(node: ast.AST) -> Iterator[tuple[str, str]]:
    """(name, attribute) of each `name.attribute`.

    `super().x` counts as `super`, `type(a).x` and `a.__class__.x` as `a`.
    """
    for at in ast.walk(node):
        if isinstance(at, ast.Attribute):
            root = _root(at.value)
            if root:
                yield root, at.attr


def called_names(node: ast.AST) -> set[str]:
    """Names that are called as they stand: `f` of `f(x)`."""
    calls = (n.func for n in ast.walk(node) if isinstance(n, ast.Call))
    return {func.id for func in calls if isinstance(func, ast.Name)}


def first_parameter(node: ast.stmt) -> str:
    """What a method calls its object or class; empty if it has no such parameter."""
    if not isinstance(node, FUNCTIONS):
        return ""
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)
    parameters = [*node.args.posonlyargs, *node.args.args]
    return parameters[0].arg if parameters and not static else ""


def without_docstrings(statement: Statement) -> str:
    """Its text, with no docstring that is not all there is of a body."""
    lines = statement.module.lines
    unwanted: set[int] = set()
    for node in (n for top in statement.nodes for n in ast.walk(top)):
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and len(node.body) > 1:
            doc = docstring_of(node)
            if (
                doc is not None
                and stands_alone(doc, lines)
                and first_line(node.body[1]) > _end(doc)
            ):
                last = _end(doc)
                while not lines[last].strip():
                    last += 1
                unwanted |= set(range(doc.lineno, last + 1))
    kept = (n for n in range(statement.first, statement.last + 1) if n not in unwanted)
    return "".join(lines[n - 1] for n in kept)


def stands_alone(node: ast.stmt, lines: Sequence[str]) -> bool:
    """Whether nothing stands before it on its line."""
    return not lines[node.lineno - 1].encode()[: node.col_offset].strip()


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def tokens_of(text: str) -> str:
    """The tokens of a function's source, a line each, without comments; for finding copies."""
    skipped = (tokenize.COMMENT, tokenize.NL)
    layout = (tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE)  # the depth counts, not the width
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return text
    kept = (t for t in tokens if t.type not in skipped)
    return "\n".join(tokenize.tok_name[t.type] if t.type in layout else t.string for t in kept)


def _without_imports(module: Module, statement: Statement) -> Iterator[Statement]:
    """Note what is imported; hand on all other statements."""
    for node in statement.nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            _note(module, node)
        elif _is_test(node, "TYPE_CHECKING"):
            assert isinstance(node, ast.If)
            inner = [n for n in node.body if isinstance(n, ast.Import | ast.ImportFrom)]
            for imported in inner:
                _note(module, imported)
    rest = [
        n
        for n in statement.nodes
        if not isinstance(n, ast.Import | ast.ImportFrom)
        and not _is_test(n, "TYPE_CHECKING")
        and not _is_test(n, "__name__")
        and not isinstance(n, ast.Delete)
    ]
    if len(rest) == len(statement.nodes):
        yield statement


def _note(module: Module, node: ast.Import | ast.ImportFrom) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            module.imports.setdefault(bound, []).append(Import(alias.name, None, bound))
        return
    origin = "." * node.level + (node.module or "")
    for alias in node.names:
        if origin == "__future__":
            module.postponed |= alias.name == "annotations"
        elif alias.name == "*":
            module.stars.append(origin)
        else:
            bound = alias.asname or alias.name
            module.imports.setdefault(bound, []).append(Import(origin, alias.name, bound))


def _is_test(node: ast.stmt, name: str) -> bool:
    """Whether it is `if NAME...:`."""
    if not isinstance(node, ast.If):
        return False
    found = {n.id for n in ast.walk(node.test) if isinstance(n, ast.Name)}
    found |= {n.attr for n in ast.walk(node.test) if isinstance(n, ast.Attribute)}
    return name in found


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    yield from (s.get_name() for s in table.get_symbols() if s.is_global())
    for child in table.get_children():
        yield from _globals(child)


def _quoted_annotations(tree: ast.AST) -> set[str]:
    """Names in annotations that are strings."""
    found: set[str] = set()
    for node in ast.walk(tree):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            for part in ast.walk(annotation) if isinstance(annotation, ast.AST) else ():
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    found |= _names_of(part.value)
    return found


def _names_of(expression: str) -> set[str]:
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError):
        return set()
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}


def _changed(nodes: Sequence[ast.stmt]) -> Iterator[str]:
    stack: list[ast.AST] = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            continue
        stack.extend(n for n in ast.iter_child_nodes(node) if isinstance(n, ast.stmt))
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign | ast.Delete):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign):
            targets = [node.target]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            targets = [node.value.func]
        for target in targets:
            at: ast.expr = target
            while isinstance(at, ast.Attribute | ast.Subscript):
                at = at.value
            if isinstance(at, ast.Name) and at is not target:
                yield at.id


def _root(value: ast.expr) -> str:
    if isinstance(value, ast.Name):
        return value.id
    if isinstance(value, ast.Attribute) and value.attr == "__class__":
        return _root(value.value)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        if value.func.id == "super":
            return "super"
        if value.func.id == "type" and len(value.args) == 1:
            return _root(value.args[0])
    return ""
