"""What `rlcf check` judges: files named or found in folders, each in its language."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rlcf.errors import UserError
from rlcf.inputs import read_text
from rlcf.languages.verdict import CompileResult, Verdict


@dataclass(frozen=True)
class Input:
    """A file to judge."""

    path: Path
    language: str = ""
    source: str = ""
    trouble: str = ""
    """Why there is nothing to judge."""


def inputs(files: Iterable[Path], language: str | None) -> list[Input]:
    """Files, and those in folders that are of the language, or else of any.

    Raises:
        UserError: an unknown language.
    """
    from rlcf.languages.registry import known

    name = known(language) if language else None
    found: list[Input] = []
    for path in files:
        if path.is_dir():
            inside = _inside(path, name)
            empty = Input(path, trouble=f"{path}: no source files in it")
            found += [_input(file, name) for file in inside] or [empty]
        else:
            found.append(_input(path, name))
    return found


def judge(
    found: Sequence[Input], class_path: tuple[str, ...], together: bool = False
) -> list[CompileResult]:
    """A result for each input; unscored where there is nothing to judge, or no compiler.

    With `together` the Java files are compiled at once and see each other.

    Raises:
        UserError: there is no compiler for any, or a class path that is for none.
    """
    from rlcf.languages import Toolchain, options_for

    results = [CompileResult(Verdict.UNSCORED, reason=one.trouble) for one in found]
    if together and not any(one.language == "java" for one in found):
        raise UserError("--together is for Java: no file of it was given")
    groups: dict[tuple[str, str | None], list[int]] = {}
    for i, one in enumerate(found):
        if not one.trouble:
            groups.setdefault((one.language, _kind(one)), []).append(i)
    options = options_for({name for name, _ in groups}, class_path)
    for (name, kind), mine in groups.items():
        others = len(groups) > 1
        try:
            toolchain = Toolchain(name, **options[name], **({"kind": kind} if kind else {}))
        except UserError as exc:
            if not others:
                raise
            for i in mine:
                results[i] = CompileResult(Verdict.UNSCORED, reason=str(exc))
            continue
        try:
            files = [found[i] for i in mine]
            if together and name == "java":
                verdicts = _together(files, class_path)
            else:
                names = [_name(file) for file in files]
                verdicts = toolchain.check([file.source for file in files], names)
        finally:
            toolchain.close()
        for i, verdict in zip(mine, verdicts, strict=True):
            results[i] = verdict
    return results


def _kind(file: Input) -> str | None:
    """The kind of module that a file's extension says it is, where it does."""
    from rlcf.languages.javascript import kind_of

    return kind_of(file.path.suffix) if file.language in ("javascript", "typescript") else None


def _name(file: Input) -> str:
    """Its file's name without the suffix; empty where it does not have its language's suffix."""
    from rlcf.languages.registry import language_of

    return file.path.stem if language_of(file.path) == file.language else ""


def _together(files: Sequence[Input], class_path: tuple[str, ...]) -> list[CompileResult]:
    from rlcf.languages.classpath import parse_class_path
    from rlcf.languages.java.together import check_together
    from rlcf.languages.jvm.jdk import find_jdk

    sources = [(file.path.name, file.source) for file in files]
    return check_together(find_jdk(), sources, parse_class_path(class_path))


def _inside(folder: Path, language: str | None) -> list[Path]:
    """Source files below a folder, in order; hidden folders and packages of npm are left out."""
    from rlcf.languages.registry import language_of

    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "node_modules")
        for name in sorted(names):
            own = language_of(Path(name))
            if own and language in (None, own):
                found.append(Path(place, name))
    return found


def _input(path: Path, language: str | None) -> Input:
    from rlcf.languages.registry import language_of

    name = language or ("java" if str(path) == "-" else language_of(path))
    if name is None:
        return Input(path, trouble=f"{path}: its name tells no language, give --language")
    try:
        # Line ends and a byte order mark stay: offsets are those of the file.
        return Input(path, name, read_text(path))
    except UserError as exc:
        return Input(path, name, trouble=str(exc))
