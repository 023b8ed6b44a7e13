"""Measures of single programs and of the samples of one task.

pass@k, program length, distinct programs, and the sign that a program cheats by doing nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

FAR_SHORTER = 0.3
"""A program with less than this share of its reference's characters is degenerate."""

# Possessive and matching even where the quote is never closed: linear time on hostile text.
_TEXT = (
    r"""\"{3}(?:\\.|(?!\"{3}).)*+(?:\"{3}|\\?\Z)|'{3}(?:\\.|(?!'{3}).)*+(?:'{3}|\\?\Z)"""
    r"""|"(?:\\.|[^"\\\n])*+(?:"|\\?\Z|(?=\n))|'(?:\\.|[^'\\\n])*+(?:'|\\?\Z|(?=\n))"""
)
_SLASHES, _HASH = r"//[^\n]*|/\*.*?(?:\*/|\Z)", r"\#[^\n]*"
_COMMENTS = {
    "lua": r"--(?:\[\[.*?(?:\]\]|\Z)|[^\n]*)",
    "perl": _HASH,
    "php": f"{_SLASHES}|{_HASH}",
    "python": _HASH,
    "ruby": _HASH,
}
"""Language -> its comments, where they are not those of C."""
_NUMBER = r"[-+(]* ?[\d.][\w.]*\)*"
_EMPTY_VALUE = (
    r"new [\w.<>?, ]+(?:\( ?\)|\[ ?0? ?\](?: ?\[ ?\])*(?: ?\{ ?\}?)?)"
    r"|(?:List|Map|Set|Optional|Collections)\.\w*(?:of|empty)\w*\( ?\)"
    r"|[\[{(] ?[\])]?"
    r"|(?:dict|list|set|tuple|str|(?:std::)?(?:string|(?:vector|\w*map|\w*set)<[\w<>:, ]*>))"
    r"[({] ?[\"']?[)}]?"
)
_WORD = "true|false|null|nullptr|True|False|None"
_CONSTANT = re.compile(rf"return ?(?:\(\w+\) ?)?(?:{_NUMBER}|{_WORD}|[\"']|{_EMPTY_VALUE})? ?;")
_THROW = re.compile(r"throw [^;]*;|raise [^;]*;|pass ?;")


def pass_at_k(n: int, c: int, k: int) -> float:
    """Unbiased estimate of the chance that at least one of k samples passes.

    `1 - C(n-c, k) / C(n, k)` for c passing of n samples (Chen et al. 2021, arXiv 2107.03374,
    equation 1), as the product that neither overflows nor cancels.

    Raises:
        ValueError: not 1 <= k <= n, or not 0 <= c <= n.
    """
    if not 1 <= k <= n or not 0 <= c <= n:
        raise ValueError(f"pass@k needs 1 <= k <= n and 0 <= c <= n, got n={n} c={c} k={k}")
    if n - c < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / i for i in range(n - c + 1, n + 1))


def code_length(text: str) -> int:
    """Characters after each run of whitespace is taken as one, ends stripped.

    Indentation style thus counts little, and padding with blank lines not at all.
    """
    return len(" ".join(text.split()))


def distinct_weights(programs: Sequence[str]) -> list[float]:
    """Of each program, 1 over the number of those that equal it, itself included.

    Programs are equal if they differ in white space alone, whatever task they are for. The mean of
    the weights is the distinct share: programs that differ over all programs. A sum over the
    programs of a task is what that task adds to it.
    """
    normal = [" ".join(program.split()) for program in programs]
    counts = Counter(normal)
    return [1 / counts[text] for text in normal]


def is_degenerate(completion: str, reference: str | None, language: str = "java") -> bool:
    """Whether a program does nothing that could solve its task.

    True for an empty body, for one that only returns a constant or only throws (unless
    the reference is such a one too), and for one with fewer than 30 % of the reference's
    characters, whitespace not counted. A heuristic on the text of languages like Java, C++ and
    Python, of which it knows strings and the language's comments; meant for watching a
    population: it neither parses nor catches constants behind a variable.
    """
    body = _body(completion, language)
    if not body:
        return True
    if reference is None:
        return _does_nothing(body)
    model = _body(reference, language)
    if _does_nothing(body):
        return not _does_nothing(model)
    return _solid(body) < FAR_SHORTER * _solid(model)


@cache
def _token(language: str) -> re.Pattern[str]:
    comment = _COMMENTS.get(language, _SLASHES)
    return re.compile(f"(?P<text>{_TEXT})|(?P<comment>{comment})", re.DOTALL)


def _body(completion: str, language: str) -> str:
    """The statements on one line: without comments, string contents and the closing braces."""
    bare = _token(language).sub(lambda m: m["text"][0] if m["text"] else " ", completion)
    statements = " ".join(bare.split()).rstrip("}; ")
    return f"{statements};" if statements else ""


def _does_nothing(body: str) -> bool:
    return bool(_CONSTANT.fullmatch(body) or _THROW.fullmatch(body))


def _solid(text: str) -> int:
    return len("".join(text.split()))
