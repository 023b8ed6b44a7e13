"""Methods of records and enums become tasks; copies are told by tokens, not by a pattern."""

from __future__ import annotations

from pathlib import Path

import pytest

from rlcf.corpus import Corpus, CorpusOptions, build
from rlcf.languages import Verdict, check

pytest.importorskip("tree_sitter_java", reason="needs the extra `corpus`")

RECORDS = """\
package shapes;

import java.util.List;
import java.util.Map;

class Outer {
    static final int width = 3;

    /** A pair of things. */
    public record Pair<A extends Comparable<A>, B>(@Deprecated A first, Map<String, B> rest)
            implements Comparable<Pair<A, B>> {
        private static int made = 0;

        private Pair {
            if (first == null) throw new IllegalArgumentException("no first");
        }

        Pair(A first) { this(first, Map.of()); }

        /** Compares by the first thing alone. */
        @Override public int compareTo(Pair<A, B> other) {
            return this.first.compareTo(other.first()) + made * 0;
        }

        /** The same with nothing beside the first thing. */
        Pair<A, B> alone() {
            return new Pair<>(first().compareTo(first) == 0 ? first : null);
        }

        /** The smaller one of this and another pair. */
        Pair<A, B> smaller(Pair<A, B> other) {
            Comparable<Pair<A, B>> own = List.of(this).get(0);
            return own.compareTo(other) < 0 ? this : other;
        }
    }

    record Box(int width, int... sizes) {
        /** Explicit accessor that is never negative. */
        public int width() { return Math.max(0, this.width); }

        /** The sum of the width and of all the sizes. */
        int total() {
            int sum = width() + width;
            for (int size : sizes) sum += size;
            return sum;
        }
    }
}
"""
ENUMS = """\
package shapes;

enum Unit implements Named {
    /** One. */
    METRE(1.0, "m"),
    KILOMETRE(1000.0, "km // not a comment") {
        @Override double scaled(double x) { return x / factor(); }
    };

    private static final double HALF = 0.5;
    private final double factor;
    private final String sign;

    Unit(double factor, String sign) {
        this.factor = factor;
        this.sign = sign;
    }

    double factor() { return factor; }

    double scaled(double x) { return x * factor; }

    public String title() { return sign + name(); }

    /** So much of this unit in metres, rounded up. */
    double metres(double amount) {
        return Math.ceil(amount * this.factor + HALF - HALF);
    }

    /** The unit with this sign, or none. */
    static Unit of(String sign) {
        for (Unit unit : values()) if (unit.sign.equals(sign)) return unit;
        return METRE;
    }

    /** Scales by what the constant says. */
    double twice(double x) { return scaled(scaled(x)) + ordinal(); }

    /** Asks for the title through the interface. */
    String heading() { Named named = this; return "# " + named.title(); }
}

interface Named { String title(); }

enum Plain { RED, GREEN; /** The next one, the first after the last. */ Plain next() {
    switch (this) { case RED: return GREEN; default: return values()[0]; } } }
"""


def made(root: Path, **files: str) -> Corpus:
    for name, text in files.items():
        (root / f"{name}.java").write_text(text, encoding="utf-8")
    return build(root, CorpusOptions(), check)


def prompts(corpus: Corpus) -> dict[str, str]:
    results = check([t.program.prompt + t.program.reference for t in corpus.tasks])
    assert {r.verdict for r in results} == {Verdict.ACCEPTED}
    return {t.candidate.entry_point: t.program.prompt for t in corpus.tasks}


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return prompts(made(tmp_path_factory.mktemp("records"), Outer=RECORDS))


@pytest.fixture(scope="module")
def enums(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return prompts(made(tmp_path_factory.mktemp("enums"), Unit=ENUMS))


def test_methods_of_records_become_tasks(records: dict[str, str]) -> None:
    assert set(records) == {"compareTo", "alone", "smaller", "width", "total"}


def test_a_record_is_shown_as_one_with_its_components(records: dict[str, str]) -> None:
    head = "record Pair<A extends Comparable<A>, B>(@Deprecated A first, Map<String, B> rest)"
    assert records["alone"].startswith("import java.util.Map;\n\n" + head + " {\n")
    assert "record Box(int width, int... sizes) {\n" in records["total"]
    assert "static final int width" not in records["total"]  # the component hides it


def test_what_a_record_needs_of_itself_comes_along(records: dict[str, str]) -> None:
    assert "    Pair {\n        if (first == null)" in records["alone"]
    assert "Pair(A first) { this(first, Map.of()); }" in records["alone"]
    assert "private static int made = 0;" in records["compareTo"]
    assert "public int width() { return Math.max(0, this.width); }" in records["total"]


def test_a_record_that_must_implement_its_interface_does(records: dict[str, str]) -> None:
    assert ") implements Comparable<Pair<A, B>> {" in records["smaller"]
    assert "public int compareTo(" in records["smaller"]


def test_methods_of_enums_become_tasks(enums: dict[str, str]) -> None:
    assert set(enums) == {"metres", "of", "twice", "heading", "next"}


def test_an_enum_is_shown_as_one_with_its_constants(enums: dict[str, str]) -> None:
    assert enums["next"].startswith("enum Plain {\n    RED,\n    GREEN;\n\n    /**")
    assert enums["metres"].startswith(
        """\
enum Unit {
    METRE(1.0, "m"),
    KILOMETRE(1000.0, "km // not a comment") {
        double scaled(double x) { return x / factor(); }
    };

    private static final double HALF = 0.5;

    private final double factor;
"""
    )
    assert "Unit(double factor, String sign) {" in enums["metres"]
    assert enums["heading"].startswith(
        "interface Named { String title(); }\n\nenum Unit implements"
    )


def copies(root: Path, *bodies: str) -> int:
    """How many of these bodies are taken for copies of one before."""
    head = "class C%d { /** Says what it is, at length. */ static String f(int a) { %s } }"
    files = {f"C{i}": head % (i, body) for i, body in enumerate(bodies)}
    return made(root, **files).dropped["copy of another"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('return "http://a.org/" + a;', 'return "http://b.org/" + a;', False),
        ('return "/*" + a + "*/";', 'return "/*" + a * 2 + "*/";', False),
        ('return "a b" + a + "    ";', 'return "ab" + a + "    ";', False),
        ('return "\\"//x" + a + \'"\';', 'return "\\"//y" + a + \'"\';', False),
        ("return a + \"\" + '/' + '/';", "return a + \"\" + '/' + '*';", False),
        ('return "x" + a + +a;', 'return "x" + a++ + a;', False),
        ('return a + "//" /* one */ + 1;', 'return a\n  + "//" + 1; // another\n', True),
    ],
)
def test_copies_differ_in_comments_alone(tmp_path: Path, one: str, other: str, same: bool) -> None:
    assert copies(tmp_path, one, other) == same


def functions(root: Path, one: str, other: str) -> int:
    head = '"""A module."""\n\n\ndef f(a):\n    """Says what it is, at length."""\n'
    (root / "one.py").write_text(head + one)
    (root / "other.py").write_text(head + other)
    return build(root, CorpusOptions(language="python"), check).dropped["copy of another"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("    return 'http://#a' + str(a)\n", "    return 'http://#b' + str(a)\n", False),
        ("    return 'a b' + str(a) * 10\n", "    return 'ab' + str(a) * 10\n", False),
        (
            "    if a:\n        a = a + 1\n    return a + 100\n",
            "    if a:\n        a = a + 1\n        return a + 100\n",
            False,
        ),
        (
            "    if a:  # what is it\n        a = a + 1\n    return a + 100\n",
            "    # is it?\n    if a:\n      a = a + 1\n    return a  +  100\n",
            True,
        ),
    ],
)
def test_python_copies_differ_in_layout_alone(
    tmp_path: Path, one: str, other: str, same: bool
) -> None:
    assert functions(tmp_path, one, other) == same
