"""Fortran's places are those of gfortran, which knows one end of lines and no columns of a mark."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from rlcf.languages import ErrorClass, Toolchain, Verdict
from rlcf.languages.registry import load


@pytest.fixture(scope="module")
def fortran() -> Iterator[Toolchain]:
    load("fortran")().require()
    if sys.platform != "linux":
        pytest.skip("the jail is Linux only")
    with Toolchain("fortran", seats=1) as made:
        yield made


@pytest.mark.parametrize(
    "before", ["", "\n", "\r\n", "! é\r漢\n", "! \u2028\x0b\x0c\n\n", "\ufeff! a\n"]
)
@pytest.mark.parametrize("inside", ["", "'é漢😀', ", "\t"])
def test_an_error_lies_on_its_word(before: str, inside: str, fortran: Toolchain) -> None:
    program = f"{before}implicit none; print *, {inside}missing\nend"
    (result,) = fortran.check([program])
    assert result.verdict is Verdict.REJECTED
    (error,) = result.errors
    assert program[error.start : error.end] == "missing"
    assert error.line == before.count("\n") + 1
    assert error.error_class is ErrorClass.UNRESOLVED_NAME


def test_a_message_without_a_place_rejects(fortran: Toolchain) -> None:
    (result,) = fortran.check(["integer function f()\n  f = 1\n"])
    assert (result.verdict, result.errors[0].line) == (Verdict.REJECTED, 0)


def test_a_mark_at_the_beginning_is_accepted(fortran: Toolchain) -> None:
    assert fortran.check(["\ufeffprint *, 1\nend\n"])[0].verdict is Verdict.ACCEPTED
