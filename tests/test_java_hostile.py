"""The hostile programs: each ends as it must, harms nothing beside it, leaves nothing behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from rlcf.sandbox import Job, Limits, Outcome, RunResult
from rlcf.sandbox.java import JavaRunner

sys.path.insert(0, str(Path(__file__).parent / "hostile"))
from suite import TESTS, Attack, attacks

ATTACKS = attacks()
CONTROL = "import java.util.*;\nclass Attack {{ static int run() {{ return {}; }} }}\n"
LIMITS = Limits(wall_seconds=2.0, cpu_seconds=2.0)


def jailed() -> list[str]:
    """Command lines of this process's jails that are alive."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace")
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == os.getpid() and "rlcf.executor" in words:
            found.append(words)
    return found


@pytest.fixture(scope="module")
def results() -> dict[str, tuple[RunResult, RunResult, RunResult]]:
    """Each attack's result, and those of a right and a wrong program that ran just after it."""
    jobs = []
    for attack in ATTACKS:
        programs = (attack.program, CONTROL.format(42), CONTROL.format(41))
        jobs += [Job(program, TESTS) for program in programs]
    runner = JavaRunner()
    found = runner.run(jobs, LIMITS)
    runner.close()
    return {
        attack.name: (found[3 * i], found[3 * i + 1], found[3 * i + 2])
        for i, attack in enumerate(ATTACKS)
    }


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_ends_as_it_must(
    attack: Attack, results: dict[str, tuple[RunResult, RunResult, RunResult]]
) -> None:
    result, right, wrong = results[attack.name]
    assert result.outcome.value in attack.expected, result.detail
    assert right.outcome is Outcome.PASSED, right
    assert wrong.outcome is Outcome.FAILED, wrong


@pytest.mark.slow
def test_nothing_is_left_behind(
    results: dict[str, tuple[RunResult, RunResult, RunResult]],
) -> None:
    assert results
    assert jailed() == []
    assert not Path("/var/tmp/rlcf_hostile").exists()


def test_there_are_enough_attacks_and_controls_among_them() -> None:
    assert len(ATTACKS) >= 40
    expected = {attack.name: attack.expected for attack in ATTACKS}
    assert expected["honest_pass"] == {"passed"}
    assert expected["honest_fail"] == {"failed"}
