# ruff: noqa: E501 - a program is easier to read on one line
"""JavaScript and TypeScript: a pass is said after the last check, out of the program's reach."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rlcf.languages import Job, Limits, Outcome, Toolchain
from rlcf.languages.javascript import node_folder
from rlcf.languages.outcome import Runner
from rlcf.languages.registry import load

sys.path.insert(0, str(Path(__file__).parent / "hostile"))
from early_ends_javascript import ENDS, FORGES, MODULES, REPLACES

LIMITS = Limits(wall_seconds=15.0, cpu_seconds=3.0)
LANGUAGES = ("javascript", "typescript")
CHECKS = {
    "throw": "\nif (twice(1) !== 2) { throw new Error('they are not equal'); }\n",
    "assert": "\nconst tested = require('assert');\ntwice(1);\ntested.equal(twice(1), 2);\n",
    "exit": "\nif (twice(1) !== 2) process.exit(1);\nprocess.exit(0);\n",
    "later": "\nsetTimeout(() => { if (twice(1) !== 2) throw new Error('not equal'); }, 5);\n",
    "called": "\n(() => { if (twice(1) !== 2) throw new Error('not equal'); })();\n",
    "async": "\n(async () => { if (await twice(1) !== 2) throw new Error('not equal'); })();\n",
    "library": "\nconst _ = require('lodash');\ntwice(1);\n"
    "if (!_.isEqual([twice(1)], [2])) { throw new Error('they are not equal'); }\n",
    "compared": "\nif (![twice(1)].every((x) => x === 2)) { throw new Error('not equal'); }\n",
    "as text": "\nif (JSON.stringify([twice(1)]) !== '[2]') { throw new Error('not equal'); }\n",
}


def wrong(language: str, trick: str) -> str:
    """Three times where it should be twice, then the trick."""
    head = "// @ts-nocheck\n" if language == "typescript" else ""
    return f"{head}var twice = function (x) {{ return 3 * x; }};\n{trick}\n"


def right(language: str) -> str:
    """As it should be."""
    return "// @ts-nocheck\nfunction twice(x) { return 2 * x; }\n"


@pytest.fixture(scope="module")
def runners() -> Iterator[Callable[[str], Runner]]:
    """One a language: its worker is warm."""
    made: dict[str, Runner] = {}

    def get(name: str) -> Runner:
        if missing := load(name)().missing():
            pytest.skip(f"{name}: {missing}")
        if sys.platform != "linux":
            pytest.skip("the jail is Linux only")
        if name not in made:
            made[name] = Toolchain(name, seats=1)
        return made[name]

    yield get
    for runner in made.values():
        runner.close()


Runners = Callable[[str], Runner]


TRICKS = [
    *((name, trick, ("throw", "called", "async")) for name, trick in ENDS.items()),
    *((name, trick, ("assert", "exit", "library", "compared")) for name, trick in REPLACES.items()),
    *((name, trick, ("throw",)) for name, trick in FORGES.items()),
]


@pytest.mark.parametrize(("trick", "checks"), [t[1:] for t in TRICKS], ids=[t[0] for t in TRICKS])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_trick_passes(
    language: str, trick: str, checks: tuple[str, ...], runners: Runners
) -> None:
    """A wrong program, whatever it does to end early or to be believed."""
    jobs = [Job(wrong(language, trick), CHECKS[check]) for check in checks]
    results = runners(language).run(jobs, LIMITS)
    passed = [c for c, r in zip(checks, results, strict=True) if r.outcome is Outcome.PASSED]
    assert passed == []


@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_module_passes(language: str, name: str, runners: Runners) -> None:
    """With tests that import what they check with."""
    kinds = {
        "throw": CHECKS["throw"],
        "exit": CHECKS["exit"],
        "import": "\nimport * as tested from 'assert';\ntwice(1);\ntested.equal(twice(1), 2);\n",
        "await": "\nif (await twice(1) !== 2) { throw new Error('not equal'); }\n",
    }
    program = wrong(language, MODULES[name])
    results = runners(language).run([Job(program, tests) for tests in kinds.values()], LIMITS)
    passed = [c for c, r in zip(kinds, results, strict=True) if r.outcome is Outcome.PASSED]
    assert passed == []


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_right_and_wrong_programs_are_told_apart(
    language: str, check: str, runners: Runners
) -> None:
    """By the same checks."""
    runner = runners(language)
    if check == "library" and not Path(node_folder(), "node_modules", "lodash").is_dir():
        pytest.skip("lodash is not installed")
    jobs = [Job(right(language), CHECKS[check]), Job(wrong(language, ""), CHECKS["exit"])]
    results = runner.run(jobs, LIMITS)
    assert [r.outcome for r in results] == [Outcome.PASSED, Outcome.FAILED]


ENDINGS = {
    "exit": "if (twice(4) !== 8) process.exit(1);\nprocess.exit(0);",
    "exit, no status": "if (twice(4) !== 8) { process.exit(1); }\nprocess.exit()\n",
    "by the result": "process.exit(twice(4) === 8 ? 0 : 1);\n",
    "exitCode": "process.exitCode = twice(4) === 8 ? 0 : 1;\n",
    "exitCode 0": "if (twice(4) !== 8) throw new Error('they are not equal');\nprocess.exitCode = 0;\n",
    "in a function": "function main() { if (twice(4) !== 8) process.exit(2); process.exit(0); }\nmain();\n",
    "after a promise": "Promise.resolve(twice(4)).then((x) => process.exit(x === 8 ? 0 : 1));\n",
    "async": "(async () => {\n  const x = await twice(4);\n  process.exit(x === 8 ? 0 : 1);\n})();\n",
    "timer": "setTimeout(() => process.exit(twice(4) === 8 ? 0 : 1), 5);\nsetTimeout(() => {}, 60000);\n",
    "exit hook": "let x = 0;\nprocess.on('exit', () => { if (x !== 8) process.exitCode = 1; });\nx = twice(4);\nif (x !== 8) process.exit(1);\n",
}


@pytest.mark.parametrize("name", ENDINGS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_exits_of_the_tests_are_their_end(language: str, name: str, runners: Runners) -> None:
    """Status 0 is a pass, another is a check that does not hold."""
    tests = "\n" + ENDINGS[name]
    jobs = [Job(program, tests) for program in (right(language), wrong(language, ""))]
    found = [result.outcome for result in runners(language).run(jobs, LIMITS)]
    assert found == [Outcome.PASSED, Outcome.FAILED]


LEGIT = {
    "main": "if (require.main === module) { twice(1); }",
    "exports": "module.exports = { twice };",
    "a return that is not reached": "if (require.main !== module) return;",
    "polyfill": "Array.prototype.second = function () { return this[1]; };\nObject.entries = Object.entries || null;",
    "strict": "'use strict';",
    "shadowed names": "const Error_ = Error; class Exit extends Error {}",
    "another folder": "require('fs').mkdirSync('x'); process.chdir('x');",
    "files": "const { readFileSync } = require('fs'); readFileSync(__filename);",
    "hooks": "process.on('exit', () => {}); process.on('uncaughtException', (e) => { throw e; });",
    "dynamic import": "import('fs').then((fs) => fs.readFileSync);",
    "stack": "Error.stackTraceLimit = 50; new Error('x').stack;",
    "timers": "setTimeout(() => {}, 5); setImmediate(() => {});",
    "generators": "function* g() { yield 1; } [...g()];",
    "comment": "// the end",
}


@pytest.mark.parametrize("name", LEGIT)
def test_right_programs_pass(name: str, runners: Runners) -> None:
    """Whatever else they do."""
    program = right("javascript") + LEGIT[name]
    jobs = [Job(program, CHECKS[check]) for check in ("throw", "assert", "exit", "async", "called")]
    found = [result.outcome for result in runners("javascript").run(jobs, LIMITS)]
    assert found == [Outcome.PASSED] * len(jobs)


NEVER = {
    "async": "(async () => { if (await twice(1) !== 2) throw new Error('not equal'); })();",
    "then": "twice(1).then((x) => { if (x !== 2) throw new Error('not equal'); });",
    "finally": "twice(1).catch(() => 3).finally(() => { throw new Error('not equal'); });",
    "main": "async function main() { if (await twice(1) !== 2) throw 1; }\nmain().catch(() => process.exit(1));",
    "inner": "const check = async (i) => { if (await twice(i) !== 2 * i) throw 1; };\nPromise.all([1, 2].map(check));",
    "returned": "const check = async () => twice(1);\n(async () => { if (await check() !== 2) throw 1; })();",
    "later": "setTimeout(async () => { if (await twice(1) !== 2) throw 1; }, 5);",
}
"""Tests whose check waits for a promise."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_waiting_for_ever_is_no_pass(language: str, runners: Runners) -> None:
    """Node ends when nothing is left to do, though the tests have not gone on."""
    head = "// @ts-nocheck\n" if language == "typescript" else ""
    never = ["return new Promise(() => {});", "return { then() {} };"]
    programs = [f"{head}function twice(x) {{ {body} }}\n" for body in never]
    tests = [*NEVER.values(), "export {};\nif (await twice(1) !== 2) throw 1;"]
    jobs = [Job(programs[0], "\n" + one) for one in tests]
    jobs += [Job(programs[1], "\n" + NEVER["async"]), Job(programs[1], "\n" + NEVER["main"])]
    found = [result.outcome for result in runners(language).run(jobs, LIMITS)]
    assert found == [Outcome.ERROR] * len(jobs)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_nothing_waits_for_may_stay_open(language: str, runners: Runners) -> None:
    """Promises of the program's own, and those that lose a race."""
    head = "// @ts-nocheck\n" if language == "typescript" else ""
    program = (
        f"{head}(async () => {{ await new Promise(() => {{}}); }})();\n"
        "new Promise(() => {}).then(() => {});\nasync function twice(x) { return 2 * x; }\n"
    )
    finally_ = "twice(1).catch(() => 3).finally(() => {});"
    race = "Promise.race([new Promise(() => {}), twice(1)]).then((x) => { if (x !== 2) throw 1; });"
    tests = [*(one for name, one in NEVER.items() if name != "finally"), finally_, race]
    found = runners(language).run([Job(program, "\n" + one) for one in tests], LIMITS)
    assert [result.outcome for result in found] == [Outcome.PASSED] * len(tests)


def test_exits_in_the_program_are_not_the_tests(runners: Runners) -> None:
    """Not even where the tests have one that the program calls."""
    tests = "\nfunction leave() { process.exit(0); }\nif (twice(1) !== 2) throw 1;\nleave();\n"
    programs = [
        "function twice(x) { return 2 * x; }\n",
        "function twice(x) { leave(); }\n",
        "leave();",
    ]
    jobs = [Job(program, tests) for program in programs]
    found = [result.outcome for result in runners("javascript").run(jobs, LIMITS)]
    assert found == [Outcome.PASSED, Outcome.ERROR, Outcome.ERROR]


def test_tests_may_put_their_own_in_place(runners: Runners) -> None:
    """A mock of `process.exit`, of the console, of a module's function."""
    tests = """
const fs = require('fs');
let status = -1, text = '';
const real = process.exit;
process.exit = (code) => { status = code; };
console.log = (x) => { text += x; };
fs.readFileSync = () => 'read';
Math.random = () => 0.5;
stop();
if (status !== 3 || text !== 'bye' || fs.readFileSync('x') !== 'read') throw new Error('no');
process.exit = real;
"""
    program = "function stop() { console.log('bye'); process.exit(3); }\n"
    (found,) = runners("javascript").run([Job(program, tests)], LIMITS)
    assert found.outcome is Outcome.PASSED, found.detail
