"""The source files of a tree and their text; which count, and what cannot be read."""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rlcf.corpus.candidate import CorpusOptions, LeftOut, Why
from rlcf.errors import UserError

TEST_CODE = "file is test code"
_NOT_PRODUCT = re.compile(r"(?:^|/)(?:tests?|testing|examples?|benchmarks?|target|build)/")
_HIDDEN = re.compile(r"(?:^|/)\.")
_LANGUAGES = {
    ".java": "Java",
    ".py": "Python",
    ".c": "C",
    ".cc": "C++",
    ".cpp": "C++",
    ".cs": "C#",
    ".go": "Go",
    ".groovy": "Groovy",
    ".h": "C or C++",
    ".hpp": "C++",
    ".js": "JavaScript",
    ".kt": "Kotlin",
    ".kts": "Kotlin",
    ".lua": "Lua",
    ".php": "PHP",
    ".pl": "Perl",
    ".rb": "Ruby",
    ".rs": "Rust",
    ".scala": "Scala",
    ".swift": "Swift",
    ".ts": "TypeScript",
}


def find(
    root: Path, reader: Any, options: CorpusOptions, dropped: list[LeftOut]
) -> tuple[Path, list[Path]]:
    """The folder that paths are relative to, and the files that are read; notes the test code.

    Raises:
        UserError: there is nothing to read.
    """
    suffix: str = reader.SUFFIX
    if root.is_file():
        if root.suffix != suffix:
            raise UserError(f"{_what_is(root.name, root.suffix)}: {_advice(root.suffix)}")
        return root.parent, [root]
    if not root.is_dir():
        raise UserError(f"{root} is neither a folder nor a file")
    files = []
    for path in sorted(root.rglob(f"*{suffix}")):
        inner = path.relative_to(root).as_posix()
        if _HIDDEN.search(inner) or path.is_dir():
            continue
        test_code = _NOT_PRODUCT.search(inner) or reader.NOT_PRODUCT.search(inner)
        if test_code and not options.test_code:
            dropped.append(LeftOut(inner, 0, "", Why(TEST_CODE)))
        else:
            files.append(path)
    if not files:
        raise UserError(_nothing(root, suffix, len(dropped)))
    return root, files


def texts(
    root: Path, files: list[Path], options: CorpusOptions, dropped: list[LeftOut]
) -> Iterator[tuple[str, str]]:
    """(path relative to the root, text) of each file that can be read; notes the others.

    Lines end with a line feed, and no byte order mark is left.

    Raises:
        UserError: no such encoding is known.
    """
    known = _encoding(options.encoding)
    for file in files:
        inner = file.relative_to(root).as_posix()
        encoding = known
        try:
            data = file.read_bytes()
            if file.suffix == ".py" and known == "utf-8":
                encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
            text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
        except OSError as e:
            why = Why("file cannot be read", str(e.strerror))
        except (UnicodeError, SyntaxError) as e:
            why = Why(f"file is not {encoding.upper()}", f"{e} (--encoding names another)")
        else:
            yield inner, text.replace("\r\n", "\n").replace("\r", "\n")
            continue
        dropped.append(LeftOut(inner, 0, "", why))


def _encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as e:
        raise UserError(
            f"unknown encoding {name!r}: use one that Python knows, such as latin-1"
        ) from e


def _what_is(name: str, suffix: str) -> str:
    language = _LANGUAGES.get(suffix.lower())
    return f"{name} is {language}" if language else f"{name} is no source that is known"


def _advice(suffix: str) -> str:
    if suffix == ".py":
        return "say --language python"
    if suffix == ".java":
        return "say --language java"
    return "a corpus is made of Java or of Python"


def _nothing(root: Path, suffix: str, test_files: int) -> str:
    if test_files:
        return (
            f"no {suffix} files below {root} but {test_files} of test code (--test-code takes them)"
        )
    others = Counter(p.suffix for p in root.rglob("*.*") if p.suffix.lower() in _LANGUAGES)
    if not others:
        return f"no {suffix} files below {root}"
    other, count = others.most_common(1)[0]
    return (
        f"no {suffix} files below {root}, but {count} of {_LANGUAGES[other.lower()]} ({other}): "
        f"{_advice(other)}"
    )
