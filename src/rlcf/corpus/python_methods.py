"""The functions of a Python source tree that may become tasks.

Functions of modules and methods of their classes, but nothing defined inside functions, conditions
or inner classes.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from rlcf.corpus.candidate import Candidate, CorpusOptions, LeftOut, Program, Why
from rlcf.corpus.javadoc import first_sentence
from rlcf.corpus.judge import LOADING
from rlcf.corpus.licences import Licences
from rlcf.corpus.python_render import body_lines, render
from rlcf.corpus.python_slice import LeftOutError, Slice, Tree
from rlcf.corpus.python_syntax import (
    FUNCTIONS,
    Function,
    Module,
    Statement,
    docstring_of,
    first_line,
    read_module,
    stands_alone,
    tokens_of,
)
from rlcf.languages.verdict import Diagnostic

SUFFIX = ".py"
NOT_PRODUCT = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test|conftest|setup)\.py$")
_UNDEFINED = re.compile(r"undefined name '([^']+)'")
_NO_MODULE = re.compile(r"No module named '([^']+)'")
_BLOCK = re.compile(r"\n\s*\n|\n\s*(?=[:@>]|Args:|Parameters\b|Returns:|Raises:|Examples?:)")


def candidates(
    root: Path, sources: Iterable[tuple[str, str]], options: CorpusOptions, dropped: list[LeftOut]
) -> Iterator[Candidate]:
    """Every function of the files that may become a task; notes the others with the reason."""
    modules = list(_modules(sources, dropped))
    tree = Tree(modules, root.resolve().name, options.packages)
    licences = Licences(root)
    for module in modules:
        licence = licences.of(root / module.path, module.header)
        other_licence = options.licences and licence not in options.licences
        for statement in _functions(module):
            reason = "licence" if other_licence else _unfit(statement, options)
            if reason:
                name, line = _name(statement), _first_function(statement).lineno
                dropped.append(LeftOut(module.path, line, name, Why(reason)))
            else:
                yield _candidate(statement, tree, licence, options)


def explain(program: str, error: Diagnostic) -> Why | None:
    """What is behind a rejection, as far as more is known of it than its class."""
    if error.code == LOADING:
        found = _NO_MODULE.search(error.message)
        return Why("does not load", error.message, found[1] if found else "")
    undefined = _UNDEFINED.search(error.message)
    if undefined is None:
        return None
    return Why(f"rejected: {error.error_class}", error.message, undefined[1])


def _modules(sources: Iterable[tuple[str, str]], dropped: list[LeftOut]) -> Iterator[Module]:
    here = ".".join(map(str, sys.version_info[:2]))
    for path, text in sources:
        try:
            yield read_module(path, text)
        except (SyntaxError, ValueError, RecursionError) as e:
            why = Why(f"file does not parse as Python {here}", f"{type(e).__name__}: {e}")
            dropped.append(LeftOut(path, 0, "", why))


def _functions(module: Module) -> Iterator[Statement]:
    for statement in module.statements:
        for node in statement.nodes:
            if isinstance(node, FUNCTIONS):
                yield statement
            elif isinstance(node, ast.ClassDef):
                for member in module.members(node):
                    if any(isinstance(n, FUNCTIONS) for n in member.nodes):
                        yield member


def _unfit(statement: Statement, options: CorpusOptions) -> str:
    """Why a function is not even asked about; empty if it is."""
    node, module = statement.nodes[0], statement.module
    if len(statement.nodes) > 1 or not isinstance(node, FUNCTIONS):
        return "unusual layout"
    first, last = body_lines(node)
    doc = docstring_of(node)
    body = node.body[doc is not None :]
    text = "".join(module.text(first, last).split())
    if not body or len(text) < options.min_body:
        return "body too short"
    if first_line(body[0]) < first or not stands_alone(node.body[0], module.lines):
        return "unusual layout"
    if len(text) > options.max_body:
        return "body too long"
    if _does_nothing(node, body):
        return "body does nothing"
    if not options.undocumented and not _description(node):
        return "no description"
    return ""


def _does_nothing(node: Function, body: Sequence[ast.stmt]) -> bool:
    """`raise NotImplementedError`, and what stands for the type checker alone."""
    marks = {n.id for d in node.decorator_list for n in ast.walk(d) if isinstance(n, ast.Name)}
    marks |= {n.attr for d in node.decorator_list for n in ast.walk(d) if hasattr(n, "attr")}
    names = {n.id for n in ast.walk(body[0]) if isinstance(n, ast.Name)}
    refuses = isinstance(body[0], ast.Raise) and "NotImplementedError" in names
    return (len(body) == 1 and refuses) or "overload" in marks


def _candidate(statement: Statement, tree: Tree, licence: str, options: CorpusOptions) -> Candidate:
    node, module = _first_function(statement), statement.module
    return Candidate(
        name=_name(statement),
        path=module.path,
        line=node.lineno,
        split_key="/".join(_parts(module)[-2:]),
        licence=licence,
        entry_point=node.name,
        description=_description(node),
        tokens=_tokens(statement, node),
        programs=(partial(_program, tree, statement, options),),
    )


def _name(statement: Statement) -> str:
    """Module, class and function."""
    node = _first_function(statement)
    owner = [statement.owner.name] if statement.owner is not None else []
    setter = any(isinstance(d, ast.Attribute) and d.attr == "setter" for d in node.decorator_list)
    return ".".join([*_parts(statement.module), *owner, node.name]) + "=" * setter


def _parts(module: Module) -> list[str]:
    return module.path.removesuffix(".py").removesuffix("/__init__").split("/")


def _first_function(statement: Statement) -> Function:
    """The function of the statement; of several on a line, the first."""
    return next(node for node in statement.nodes if isinstance(node, FUNCTIONS))


def _program(tree: Tree, statement: Statement, options: CorpusOptions) -> Program | Why:
    try:
        piece = Slice(tree, statement)
    except LeftOutError as e:
        return e.why
    if options.self_contained and (piece.members or piece.statements):
        return Why("is not self-contained")
    node = statement.nodes[0]
    assert isinstance(node, FUNCTIONS)
    short = first_sentence(_description(node)) if options.comments == "short" else None
    return render(piece, short)


def _description(node: Function) -> str:
    """The docstring up to its first blank line or field, in one line."""
    return " ".join(_BLOCK.split(ast.get_docstring(node) or "", maxsplit=1)[0].split())


def _tokens(statement: Statement, node: Function) -> str:
    """Signature and body without docstring and comments."""
    first, last = body_lines(node)
    doc, module = docstring_of(node), statement.module
    head = module.text(statement.first, (doc.lineno if doc is not None else first) - 1)
    return tokens_of(head + module.text(first, last))
