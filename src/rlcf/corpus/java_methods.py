"""The methods of a Java tree that may become tasks, and the styles of their programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from rlcf.corpus import javadoc
from rlcf.corpus.candidate import (
    TOO_LARGE,
    Candidate,
    CorpusOptions,
    LeftOut,
    Program,
    Why,
)
from rlcf.corpus.java_index import Index
from rlcf.corpus.java_release import newest_syntax
from rlcf.corpus.java_render import render
from rlcf.corpus.java_slice import Slice, Style, TooLargeError
from rlcf.corpus.java_syntax import Member, Unit, parameters_of, read_unit
from rlcf.corpus.licences import Licences
from rlcf.languages.jvm.jdk import find_jdk
from rlcf.languages.verdict import Diagnostic, ErrorClass

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
# For a class path that has the libraries and not the tree's own classes.
_WITH_LIBRARIES = tuple(replace(style, libraries=True) for style in _ISOLATED)
_ON_CLASS_PATH = tuple(
    Style(False, supertypes, narrow, in_package=True)
    for narrow in (True, False)
    for supertypes in (False, True)
)
_UNRESOLVED = f"rejected: {ErrorClass.UNRESOLVED_NAME}"
_MISSING = re.compile(
    r"package (?P<package>[\w.]+) does not exist|symbol:\s+(?:static )?\w+ (?P<name>[\w$]+)"
)


def candidates(
    root: Path, sources: Iterable[tuple[str, str]], options: CorpusOptions, dropped: list[LeftOut]
) -> Iterator[Candidate]:
    """Every method of the files that may become a task; notes the others with the reason."""
    units = [read_unit(path, text.encode("utf-8")) for path, text in sources]
    index = Index(units)
    licences = Licences(root)
    for unit in units:
        licence = licences.of(root / unit.path, unit.header)
        other_licence = options.licences and licence not in options.licences
        outside = index.outside(unit)
        for method in _methods(unit):
            comment = _javadoc(method, index)
            reason = "licence" if other_licence else _unfit(method, comment, options)
            if reason:
                dropped.append(LeftOut(unit.path, method.line, _name(method), Why(reason)))
            else:
                yield _candidate(method, comment, index, licence, options, outside)


def explain(program: str, error: Diagnostic) -> Why | None:
    """What is behind a rejection, as far as more is known of it than its class."""
    release, feature = newest_syntax(program)
    here = find_jdk().feature
    if release > here:
        return Why(f"needs Java {release} ({feature}), and the JDK here is {here}", error.message)
    found = _MISSING.search(error.message)
    if found is None:
        return None
    package = found["package"] or ""
    return Why(_UNRESOLVED, error.message, package or found["name"], package)


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
    method: Member,
    documentation: str,
    index: Index,
    licence: str,
    options: CorpusOptions,
    outside: Mapping[str, str],
) -> Candidate:
    unit = method.owner.unit
    description = javadoc.description(documentation)
    comment = _comment(documentation, description, options)
    styles = (*_ON_CLASS_PATH, *_WITH_LIBRARIES) if options.class_path else _ISOLATED
    if options.self_contained:
        styles = _ALONE
    alone = options.self_contained
    programs: list[Callable[[], Program | Why]] = [
        partial(_program, method, index, style, comment, alone) for style in styles
    ]
    file = unit.path.rpartition("/")[2]
    return Candidate(
        name=_name(method),
        path=unit.path,
        line=method.line,
        split_key=f"{unit.package}/{file}",
        licence=licence,
        entry_point=method.names[0],
        description=description,
        tokens=unit.tokens(method.node),
        programs=tuple(programs),
        outside=outside,
    )


def _program(
    method: Member, index: Index, style: Style, comment: str, alone: bool
) -> Program | Why:
    try:
        piece = Slice(method, index, style)
    except TooLargeError:
        return Why(TOO_LARGE)
    if alone and (piece.own or piece.extra):
        return Why("is not self-contained")
    return render(piece, comment)


def _comment(documentation: str, description: str, options: CorpusOptions) -> str:
    if not description:
        return ""
    if options.comments == "short":
        return javadoc.as_comment(javadoc.first_sentence(description))
    lines = javadoc.plain_lines(documentation).split("\n")
    return "\n".join(["/**", *(f" * {line}".rstrip() for line in lines), " */"])


def _name(method: Member) -> str:
    """Qualified, with the parameters."""
    code = method.owner.unit.code
    texts = (" ".join(code(p, ("final",)).split()) for p in parameters_of(method.node))
    return f"{method.owner.qualified}.{method.names[0]}({', '.join(texts)})"
