"""The methods of a Java source tree that may become tasks.

Covers which methods are asked about, and the styles in which each is made a program. Does not
compile (`build`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from rlcf.tasks.corpus import javadoc
from rlcf.tasks.corpus.candidate import TOO_LARGE, Candidate, CorpusOptions, Program
from rlcf.tasks.corpus.java_index import Index
from rlcf.tasks.corpus.java_render import render
from rlcf.tasks.corpus.java_slice import Slice, Style, TooLargeError
from rlcf.tasks.corpus.java_syntax import Member, Unit, read_unit
from rlcf.tasks.corpus.licences import Licences

SUFFIX = ".java"
NOT_PRODUCT = re.compile(r"(?!)")
_ALONE = (Style(across_files=False, supertypes=False),)
_ISOLATED = (
    *_ALONE,
    Style(True, False),
    Style(True, True),
    Style(True, False, narrow=False),
    Style(True, True, narrow=False),
)
_ON_CLASS_PATH = tuple(
    Style(False, supertypes, narrow, in_package=True)
    for narrow in (True, False)
    for supertypes in (False, True)
)


def candidates(
    root: Path, files: Sequence[Path], options: CorpusOptions, dropped: Counter[str]
) -> Iterator[Candidate]:
    """Every method of the files that may become a task; counts the others by reason."""
    units = []
    for file in files:
        try:
            source = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            dropped["file is not UTF-8"] += 1
            continue
        units.append(read_unit(file.relative_to(root).as_posix(), source.encode()))
    index = Index(units)
    licences = Licences(root)
    for unit in units:
        licence = licences.of(root / unit.path, unit.header)
        if options.licences and licence not in options.licences:
            dropped["licence"] += sum(1 for _ in _methods(unit))
            continue
        for method in _methods(unit):
            comment = _javadoc(method, index)
            reason = _unfit(method, comment, options)
            if reason:
                dropped[reason] += 1
            else:
                yield _candidate(method, comment, index, licence, options)


def _methods(unit: Unit) -> Iterator[Member]:
    stack = list(unit.types.values())[::-1]
    while stack:
        declared = stack.pop()
        yield from (m for m in declared.members if m.kind == "method" and m.body is not None)
        stack.extend(reversed(declared.nested.values()))


def _javadoc(method: Member, index: Index) -> str:
    """Its comment or, if that says nothing, that of what it overrides."""
    for documented in (method, *index.overridden(method)):
        if javadoc.description(documented.javadoc):
            return documented.javadoc
    return ""


def _unfit(method: Member, comment: str, options: CorpusOptions) -> str:
    """Why a method is not even asked about; empty if it is."""
    body = method.body
    if body is None or body.has_error:
        return "syntax error"
    text = "".join(method.owner.unit.raw(body)[1:-1].split())
    if len(text) < options.min_body:
        return "body too short"
    if len(text) > options.max_body:
        return "body too long"
    if not options.undocumented and not comment:
        return "no description"
    return ""


def _candidate(
    method: Member, documentation: str, index: Index, licence: str, options: CorpusOptions
) -> Candidate:
    unit = method.owner.unit
    description = javadoc.description(documentation)
    comment = _comment(documentation, description, options)
    styles = _ON_CLASS_PATH if options.class_path else _ISOLATED
    if options.self_contained:
        styles = _ALONE
    alone = options.self_contained
    programs: list[Callable[[], Program | str]] = [
        partial(_program, method, index, style, comment, alone) for style in styles
    ]
    file = unit.path.rpartition("/")[2]
    return Candidate(
        name=f"{method.owner.qualified}.{method.names[0]}({_parameter_types(method)})",
        path=unit.path,
        line=method.line,
        split_key=f"{unit.package}/{file}",
        licence=licence,
        entry_point=method.names[0],
        description=description,
        tokens=unit.tokens(method.node),
        programs=tuple(programs),
    )


def _program(
    method: Member, index: Index, style: Style, comment: str, alone: bool
) -> Program | str:
    try:
        piece = Slice(method, index, style)
    except TooLargeError:
        return TOO_LARGE
    if alone and (piece.own or piece.extra):
        return "is not self-contained"
    return render(piece, comment)


def _comment(documentation: str, description: str, options: CorpusOptions) -> str:
    if not description:
        return ""
    if options.comments == "short":
        return javadoc.as_comment(javadoc.first_sentence(description))
    lines = javadoc.plain_lines(documentation).split("\n")
    return "\n".join(["/**", *(f" * {line}".rstrip() for line in lines), " */"])


def _parameter_types(method: Member) -> str:
    parameters = method.node.child_by_field_name("parameters")
    unit = method.owner.unit
    kept = (c for c in parameters.named_children) if parameters is not None else ()
    return ", ".join(
        " ".join(unit.code(c, ("final",)).split()) for c in kept if c.type.endswith("parameter")
    )
