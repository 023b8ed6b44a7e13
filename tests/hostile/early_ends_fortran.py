"""Wrong programs in Fortran that end before their tests, or change what these say."""

from __future__ import annotations

from early_ends import Try

from rlcf.languages import Outcome

_TESTS = (
    "program tests\n  integer, external :: twice\n"
    '  if (twice(4) /= 8) error stop "not twice"\nend program\n'
)
_WRONG = "integer function twice(x)\n  integer, intent(in) :: x\n{}  twice = 3 * x\nend function\n"
_MODULE = "module m\n{}contains\n{}" + _WRONG.format("") + "end module\n"
_USING = (
    "program tests\n  use m, &\n    only: twice{0}\n"
    '  if ({1}) error stop "not twice"\nend program\n'
)
_ABS = "real function {}(x)\n  real, intent(in) :: x\n  {} = 0\nend function\n"
_BOUND = (
    "integer function other() bind(c, name={})\n  other = 0\nend function\n"
    "subroutine also() bind(c, name={})\nend subroutine\n"
)


def _inside(lines: str) -> str:
    return _WRONG.format(lines)


FORTRAN = {
    "stop": Try(_inside("  stop\n"), _TESTS, Outcome.ERROR),
    "stop 0": Try(_inside("  stop 0\n"), _TESTS, Outcome.ERROR),
    "exit": Try(_inside("  call exit(0)\n"), _TESTS, Outcome.ERROR),
    "error stop": Try(_inside("  error stop 0\n"), _TESTS, Outcome.ERROR),
    "bound exit": Try(
        _inside(
            "  interface\n    subroutine leave(s) bind(c, name='_exit')\n"
            "      integer, value :: s\n    end subroutine\n  end interface\n  call leave(0)\n"
        ),
        _TESTS,
        Outcome.ERROR,
    ),
    "main program": Try(_WRONG.format("") + "program p\nend program\n", _TESTS, Outcome.ERROR),
    "main by name": Try(
        _WRONG.format("") + _BOUND.format("'main'", "'MAIN__'"), _TESTS, Outcome.ERROR
    ),
    "comparison": Try(
        _WRONG.format("") + _BOUND.format("'_gfortran_compare_string'", "'memcmp'"),
        "program tests\n  character(3) :: said\n  integer, external :: twice\n"
        "  write (said, '(i3)') twice(4)\n"
        "  if (said /= '  8') error stop 'not twice'\nend program\n",
        Outcome.FAILED,
    ),
    "end of a failure": Try(
        _WRONG.format("")
        + _BOUND.format("'_gfortran_error_stop_string'", "'_gfortran_error_stop_numeric'"),
        _TESTS,
        Outcome.FAILED,
    ),
    "forged": Try(
        _inside(
            "  open (7, file='done')\n  write (7, '(a)') repeat('0', 32)\n  close (7)\n  stop\n"
        ),
        _TESTS,
        Outcome.ERROR,
    ),
    "token from input": Try(
        _inside(
            "  character(32) :: t\n  read (*, '(a)') t\n  open (7, file='done')\n"
            "  write (7, '(a)') t\n  close (7)\n  stop\n"
        ),
        _TESTS,
        Outcome.ERROR,
    ),
    "open string": Try(_WRONG.format("") + "print *, 'a &\n", _TESTS, Outcome.NOT_RUN),
    "intrinsic of a module": Try(
        _MODULE.format("", _ABS.format("abs", "abs")),
        _USING.format(", abs", "abs(real(twice(4) - 8)) > 0.1"),
        Outcome.ERROR,
    ),
    "intrinsic of an interface": Try(
        _MODULE.format(
            "interface abs\n  module procedure none\nend interface\n", _ABS.format("none", "none")
        ),
        _USING.format(", abs", "abs(real(twice(4) - 8)) > 0.1"),
        Outcome.ERROR,
    ),
    "array of an intrinsic's name": Try(
        _MODULE.format("logical :: any(12) = .false.\n", ""),
        _USING.format(", any", "any(twice(4))"),
        Outcome.ERROR,
    ),
    "operator": Try(
        _MODULE.format(
            "interface operator(/=)\n  module procedure never\nend interface\n",
            "logical function never(a, b)\n  integer, intent(in) :: a, b\n  never = .false.\n"
            "end function\n",
        ),
        _USING.format(", operator(/=)", "twice(4) /= 8"),
        Outcome.NOT_RUN,
    ),
}
"""What is tried -> a wrong program, its tests, and how it must end."""
