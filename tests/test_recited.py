"""Programs that list the answers of the prompt: found, and no right answers of the proof."""

from __future__ import annotations

import pytest

from experiments.pretrained.recited import recites
from experiments.pretrained.tally import COMPUTED, Found, arm_json
from rlcf.evaluation.results import SampleScore, ScoreReport

PROMPT = """class StarNum {
    /**
     * * Write a function to find the n-th star number.
     *
     * > findStarNum(3)
     * 37
     * > findStarNum(4)
     * 73
     * > findStarNum(5)
     * 121
     */
    public static int findStarNum(int n) {
"""
END = "    }\n}\n"
LISTED = "        if (n == 3) {\n            return 37;\n        } else if (n == 4) return 73;\n"
COMPUTED_BODY = "        return 6 * n * (n - 1) + 1;\n"
"""A right one."""


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (LISTED + "        return 121;\n", True),
        (COMPUTED_BODY, False),
        # The end of a recursion is one example.
        (
            "        if (n == 3) return 37;\n        return findStarNum(n - 1) + 12 * n - 12;\n",
            False,
        ),
        # Neither other inputs nor other answers are recited.
        (
            "        if (n == 1) return 37;\n        if (n == 2) return 73;\n        return 0;\n",
            False,
        ),
        (
            "        if (n == 3) return 1;\n        if (n == 4) return 2;\n        return 0;\n",
            False,
        ),
        # Not an answer to an input, but a bound.
        (
            "        if (n < 3) return 37;\n        if (n < 4) return 73;\n        return 0;\n",
            False,
        ),
    ],
)
def test_two_listed_examples_are_recited(body: str, found: bool) -> None:
    assert recites(PROMPT, body + END) is found


def test_words_and_numbers_are_compared_by_value() -> None:
    prompt = PROMPT.replace("findStarNum(3)\n     * 37", 'f("a b", 2)\n     * "x y"')
    prompt = prompt.replace("findStarNum(4)\n     * 73", "f(10, 2)\n     * 0.50")
    body = 'if (s.equals("a b")) { return "x y"; } else if (n == 10) { return 0.5; }'
    assert recites(prompt, body)


def test_a_prompt_without_examples_has_nothing_to_recite() -> None:
    assert not recites("class A {\n", LISTED + END)


def test_recited_answers_are_none_of_what_is_computed() -> None:
    def found(*bodies: str) -> Found:
        rows = [
            SampleScore("t", i, body + END, True, "passed", "", (), (), 1, 1, False, True)
            for i, body in enumerate(bodies)
        ]
        return Found({0.2: [ScoreReport(tuple(rows), (1, 2))]}, prompts={"t": PROMPT})

    base, ours = found(COMPUTED_BODY, COMPUTED_BODY), found(LISTED, COMPUTED_BODY)
    result = arm_json(ours, base)
    assert result["recited_share"] == 0.5
    assert (result["pass@1"]["mean"], result[COMPUTED]["mean"]) == (1.0, 0.5)
    assert result["minus_base"]["pass@1"]["mean"] == 0
    assert result["minus_base"][COMPUTED]["mean"] == -0.5
