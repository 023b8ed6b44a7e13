"""The warm server's word is javac's, whatever it compiled before and in whatever order."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rlcf.languages import CompileResult, Verdict
from rlcf.languages.java import JavaCompiler, JavaOptions, find_jdk
from rlcf.languages.java.plain import plain_javac

sys.path.insert(0, str(Path(__file__).parent / "hostile"))
from sources import HOSTILE, SLOW

ORDINARY = {
    "sum": "class Sum { static int sum(int a, int b) { return a + b; } }",
    "lists": "import java.util.*; class L { List<Integer> f() { return Arrays.asList(1, 2); } }",
    "lambda": "import java.util.*; class L { void f(List<Integer> l) { l.forEach(x -> {}); } }",
    "stream": "import java.util.*; import java.util.stream.*; class S { int f(List<Integer> l)"
    " { return l.stream().mapToInt(Integer::intValue).sum(); } }",
    "generic": "class G<T extends Comparable<T>> { T max(T a, T b)"
    " { return a.compareTo(b) > 0 ? a : b; } }",
    "unresolved": "class A { int f() { return undefined; } }",
    "mismatch": 'class A { int f() { return "x"; } }',
    "no_return": "class A { int f() { } }",
    "checked": "class A { void f() { throw new Exception(); } }",
    "boxed": "import java.util.*; class A { int f(Map<String, Integer> m) { return m.get(1); } }",
}

Key = tuple[str, str, int]


def key(result: CompileResult) -> Key:
    first = result.errors[0] if result.errors else None
    return (str(result.verdict), first.code if first else "", first.line if first else 0)


@pytest.fixture(scope="module")
def programs() -> dict[str, str]:
    hostile = HOSTILE
    chosen = random.Random(0).sample(sorted(hostile), 40)  # of a cold javac each, 20 seconds
    must = ["cyclic_iface", "own_integer", "pkg_lang", "escape", "own_object", "helper_def"]
    names = sorted({*chosen, *must, "helper_use", "main_class"} - SLOW)
    return {**ORDINARY, **{name: hostile[name] for name in names}}


@pytest.fixture(scope="module")
def truth(programs: dict[str, str]) -> dict[str, Key]:
    jdk = find_jdk()
    with ThreadPoolExecutor(2) as threads:
        results = threads.map(lambda p: plain_javac(jdk, p)[0], programs.values())
        return dict(zip(programs, map(key, results), strict=True))


@pytest.fixture(scope="module")
def compiler() -> Iterator[JavaCompiler]:
    compiler = JavaCompiler(JavaOptions(workers=2))
    yield compiler
    compiler.close()


@pytest.mark.slow
def test_verdicts_are_javacs_in_any_order(
    compiler: JavaCompiler, programs: dict[str, str], truth: dict[str, Key]
) -> None:
    order = random.Random(1).choices(sorted(programs), k=12 * len(programs))
    results = compiler.check([programs[name] for name in order])
    wrong = {
        (name, key(result), truth[name])
        for name, result in zip(order, results, strict=True)
        if key(result) != truth[name]
    }
    assert wrong == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["nest500", "nest50000", "plus3000", "blocks2000"])
def test_deep_programs_are_given_to_a_cold_compiler(compiler: JavaCompiler, name: str) -> None:
    program = HOSTILE[name]
    expected, _ = plain_javac(compiler.jdk, program)
    assert key(compiler.check([program])[0]) == key(expected)


def test_the_server_cannot_be_seen_by_programs(compiler: JavaCompiler) -> None:
    result = compiler.check(["import rlcf.compiler.*; class A { Server s; }"])[0]
    assert result.verdict is Verdict.REJECTED
    assert "compiler.err.doesnt.exist" in {d.code for d in result.errors}


def test_what_a_program_leaves_in_a_context_is_not_used(compiler: JavaCompiler) -> None:
    alone = JavaCompiler(JavaOptions(workers=1))
    define = "class Helper { static int h() { return 1; } }"
    use = "class A { int x = Helper.h(); }"
    verdicts = [r.verdict for r in alone.check([define, use, define, use])]
    alone.close()
    assert verdicts == [Verdict.ACCEPTED, Verdict.REJECTED] * 2
