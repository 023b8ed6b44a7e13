"""Java, Kotlin, Scala: a pass is told from behind the tests' last check, and by nothing else.

Each trick is a wrong program (it subtracts) that tries to end before the tests, or to stand in for
them or for what they check with. None may pass; a right program beside it must.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rlcf.languages import Job, Limits, Outcome, Toolchain
from rlcf.languages.registry import load

sys.path.insert(0, str(Path(__file__).parent / "hostile"))
from jvm_tricks import RIGHT, TESTS, TRICKS

LIMITS = Limits(wall_seconds=6.0, cpu_seconds=4.0)
EXITS = {
    "java": [
        "System.exit(%d);",
        "Runtime.getRuntime().exit(%d);",
        "Runtime.getRuntime().halt(%d);",
        "Main.done(%d);",
    ],
    "kotlin": ["kotlin.system.exitProcess(%d)", "System.exit(%d)", "done(%d)"],
    "scala": ["sys.exit(%d)", "System.exit(%d)", "Runtime.getRuntime.halt(%d)"],
}


def outcomes(language: str, jobs: list[Job]) -> list[Outcome]:
    if language != "java" and load(language)().missing():
        pytest.skip(f"{language}: {load(language)().missing()}")
    runner = Toolchain(language)
    try:
        return [result.outcome for result in runner.run(jobs, LIMITS)]
    finally:
        runner.close()


@pytest.mark.slow
@pytest.mark.parametrize("language", sorted(TRICKS))
def test_no_trick_passes(language: str) -> None:
    tricks = TRICKS[language]
    right = Job(RIGHT[language], TESTS[language], "add")
    jobs = [job for trick in tricks.values() for job in (Job(trick, TESTS[language], "add"), right)]
    found = outcomes(language, jobs)
    wrong = dict(zip(tricks, found[::2], strict=True))
    assert [name for name, outcome in wrong.items() if outcome is Outcome.PASSED] == []
    assert Outcome.UNSCORED not in wrong.values()
    assert set(found[1::2]) == {Outcome.PASSED}


@pytest.mark.parametrize("language", sorted(EXITS))
def test_an_exit_of_the_tests_is_their_end(language: str) -> None:
    """With 0 they passed, with another status they failed; a check that fails comes first."""
    before, _, after = TESTS[language].partition("/*last*/")
    wrong = RIGHT[language].replace("a + b", "a - b")
    jobs = []
    for call in EXITS[language]:
        for program, status in ((RIGHT[language], 0), (RIGHT[language], 1), (wrong, 0)):
            jobs.append(Job(program, before + call % status + after, "add"))
    found = outcomes(language, jobs)
    count = len(EXITS[language])
    assert found[::3] == [Outcome.PASSED] * count
    assert found[1::3] == [Outcome.FAILED] * count
    assert Outcome.PASSED not in found[2::3]
