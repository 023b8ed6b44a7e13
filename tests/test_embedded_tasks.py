"""The embedded task generator: determinism, splits, size, format, and references that pass."""

from __future__ import annotations

import hashlib
import os
import random
import re
import subprocess
import sys
from collections import Counter

import pytest

from rlcf.errors import UserError
from rlcf.sandbox import Job, Outcome, get_runner
from rlcf.tasks.embedded import SPLITS, generate, make_task, split_of, templates
from rlcf.tasks.embedded.layouts.java import literal, plain
from rlcf.tasks.embedded.spec import Char, Template
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


def digest(tasks: list[Task]) -> str:
    return hashlib.sha256("".join(map(str, tasks)).encode()).hexdigest()


def test_same_arguments_give_the_same_tasks_in_any_process() -> None:
    here = digest(generate(150, seed=3))
    assert digest(generate(150, seed=3)) == here
    assert digest(generate(150, seed=4)) != here
    code = (
        "import hashlib; from rlcf.tasks.embedded import generate;"
        "print(hashlib.sha256(''.join(map(str, generate(150, seed=3))).encode()).hexdigest())"
    )
    env = {**os.environ, "PYTHONHASHSEED": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    assert done.stdout.strip() == here


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


def test_every_key_is_in_one_split_of_about_the_stated_size() -> None:
    counts = Counter(
        split_of(t, k) for t in templates() if not t.held_out for k, _ in t.key_space()
    )
    total = sum(counts.values())
    assert counts["train"] / total == pytest.approx(0.80, abs=0.02)
    assert counts["validation"] / total == pytest.approx(0.08, abs=0.02)
    assert counts["test"] / total == pytest.approx(0.12, abs=0.02)
    assert {split_of(t, k) for t in templates() if t.held_out for k, _ in t.key_space()} == {"test"}


def test_splits_share_no_task() -> None:
    seen = {split: {(t.prompt, t.reference) for t in generate(600, 1, split)} for split in SPLITS}
    assert len(set.union(*seen.values())) == 3 * 600
    held_out = {t.name for t in templates() if t.held_out}
    for split in ("train", "validation"):
        assert not held_out & {t.task_id.split("/")[1] for t in generate(600, 1, split)}


def test_draws_are_distinct_balanced_and_one_fifth_held_out_in_test() -> None:
    train = generate(8000)
    assert len({t.task_id for t in train}) == 8000
    by_template = Counter(t.task_id.split("/")[1] for t in train)
    assert max(by_template.values()) <= 3 * 8000 / len(by_template)
    held_out = {t.name for t in templates() if t.held_out}
    test = generate(500, split="test")
    share = sum(t.task_id.split("/")[1] in held_out for t in test) / len(test)
    assert share == pytest.approx(0.2, abs=0.01)


def test_too_many_or_unknown_is_told_in_one_line() -> None:
    with pytest.raises(UserError, match="ask for 1 to") as caught:
        generate(10**6)
    maximum = int(str(caught.value).rsplit(" ", 1)[1])
    assert maximum >= 10_000
    everything = generate(maximum)
    by_template = Counter(t.task_id.split("/")[1] for t in everything)
    assert len(everything) == maximum
    assert max(by_template.values()) <= 3 * maximum / len(by_template)
    with pytest.raises(UserError, match="unknown split 'dev'"):
        generate(10, split="dev")
    with pytest.raises(UserError, match="asked for 0"):
        generate(0)


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
    runner = get_runner("java")
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
