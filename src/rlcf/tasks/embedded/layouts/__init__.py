"""How each language lays out its tasks: prompt, reference and tests."""

from __future__ import annotations

from collections.abc import Callable

from rlcf.errors import UserError
from rlcf.tasks.embedded.layouts.base import Layout


def _java() -> Layout:
    from rlcf.tasks.embedded.layouts.java import JavaLayout

    return JavaLayout()


def _python() -> Layout:
    from rlcf.tasks.embedded.layouts.python import PythonLayout

    return PythonLayout()


def _cpp() -> Layout:
    from rlcf.tasks.embedded.layouts.cpp import CppLayout

    return CppLayout()


LAYOUTS: dict[str, Callable[[], Layout]] = {"java": _java, "python": _python, "cpp": _cpp}


def layout_of(language: str) -> Layout:
    """The layout of a language.

    Raises:
        UserError: the generator does not speak it.
    """
    if language not in LAYOUTS:
        spoken = ", ".join(LAYOUTS)
        raise UserError(f"the embedded tasks are not there in {language!r}; choose one of {spoken}")
    return LAYOUTS[language]()
