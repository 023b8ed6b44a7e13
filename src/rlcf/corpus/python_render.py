"""A slice of Python as text: the prompt up to the docstring's end, and the body as its solution.

Statements stand as in their files; only docstrings of helpers go. The function comes last, so that
its body ends the program.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from rlcf.corpus.candidate import Program
from rlcf.corpus.python_slice import Slice
from rlcf.corpus.python_syntax import (
    Function,
    Import,
    Statement,
    docstring_of,
    first_line,
    without_docstrings,
)


def render(piece: Slice, docstring: str | None) -> Program:
    """The program of a slice.

    `docstring` replaces the function's own, delimiters excluded; None leaves that as it is.
    """
    imports = _imports(piece.imports.values(), piece.postponed)
    order = {module: at for at, module in enumerate(reversed(piece.files))}
    statements = sorted(piece.statements, key=lambda s: (order[s.module], s.first))
    context = _joined(statements)
    aliases = "".join(f"{here} = {own}\n" for here, own in sorted(piece.aliases.items()))
    if statements and statements[-1].is_definition and aliases:
        aliases = "\n\n" + aliases
    parts = [part for part in (imports, context + aliases) if part]
    members = ""
    if piece.function.owner is not None:
        parts.append(_class_head(piece))
        members = _joined(sorted(piece.members, key=lambda s: s.first), blank="\n")
    gap = "\n\n"
    head, body = _halves(piece.function, docstring)
    before = gap.join(parts) + ("" if piece.function.owner is not None else gap * bool(parts))
    if members:
        head = members + "\n" + head
    return Program(before + head, body, len(context + aliases) + len(members))


def body_lines(function: Function) -> tuple[int, int]:
    """First and last line of what is to be written: all after signature and docstring."""
    doc, last = docstring_of(function), function.end_lineno or function.lineno
    if doc is not None:
        return (doc.end_lineno or doc.lineno) + 1, last
    return first_line(function.body[0]), last


def _halves(statement: Statement, docstring: str | None) -> tuple[str, str]:
    function, module = statement.nodes[0], statement.module
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    first, last = body_lines(function)
    doc = docstring_of(function)
    if doc is None:  # comments before the first statement belong to the body
        while module.lines[first - 2].lstrip()[:1] in ("", "#"):
            first -= 1
    head = module.text(statement.first, (doc.lineno if doc is not None else first) - 1)
    if doc is not None:
        own = module.text(doc.lineno, first - 1)
        head += own if docstring is None else _quoted(docstring, " " * doc.col_offset)
    while not module.lines[first - 1].strip():
        first += 1
    return _ended(head), _ended(module.text(first, last))


def _quoted(text: str, indent: str) -> str:
    text = text.replace("\\", "\\\\").replace('"""', "'''")
    return f'{indent}"""{text}"""\n' if not text.endswith('"') else f'{indent}"""{text} """\n'


def _class_head(piece: Slice) -> str:
    """Decorators and the lines up to the first statement of the body."""
    owner, module = piece.function.owner, piece.main
    assert owner is not None
    first, last = first_line(owner), first_line(owner.body[0]) - 1
    while module.lines[last - 1].lstrip()[:1] in ("", "#"):
        last -= 1
    return module.text(first, last)


def _imports(imports: Iterable[Import], postponed: bool) -> str:
    """One line a module, as is usual."""
    whole = sorted({i.text for i in imports if i.name is None})
    names: dict[str, set[str]] = {}
    for imported in imports:
        if imported.name is not None:
            _, _, what = imported.text.partition(" import ")
            names.setdefault(imported.module, set()).add(what)
    if postponed:
        names["__future__"] = {"annotations"}
    lines = whole + [f"from {m} import {', '.join(sorted(names[m]))}" for m in sorted(names)]
    lines.sort(key=lambda line: not line.startswith("from __future__"))
    return "".join(line + "\n" for line in lines)


def _joined(statements: Iterable[Statement], blank: str = "\n\n") -> str:
    """Texts in order, blank lines around definitions."""
    text, after_definition = "", False
    for statement in statements:
        if text and (after_definition or statement.is_definition):
            text += blank
        text += _ended(without_docstrings(statement))
        after_definition = statement.is_definition
    return text


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"
