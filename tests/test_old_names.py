"""Scripts written for version 0.1 find toolchains under their old names."""

from __future__ import annotations

import pytest

import rlcf.adapters.scorer
import rlcf.grounding.scorer
import rlcf.sandbox
from rlcf.compilers import get_compiler
from rlcf.languages import Toolchain
from rlcf.sandbox import get_runner
from rlcf.sandbox.base import Job


def test_old_names_are_the_new_things() -> None:
    assert get_compiler is get_runner is Toolchain
    assert Job is rlcf.languages.Job
    assert rlcf.adapters.scorer.Scorer is rlcf.grounding.scorer.Scorer
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        rlcf.sandbox.nonsense  # noqa: B018


def test_they_judge_and_run() -> None:
    with get_compiler("python") as compiler:
        assert [str(r.verdict) for r in compiler.check(["x = 1\n", "x = \n"])] == [
            "accepted",
            "rejected",
        ]
    with get_runner("python") as runner:
        (found,) = runner.run([Job("def f():\n    return 1\n", "assert f() == 1\n", "")])
    assert str(found.outcome) == "passed"
