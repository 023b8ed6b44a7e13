"""An agent's episode: verdicts, mending, what it is worth; and TRL's environment over it."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

import pytest

from rlcf.adapters import trl_environment
from rlcf.adapters.episode import Episode, instruction_of
from rlcf.adapters.trl_environment import CompilerEnvironment
from rlcf.errors import UserError
from rlcf.grounding.scorer import Answer, Judged
from rlcf.languages.verdict import CompileResult, Diagnostic, ErrorClass, Verdict
from rlcf.policy.answers import Written
from rlcf.tasks.task import Task

pytestmark = pytest.mark.in_process

TASK = Task("t", "java", "class A {\n", reference="}\n")
ERROR = Diagnostic("error", "", ErrorClass.UNRESOLVED_NAME, "no such x", 2, 1, 10, 11)


def score(answers: Sequence[Answer]) -> list[Judged]:
    """By a word in the answer: good, bad, else no verdict."""
    found = []
    for answer in answers:
        verdict, worth = Verdict.UNSCORED, None
        if "good" in answer.text:
            verdict, worth = Verdict.ACCEPTED, 0.8
        elif "bad" in answer.text:
            verdict, worth = Verdict.REJECTED, -1.0
        errors = (ERROR,) if verdict is Verdict.REJECTED else ()
        result = CompileResult(verdict, errors, reason="timed out")
        found.append(Judged(worth, None, result, "class A {\nx", 0, Written(answer.text)))
    return found


def test_a_program_that_is_right_at_once_is_worth_more_than_one_that_is_mended() -> None:
    once = Episode(TASK, score, turns=3, discount=0.5)
    told = once.answer("good")
    assert (told.verdict, told.reward, told.done) == ("accepted", 0.8, True)
    mended = Episode(TASK, score, turns=3, discount=0.5)
    told = mended.answer("bad")
    assert (told.verdict, told.reward, told.done) == ("rejected", 0.0, False)
    assert told.feedback.startswith("line 2: no such x")
    told = mended.answer("good")
    assert (told.reward, told.done, mended.turn) == (0.4, True, 2)
    with pytest.raises(UserError, match="over"):
        mended.answer("good")


def test_the_last_turn_settles_it() -> None:
    episode = Episode(TASK, score, turns=2)
    episode.answer("bad")
    told = episode.answer("bad")
    assert (told.reward, told.done) == (-1.0, True)


def test_no_verdict_takes_no_turn_and_has_no_reward() -> None:
    episode = Episode(TASK, score, turns=1)
    told = episode.answer("?")
    assert (told.verdict, told.reward, told.done) == ("unscored", None, False)
    assert "timed out" in told.feedback
    assert episode.reward is None
    assert episode.answer("good").reward == 0.8


def test_the_instruction_asks_for_the_whole_program() -> None:
    assert "```java\nclass A {\n```" in instruction_of(TASK)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> CompilerEnvironment:
    monkeypatch.setattr(trl_environment, "shared_scorer", lambda *_: score)
    return CompilerEnvironment("java", turns=2)


def test_a_rollout_of_trl(environment: CompilerEnvironment) -> None:
    environment.reset(prefix="class A {\n", prompt=[{"role": "user", "content": "?"}])
    assert environment.get_reward() == -1.0, "no program is worth what a rejected one is"
    assert "no such x" in environment.submit("bad")
    assert environment.submit("good") == "accepted"
    assert environment.get_reward() == 0.4
    assert "over" in environment.submit("good")
    environment.reset()
    environment.submit("?")
    assert environment.get_reward() is None


def test_trl_finds_one_tool_with_its_words(environment: CompilerEnvironment) -> None:
    public = [n for n, _ in inspect.getmembers(CompilerEnvironment, inspect.isfunction)]
    assert {n for n in public if not n.startswith("_")} == {"reset", "get_reward", "submit"}
    assert "Args:\n    program: " in inspect.getdoc(CompilerEnvironment.submit)  # type: ignore[operator]
    with pytest.raises(UserError, match="reset"):
        environment.submit("good")
