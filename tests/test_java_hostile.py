"""The hostile programs: each ends as it must, harms nothing beside it, leaves nothing behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from rlcf.languages import Job, Limits, Outcome
from rlcf.languages.java import JavaRunner

sys.path.insert(0, str(Path(__file__).parent / "hostile"))
from suite import TESTS, attacks

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


@pytest.mark.slow
def test_attacks_end_as_they_must_and_touch_nothing() -> None:
    """One test, so that parallel test runs do it once: the results depend on being together."""
    jobs = []
    for attack in ATTACKS:
        programs = (attack.program, CONTROL.format(42), CONTROL.format(41))
        jobs += [Job(program, TESTS) for program in programs]
    runner = JavaRunner()
    results = runner.run(jobs, LIMITS)
    runner.close()
    wrong = {}
    for i, attack in enumerate(ATTACKS):
        result, right, other = results[3 * i : 3 * i + 3]
        if result.outcome.value not in attack.expected:
            wrong[attack.name] = result
        if (right.outcome, other.outcome) != (Outcome.PASSED, Outcome.FAILED):
            wrong[f"the controls after {attack.name}"] = right
    assert wrong == {}
    assert jailed() == []
    assert not Path("/var/tmp/rlcf_hostile").exists()


def test_there_are_enough_attacks_and_controls_among_them() -> None:
    assert len(ATTACKS) >= 40
    expected = {attack.name: attack.expected for attack in ATTACKS}
    assert expected["honest_pass"] == {"passed"}
    assert expected["honest_fail"] == {"failed"}
