"""The generator of the embedded tasks: its keys, their format in Java, and references that pass."""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest

from generator import Template, make_task, part_of, templates
from generator.layouts.java import literal, plain
from generator.spec import Char
from rlcf.languages import Job, Outcome, Toolchain
from rlcf.tasks.task import Task

FAMILIES = {
    "arithmetic",
    "number theory",
    "strings",
    "arrays",
    "lists and maps",
    "control flow",
}

PROMPT = re.compile(
    r"""import java\.io\.\*;
import java\.lang\.\*;
import java\.util\.\*;
import java\.math\.\*;


class (?P<cls>[A-Z]\w*) \{
    /\*\*
     \* \* Write a (?:Java )?(?:function|method) to [^\n]+\.
     \*
(?:     \* > (?P<method>[a-z]\w*)\([^\n]*\)\n     \* [^\n]+\n){3}     \*/
    public static [\w<>\[\], ]+ (?P=method)\([^\n]*\) \{
"""
)


def sample(template: Template, count: int, seed: int = 0) -> list[Task]:
    """Tasks of random keys of one template."""
    keys = list(template.key_space())
    r = random.Random(f"{template.name}:{seed}")
    chosen = r.sample(keys, min(count, len(keys)))
    return [make_task(template, key, values, seed) for key, values in chosen]


def test_enough_templates_and_keys_in_every_family() -> None:
    all_templates = templates()
    assert len({t.name for t in all_templates}) == len(all_templates) >= 60
    assert {t.family for t in all_templates} == FAMILIES
    sizes = {t.name: len({key for key, _ in t.key_space()}) for t in all_templates}
    assert sum(sizes.values()) >= 10_000
    assert min(sizes.values()) >= 24
    held_out = [t for t in all_templates if t.held_out]
    assert len(held_out) >= 10
    assert {t.family for t in held_out} == FAMILIES


def test_every_key_is_in_one_part_of_about_the_stated_size() -> None:
    counts = Counter(part_of(t, k) for t in templates() if not t.held_out for k, _ in t.key_space())
    total = sum(counts.values())
    assert counts["train"] / total == pytest.approx(0.80, abs=0.02)
    assert counts["validation"] / total == pytest.approx(0.08, abs=0.02)
    assert counts["test"] / total == pytest.approx(0.12, abs=0.02)
    held_out = {part_of(t, k) for t in templates() if t.held_out for k, _ in t.key_space()}
    assert held_out == {"held-out"}


def test_prompts_have_the_layout_of_mbjp() -> None:
    for template in templates():
        for task in sample(template, 2):
            found = PROMPT.fullmatch(task.prompt)
            assert found, task.prompt
            method = found["method"]
            assert method == task.entry_point
            assert found["cls"] == method[0].upper() + method[1:]
            assert task.description in task.prompt
            assert not re.search(r"[$\[\]{}]", task.description), task.description
            assert task.reference is not None
            assert re.fullmatch(r"(?: {8,}\S[^\n]*\n)+    \}\n\}", task.reference), task.reference
            assert task.tests is not None
            assert task.tests.startswith("\n\nclass Main {\n")
            assert task.tests.count("throw new java.lang.Exception") in (4, 5)


def test_descriptions_and_names_vary() -> None:
    for template in templates():
        key, values = next(template.key_space())
        tasks = [make_task(template, key, values, seed) for seed in range(40)]
        assert len({t.description.split(" to ", 1)[1] for t in tasks}) >= 4, template.name
        assert len({t.entry_point for t in tasks}) >= 3, template.name


def test_a_key_asks_for_the_same_whatever_the_wording() -> None:
    for template in templates()[::7]:
        key, values = next(template.key_space())
        bodies = {
            re.sub(r"\w+", "", make_task(template, key, values, seed).reference or "")
            for seed in range(8)
        }
        assert len(bodies) == 1, template.name


def test_java_literals_and_examples() -> None:
    assert literal([1, -2], "int[]") == "new int[]{1, -2}"
    assert (
        literal([[1], []], "List<List<Integer>>")
        == "Arrays.asList(Arrays.asList(1), Arrays.asList())"
    )
    assert literal(5, "long") == "5L"
    assert literal({"a": [1]}, "HashMap<String, List<Integer>>") == (
        'new HashMap<String, List<Integer>>(){{put("a", Arrays.asList(1));}}'
    )
    assert literal(Char("x"), "char") == "'x'"
    assert plain({"a": 1, "b": 2}) == '{"a": 1, "b": 2}'
    assert plain([True, 'say "hi"\n']) == '[true, "say \\"hi\\"\\n"]'
    # As Double.toString prints them.
    assert [plain(v) for v in (0.5, 3.0, 1e7, 0.00012, 1234567.5)] == [
        "0.5",
        "3.0",
        "1.0E7",
        "1.2E-4",
        "1234567.5",
    ]
    with pytest.raises(ValueError, match="not a Java int"):
        literal(2**31, "int")


def run(jobs: list[Job]) -> list[Outcome]:
    runner = Toolchain("java")
    try:
        return [result.outcome for result in runner.run(jobs)]
    finally:
        runner.close()


def test_references_of_every_template_pass_their_tests() -> None:
    tasks = [task for template in templates() for task in sample(template, 3)]
    jobs = [Job(t.program(t.reference or ""), t.tests or "") for t in tasks]
    failed = [t.task_id for t, o in zip(tasks, run(jobs), strict=True) if o is not Outcome.PASSED]
    assert not failed


ZERO = {"int": "0", "long": "0L", "double": "0.0", "boolean": "false", "char": "' '"}


def test_a_constant_passes_no_tests() -> None:
    tasks = [task for template in templates() for task in sample(template, 1, seed=1)]
    jobs = []
    for task in tasks:
        returns = task.prompt.rsplit("public static ", 1)[1].split(f" {task.entry_point}(")[0]
        default = '""' if returns == "String" else f"{ZERO.get(returns, 'null')}"
        jobs.append(Job(task.program(f"        return {default};\n    }}\n}}"), task.tests or ""))
    passed = [t.task_id for t, o in zip(tasks, run(jobs), strict=True) if o is not Outcome.FAILED]
    assert not passed
