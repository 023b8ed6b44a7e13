"""The generator in Python and C++: one description, translated, and references that pass."""

from __future__ import annotations

import random
import re

import pytest

from generator import make_task, templates
from generator.layout import Drawn
from generator.layouts.cpp import literal as cpp_literal
from generator.layouts.python import literal as python_literal
from generator.spec import Char
from generator.translate import CppPrinter, PythonPrinter, UntranslatableError, translated
from rlcf.languages import Job, Outcome, Toolchain
from rlcf.languages.registry import load
from rlcf.tasks import load_tasks
from rlcf.tasks.embedded import EMBEDDED
from rlcf.tasks.task import Task


def need(language: str) -> None:
    load(language)().require()


def sample(language: str, count: int, every: int = 1) -> list[Task]:
    """Tasks of random keys of the templates."""
    tasks = []
    for template in templates()[::every]:
        keys = list(template.key_space())
        for key, values in random.Random(template.name).sample(keys, min(count, len(keys))):
            tasks.append(make_task(template, key, values, 1, language))
    return tasks


def outcomes(tasks: list[Task], completions: list[str]) -> list[Outcome]:
    runner = Toolchain(tasks[0].language)
    jobs = [
        Job(task.program(text), task.tests or "", task.entry_point or "")
        for task, text in zip(tasks, completions, strict=True)
    ]
    try:
        return [result.outcome for result in runner.run(jobs)]
    finally:
        runner.close()


def body(java: str, printer: type, *parameters: str, returns: str = "int") -> str:
    """A body in another language, without its indentation."""
    pairs = [tuple(p.rsplit(" ", 1)) for p in parameters]
    drawn = Drawn("f", tuple(pairs), returns, java, {}, "", ())  # type: ignore[arg-type]
    return re.sub(r"(?m)^ {4}", "", translated(drawn, printer))


@pytest.mark.parametrize(("language", "every"), [("python", 1), ("cpp", 4)])
def test_references_pass_their_tests(language: str, every: int) -> None:
    need(language)
    tasks = sample(language, 3 if language == "python" else 1, every)
    found = outcomes(tasks, [task.reference or "" for task in tasks])
    failed = [t.task_id for t, o in zip(tasks, found, strict=True) if o is not Outcome.PASSED]
    assert not failed


@pytest.mark.parametrize(
    ("language", "nothing", "every"),
    [("python", "    return None", 1), ("cpp", "    return {};\n}", 8)],
)
def test_a_constant_passes_no_tests(language: str, nothing: str, every: int) -> None:
    need(language)
    tasks = sample(language, 1, every)
    found = outcomes(tasks, [nothing] * len(tasks))
    passed = [t.task_id for t, o in zip(tasks, found, strict=True) if o is Outcome.PASSED]
    assert not passed
    assert found.count(Outcome.FAILED) > 0.9 * len(tasks)


def test_a_key_gives_the_same_task_in_each_language() -> None:
    java, python, cpp = (load_tasks(name, limit=40) for name in EMBEDDED)
    for one, two, three in zip(java, python, cpp, strict=True):
        name = one.entry_point or ""
        assert (two.entry_point or "").replace("_", "").lower() == name.lower()
        assert (three.entry_point or "").rstrip("_") == name
        cases = one.tests.count("throw new")  # type: ignore[union-attr]
        assert two.tests.count("assert ") == cases  # type: ignore[union-attr]
        assert three.tests.count("throw ") == cases  # type: ignore[union-attr]


def test_prompts_have_the_layout_of_mbxp() -> None:
    for task in sample("python", 1):
        pattern = (
            r'\n\ndef [a-z]\w*\([\w, ]*\):\n    """\n    Write a [^\n]+\.\n'
            r'(    >>> .+\n    .+\n){3}    """\n'
        )
        assert re.fullmatch(pattern, task.prompt), task.prompt
        assert task.description in task.prompt
        assert not re.search(r"HashMap|\barray|\btrue\b|\bfalse\b", task.description)
    for task in sample("cpp", 1):
        pattern = (
            r"#include <bits/stdc\+\+\.h>\nusing namespace std;\n\n\n/\*\*\n \* Write a [^\n]+\.\n"
            r"( \* > .+\n \* .+\n){3} \*/\n[\w<>, ]+ \w+\([\w<>, ]*\) \{\n"
        )
        assert re.fullmatch(pattern, task.prompt), task.prompt


@pytest.mark.parametrize(
    ("java", "python", "cpp"),
    [
        ("return n / 2;", "return n // 2", "return n / 2;"),
        ("return (double) n / 2;", "return n / 2", "return (double) n / 2;"),
        ('return "a" + n;', 'return "a" + str(n)', 'return "a" + to_string(n);'),
        ("return s.charAt(0) - '0';", "return int(s[0])", "return s[0] - '0';"),
        ("return -(n - 1) * 2;", "return -(n - 1) * 2", "return -(n - 1) * 2;"),
        ("return n - (n - 1);", "return n - (n - 1)", "return n - (n - 1);"),
        (
            "return !(n > 1 || b) && b;",
            "return not (n > 1 or b) and b",
            "return !(n > 1 || b) && b;",
        ),
        ("return s.substring(1, n + 1);", "return s[1:n + 1]", "return s.substr(1, n + 1 - 1);"),
        (
            "return n > 0 ? s : null;",
            "return s if n > 0 else None",
            None,
        ),
        (
            "for (int i = 0; i <= n; i++) { n -= i; }",  # the bound moves: no range
            "i = 0\nwhile i <= n:\n    n -= i\n    i += 1",
            "for (int i = 0; i <= n; i++) {\n    n -= i;\n}",
        ),
        (
            "for (int i = n; i > 0; i -= 2) { b = !b; }",
            "for i in range(n, 0, -2):\n    b = not b",
            "for (int i = n; i > 0; i -= 2) {\n    b = !b;\n}",
        ),
    ],
)
def test_translations(java: str, python: str, cpp: str | None) -> None:
    parameters = ("int n", "boolean b", "String s")
    assert body(java, PythonPrinter, *parameters) == python
    if cpp is not None:
        assert body(java, CppPrinter, *parameters) == cpp


@pytest.mark.parametrize(
    "java",
    [
        "return n >> 1;",  # not in the subset
        "try { } finally { }",
        "return s.matches(n);",
        "return new TreeMap<>();",
        "for (int i = n; i < 3; i *= 2) { if (b) { continue; } }",  # no range, and a jump
        'return b ? s.toUpperCase() : "";',  # C++ would need statements in between
        's.split("a+");',
    ],
)
def test_what_has_no_translation_raises(java: str) -> None:
    parameters = ("int n", "boolean b", "String s")
    failed = 0
    for printer in (PythonPrinter, CppPrinter):
        try:
            body(java, printer, *parameters)
        except (UntranslatableError, KeyError):
            failed += 1
    assert failed, java


def test_literals() -> None:
    assert python_literal({"a": [1, True]}) == '{"a": [1, True]}'
    assert python_literal([Char("x"), 'say "hi"\n', 2.5]) == '[\'x\', "say \\"hi\\"\\n", 2.5]'
    assert cpp_literal([1, -2], "int[]") == "vector<int>{1, -2}"
    assert cpp_literal(["a"], "List<String>", inner=True) == '{string("a")}'
    assert cpp_literal({"a": 1}, "HashMap<String, Integer>") == (
        'unordered_map<string, int>{{string("a"), 1}}'
    )
    assert cpp_literal(5, "long") == "5LL"
