"""Text for the page: hostile characters made visible, numbers made readable.

Every text that comes from outside (programs, task names, compiler messages, settings) goes through
`safe` or `visible`.
"""

from __future__ import annotations

from html import escape

from rlcf.evaluation.numbers import digits, unit
from rlcf.evaluation.statistics import Estimate
from rlcf.text import decimal

_INVISIBLE = {
    code: "\ufffd"
    for code in (
        *range(0x09),
        *range(0x0B, 0x20),
        *range(0x7F, 0xA0),
        *range(0x200B, 0x2010),
        *range(0x2028, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xD800, 0xE000),
        0xFEFF,
        0xFFFE,
        0xFFFF,
    )
    if code != 0x0D
}
"""Control and direction characters and lone surrogates: one visible character instead of
each, so that offsets keep and no program can reorder or hide its own text."""

LABELS = {
    "compile_rate": "Compiles",
    "execution_rate": "Runs to the end of its tests",
    "pass@1": "Passes all tests (pass@1)",
    "length_ratio": "Length against the solution",
    "degenerate_share": "Degenerate programs",
    "distinct_share": "Distinct programs",
}
"""Names of measures, for people."""


def visible(text: str) -> str:
    """Text without characters that hide or reorder others; as long as it was."""
    return text.translate(_INVISIBLE)


def safe(text: str) -> str:
    """Text for HTML content or a quoted attribute."""
    return escape(visible(text), quote=True)


def label(measure: str) -> str:
    """What people call a measure (quoted for HTML)."""
    return safe(LABELS.get(measure, measure))


def number(value: float) -> str:
    """Three digits, with a true minus sign."""
    return _minus(decimal(value, ".3g" if abs(value) < 1000 else ".0f"))


def mean(measure: str, estimate: Estimate, *, signed: bool = False) -> str:
    """The value with its unit: percent or points for shares, the length ratio as it is."""
    return _minus(digits(measure, estimate.mean, signed=signed)) + unit(measure, signed=signed)


def interval(measure: str, estimate: Estimate, *, signed: bool = False) -> str:
    """The ends of the interval, in the same unit."""
    ends = (digits(measure, end, signed=signed) for end in (estimate.low, estimate.high))
    return _minus(" to ".join(ends))


def certain(estimate: Estimate) -> bool:
    """Whether the interval of a difference excludes zero."""
    return not estimate.low <= 0 <= estimate.high


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
