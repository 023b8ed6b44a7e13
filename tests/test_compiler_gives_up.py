"""A compiler that gives up by itself rejects, in its own words; our limits leave it unscored."""

from __future__ import annotations

import pytest

from rlcf.languages import Toolchain, Verdict
from rlcf.languages.java import find_jdk
from rlcf.languages.java.plain import plain_javac
from rlcf.languages.registry import load

NESTED = "class A { int x = " + "(" * 5000 + "1" + ")" * 5000 + "; }"
POOL = "class A { " + "".join(f"int a{i};" for i in range(66000)) + "}"
DEEP = {
    "kotlin": "val x = " + "(" * 20000 + "1" + ")" * 20000,
    "scala": "object x { val y = " + "(" * 20000 + "1" + ")" * 20000 + " }",
}


def test_javac_out_of_its_stack_rejects_and_says_so() -> None:
    compiler = Toolchain("java")
    (result,) = compiler.check([NESTED])
    compiler.close()
    assert result.verdict is Verdict.REJECTED
    (error,) = result.errors
    assert error.code == "javac.msg.resource"
    assert "The system is out of resources" in error.message
    assert "StackOverflowError" in error.message
    assert "\tat " not in error.message


def test_javac_out_of_the_heap_that_we_set_is_no_verdict() -> None:
    result, classes = plain_javac(find_jdk(), POOL, heap_mb=12)
    assert (result.verdict, classes) == (Verdict.UNSCORED, {})
    assert "memory" in result.reason


@pytest.mark.slow
def test_messages_are_javacs_words_and_not_its_keys() -> None:
    compiler = Toolchain("java")
    deep = "int deep = " + "(" * 450 + "1" + ")" * 450 + ";"
    wrong = f"class A {{ {deep}\n int x = gone;\n String f() {{ return 1; }}\n}}\n"
    pool, several = compiler.check([POOL, wrong])
    compiler.close()
    assert [e.code for e in pool.errors] == ["compiler.err.limit.pool"]
    assert pool.errors[0].message == "too many constants"
    assert [e.line for e in several.errors] == [2, 3]
    assert several.errors[0].message.splitlines()[0] == "cannot find symbol"
    assert several.errors[1].message == "incompatible types: int cannot be converted to String"


@pytest.mark.parametrize("language", sorted(DEEP))
def test_the_stack_of_a_warm_worker_is_ours(language: str) -> None:
    if load(language)().missing():
        pytest.skip(f"{language}: {load(language)().missing()}")
    compiler = Toolchain(language)
    (result,) = compiler.check([DEEP[language]])
    compiler.close()
    assert result.verdict is Verdict.UNSCORED
    assert result.reason
