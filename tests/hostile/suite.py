"""The hostile programs and what must become of them; for the tests and the benchmark.

A program is a file of `programs/` that says on its first line which outcomes are right.
Its class `Attack` has `run()`, of which the tests below want 42.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TESTS = """
class Main {
    static boolean same(Object a, Object b) { return Objects.equals(a, b); }

    public static void main(String[] args) throws java.lang.Exception {
        if (!same(Attack.run(), 42)) {
            throw new Exception("not 42");
        }
    }
}
"""


@dataclass(frozen=True)
class Attack:
    """One hostile program."""

    name: str
    program: str
    expected: frozenset[str]
    """Outcomes of which any is right."""


def attacks() -> list[Attack]:
    """All of them, by name."""
    found = []
    for path in sorted(Path(__file__).parent.joinpath("programs").glob("*.java")):
        first, _, rest = path.read_text(encoding="utf-8").partition("\n")
        expected = first.removeprefix("// expect:").split(",")
        program = rest if "import java.util.*;" in rest else _imported(rest)
        found.append(Attack(path.stem, program, frozenset(e.strip() for e in expected)))
    return found


def _imported(program: str) -> str:
    head = "import java.util.*;\n"
    return program if "\npackage " in program else head + program
