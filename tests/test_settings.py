"""Every choice and every number of the command line is checked before any work, in one line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import pytest
import tyro

from rlcf import cli
from rlcf.errors import UserError
from rlcf.policy.sampling import SamplingConfig
from rlcf.settings import Checked, Count, Need, NotNegative, Positive, Range, Share, leaves, unknown
from rlcf.training.config import TrainConfig

Capture = pytest.CaptureFixture[str]

NEEDED = {
    "quickstart": [],
    "doctor": [],
    "sft": ["--model", "m"],
    "train": ["--model", "m"],
    "evaluate": ["--model", "m", "--tasks", "t.jsonl"],
    "generate": ["--model", "m", "--tasks", "t.jsonl"],
    "merge": ["a", "b", "--out", "merged"],
    "compare": ["a.json", "b.json"],
    "watch": ["run"],
    "tasks": ["embedded"],
    "score": ["--tasks", "t.jsonl", "--samples", "s.jsonl", "--json", "o.json"],
    "serve": [],
    "corpus": ["build", "src"],
    "reverify": ["run"],
    "report": ["run", "--tasks", "t.jsonl"],
    "export": ["run", "--out", "exported"],
}
"""What a verb must be given."""

REFUSED = [
    ("train", "--credit localized", "did you mean localised? known are terminal, localised"),
    ("train", "--reward compilers", "did you mean compiler?"),
    ("train", "--algorithm GRPO", "did you mean grpo?"),
    ("train", "--comparator-mode onlin", "did you mean online?"),
    ("train", "--comparator-pooling men", "did you mean mean?"),
    ("train", "--lr-schedule linaer", "did you mean linear?"),
    ("train", "--precision fp23", "did you mean fp32?"),
    ("train", "--chat of", "did you mean off?"),
    ("train", "--language jva", "did you mean java?"),
    ("train", "--tracker tensorbord", "did you mean tensorboard?"),
    ("train", "--device cude", "did you mean cuda?"),
    ("train", "--tasks embeded", "did you mean embedded?"),
    ("train", "--open-tasks mbpj", "did you mean mbjp?"),
    ("train", "--validate-every 5 --validation nonsense", "unknown task set"),
    ("train", "--validate-every 5 --validation embedded:tset", "did you mean test?"),
    ("train", "--validate-every 5 --validation none", "needs --validation tasks"),
    ("train", "--validate-every 101", "more than the 100 --steps"),
    ("train", "--patience 3", "give --validate-every too"),
    ("train", "--kl-coef -1", "at least 0, not -1"),
    ("train", "--clip -1", "above 0, not -1"),
    ("train", "--prompts-per-step 4 --minibatches 50", "--minibatches 50 of 4 prompts"),
    ("train", "--max-new-tokens 0", "at least 1, not 0"),
    ("train", "--comparator-weight 5", "between 0 and 1, not 5"),
    ("train", "--checkpoint-every 0", "at least 1, not 0"),
    ("train", "--lr nan", "must be a number, not nan"),
    ("train", "--lr inf", "must be a number, not inf"),
    ("train", "--lr 0", "above 0, not 0"),
    ("train", "--top-k -1", "at least 1, not -1"),
    ("train", "--threads 0", "at least 1, not 0"),
    ("train", "--max-grad-norm -1", "above 0, not -1"),
    ("train", "--max-grad-norm 0", "above 0, not 0"),
    ("train", "--validation-tasks 0", "at least 1, not 0"),
    ("train", "--temperature 0", "above 0, not 0"),
    ("train", "--seed -1", "--seed must be between 0"),
    ("train", "--samples-per-prompt 1", "each other's baseline"),
    ("train", "--average-from 101", "must be one of the --steps"),
    ("train", "--reference-batch 4", "give that too"),
    ("train", "--kl-target 0.1 --kl-coef 0", "must be above 0 to begin with"),
    ("train", "--model nosuchdir/", "there is no such folder"),
    ("train", "--comparator nosuchdir/", "there is no such folder"),
    ("sft", "--model nosuchdir/", "there is no such folder"),
    ("sft", "--lr 0", "above 0, not 0"),
    ("sft", "--epochs 0", "above 0, not 0"),
    ("sft", "--validate-every 5 --validation nonsense", "unknown task set"),
    ("sft", "--validate-every 2 --validation none", "needs --validation tasks"),
    ("sft", "--device cude", "did you mean cuda?"),
    ("evaluate", "--temperature -1", "at least 0, not -1"),
    ("evaluate", "--n 0", "at least 1, not 0"),
    ("evaluate", "--limit 0", "at least 1, not 0"),
    ("evaluate", "--k 0", "positive whole numbers"),
    ("generate", "--retries -1", "at least 0, not -1"),
    ("quickstart", "--language jave", "did you mean java?"),
    ("quickstart", "--samples 0", "at least 1, not 0"),
    ("quickstart", "--tasks t.jsonl", "has no effect without --model"),
    ("merge", "--share 1.5", "between 0 and 1, not 1.5"),
    ("doctor", "--lora-rank 8", "has no effect without --model"),
    ("watch", "--every 0", "above 0, not 0"),
    ("watch", "--every -1", "above 0, not -1"),
    ("tasks", "--count 0", "at least 1, not 0"),
    ("tasks", "--show -1", "at least 0, not -1"),
    ("tasks", "--split tset", "did you mean test?"),
    ("score", "--timeout 0", "above 0, not 0"),
    ("serve", "--port 99999", "between 0 and 65535, not 99999"),
    ("serve", "--threads 0", "at least 1, not 0"),
    ("serve", "--language jva", "did you mean java?"),
    ("corpus", "--comments shrot", "did you mean short?"),
    ("corpus", "--language pyton", "did you mean python?"),
    ("corpus", "--validation 0.5 --test 0.5", "leave nothing for training"),
    ("corpus", "--validation 1.5", "between 0 and 1, not 1.5"),
    ("corpus", "--min-body 30 --max-body 20", "more than --max-body 20"),
    ("train", "--chat-instruction {prompt}", "no effect without --chat on or --chat auto"),
    ("sft", "--chat-instruction {prompt}", "no effect without --chat on"),
    ("evaluate", "--chat-instruction={prompt}", "no effect without --chat on"),
    ("generate", "--chat_instruction {prompt}", "no effect without --chat on"),
    ("train", "--open-share 0.3", "no effect without --open-tasks"),
    ("train", "--reward compiler --comparator-weight 0.3", "no effect without a comparator"),
    ("train", "--comparator none --comparator-ranks", "no effect without a comparator"),
    ("train", "--comparator-mode frozen --comparator-lr 1", "without --comparator-mode online"),
    ("train", "--comparator-sharpness 2", "without --comparator-mode frozen"),
    ("train", "--gae-lambda 0.9", "no effect without --algorithm ppo"),
    ("train", "--no-value-trunk", "--no-value-trunk has no effect without --algorithm ppo"),
    ("train", "--validation-tasks 8", "no effect without --validate-every"),
    ("train", "--validation embedded:test", "no effect without --validate-every"),
    ("sft", "--vocab-size 4096", "no effect without --architecture"),
    ("sft", "--validation none --validation-tasks 8", "no effect without --validation tasks"),
    ("sft", "--class-path x.jar", "no effect without --validate-every"),
    ("evaluate", "--temperature 0 --top-k 5", "no effect without a --temperature above 0"),
    ("generate", "--retries 8", "no effect without --check"),
    ("generate", "--class-path x.jar", "no effect without --check"),
    ("generate", "--language python", "no effect without --prompt or --file"),
    ("merge", "--base b", "no effect without a --share below 1"),
    ("compare", "--run r", "no effect without --html"),
    ("compare", "--tasks mbjp", "no effect without --html"),
    ("tasks", "--class-path x.jar", "no effect without --check"),
    ("serve", "--comparator-weight 0.3", "no effect without --comparator"),
    ("reverify", "--reward compilers", "did you mean compiler?"),
    ("reverify", "--comparator-weight 5", "between 0 and 1, not 5"),
    ("reverify", "--reward compiler --comparator-weight 0.3", "without --reward rlcf"),
    ("export", "--public", "no effect without --push"),
    ("watch", "--once --every 5", "no effect without looking more than --once"),
    ("corpus", "--packages numpy", "no effect without --language python"),
]


@pytest.mark.parametrize(("verb", "given", "message"), REFUSED)
def test_refused_in_one_line_before_any_work(
    verb: str,
    given: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main([verb, *NEEDED[verb], *given.split()]) == 2
    said = capsys.readouterr()
    [line] = said.err.splitlines()
    assert line.startswith("rlcf: error: ")
    assert message in line
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


def settings_of_verbs() -> Iterator[tuple[str, str, Any]]:
    """Verb, field and annotation of every setting."""
    for verb, (module, _) in cli.VERBS.items():
        args = import_module(module).Args
        assert is_dataclass(args)
        yield from ((verb, leaf.name, leaf.hint) for leaf in leaves(args).values())


def _is_number(hint: Any) -> bool:
    inner = get_args(hint)
    if get_origin(hint) is Annotated:
        return _is_number(inner[0])
    return hint in (int, float) or any(_is_number(one) for one in inner)


def _is_bounded(hint: Any) -> bool:
    notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return any(isinstance(n, Range) for n in notes) or any(map(_is_bounded, get_args(hint)))


def test_every_number_of_every_verb_has_bounds_and_is_checked() -> None:
    numbers = [(verb, name, hint) for verb, name, hint in settings_of_verbs() if _is_number(hint)]
    assert len(numbers) > 90
    assert [(verb, name) for verb, name, hint in numbers if not _is_bounded(hint)] == []
    for verb in {verb for verb, _, _ in numbers}:
        assert issubclass(import_module(cli.VERBS[verb][0]).Args, Checked), verb


@pytest.mark.parametrize("verb", sorted(NEEDED))
def test_no_number_is_taken_if_it_is_none(verb: str, capsys: Capture) -> None:
    for name, hint in [(n, h) for v, n, h in settings_of_verbs() if v == verb and _is_number(h)]:
        flag = "--" + name.replace("_", "-")
        assert cli.main([verb, *NEEDED[verb], flag, "nan"]) == 2, flag
        assert cli.main([verb, *NEEDED[verb], flag, "-1e400"]) == 2, flag
        assert "Traceback" not in capsys.readouterr().err, hint


def test_defaults_are_within_their_bounds() -> None:
    TrainConfig("model")
    SamplingConfig()
    for verb, (module, _) in cli.VERBS.items():
        settings = leaves(import_module(module).Args).values()
        needed = [leaf for leaf in settings if leaf.default is MISSING]
        assert len(needed) <= 3, verb


@pytest.mark.parametrize("verb", ["train", "sft", "corpus", "quickstart", "evaluate"])
def test_help_shows_the_choices(verb: str, capsys: Capture) -> None:
    assert cli.main([verb, "--help"]) == 0
    shown = "".join(capsys.readouterr().out.split())
    literals = [h for v, _, h in settings_of_verbs() if v == verb and get_origin(h) is Literal]
    assert literals
    for hint in literals:
        assert f"{{{','.join(get_args(hint))}}}" in shown


def test_help_of_a_switch_that_is_on_says_what_switching_off_does(capsys: Capture) -> None:
    assert cli.main(["train", "--help"]) == 0
    shown = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "--no-select-best Make policy/ the last" in shown
    assert "--no-value-trunk Keep the value loss from changing" in shown


@dataclass(frozen=True)
class Switches:
    """For the command line."""

    on: bool = True
    off: bool = False


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", (True, False)),
        ("--on --no-off", (True, False)),
        ("--no-on --off", (False, True)),
        ("--no_on", (False, False)),
    ],
)
def test_switches_can_be_said_both_ways(
    given: str, expected: tuple[bool, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys
    from types import SimpleNamespace

    seen: list[Switches] = []

    def main(args: Switches) -> int:
        seen.append(args)
        return 0

    module: Any = SimpleNamespace(Args=Switches, main=main)
    monkeypatch.setitem(sys.modules, "switches_verb", module)
    monkeypatch.setitem(cli.VERBS, "switches", ("switches_verb", "for this test"))
    assert cli.main(["switches", *given.split()]) == 0
    assert (seen[0].on, seen[0].off) == expected


@dataclass(frozen=True)
class Example(Checked):
    """All kinds of fields."""

    kind: Literal["one", "two"] = "one"
    maybe: Count | None = None
    many: tuple[Share, ...] = ()
    rate: Positive = 1.0
    both: Annotated[int, Range(2, 4)] = 3
    free: float = -5.0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "three"}, "unknown --kind 'three'"),
        ({"kind": None}, "unknown --kind None"),
        ({"both": None}, "--both must be a whole number, not None"),
        ({"both": 2.5}, "--both must be a whole number, not 2.5"),
        ({"rate": "fast"}, "--rate must be a number, not 'fast'"),
        ({"rate": True}, "--rate must be a number, not True"),
        ({"many": "0.5"}, "--many must be a list, not '0.5'"),
        ({"maybe": 0}, "--maybe must be at least 1, not 0"),
        ({"many": (0.5, 2.0)}, "--many must be between 0 and 1, not 2"),
        ({"rate": 0.0}, "--rate must be above 0, not 0"),
        ({"rate": math.nan}, "--rate must be a number, not nan"),
        ({"free": -math.inf}, "--free must be a number, not -inf"),
        ({"both": 5}, "--both must be between 2 and 4, not 5"),
    ],
)
def test_what_is_declared_is_checked(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Example(**changes)


@dataclass(frozen=True)
class Inner(Checked):
    """A group."""

    NEEDS = (Need(("inner_size",), lambda i: i.mode == "two", "--mode two"),)

    mode: Literal["one", "two"] = "one"
    size: Annotated[Count, tyro.conf.arg(name="inner_size")] = 3


@dataclass(frozen=True)
class Outer(Checked):
    """Settings with a group whose defaults are its own."""

    name: str
    inner: Inner = Inner(size=5)


def test_settings_in_groups_have_one_name_each() -> None:
    usual = Outer.of(name="x")
    assert usual == Outer("x", Inner("one", 5))
    assert usual.flat() == {"name": "x", "mode": "one", "inner_size": 5}
    other = usual.but(mode="two", name="y")
    assert other == Outer("y", Inner("two", 5)) == Outer.of(**other.flat())
    assert {name: leaf.path for name, leaf in leaves(Outer).items()} == {
        "name": "name",
        "mode": "inner.mode",
        "inner_size": "inner.size",
    }
    with pytest.raises(UserError, match="unknown setting 'inner-siz': did you mean inner_size"):
        usual.but(**{"inner-siz": 3})
    with pytest.raises(UserError, match="--inner-size must be at least 1, not 0"):
        usual.but(inner_size=0)


def test_groups_have_needs_of_their_own() -> None:
    Outer.of(name="x", inner_size=4, mode="two").check_needs(["--inner-size", "4"])
    Outer.of(name="x", inner_size=5).check_needs(["--inner-size=5"])
    Outer.of(name="x", inner_size=4).check_needs([])
    with pytest.raises(UserError, match="--inner-size has no effect without --mode two"):
        Outer.of(name="x", inner_size=4).check_needs(["--inner-size=4"])


def test_what_is_right_is_taken() -> None:
    Example(maybe=1, many=(0.0, 1.0), rate=1e-30, both=4)
    Example(maybe=None)


def test_bounds_read_well() -> None:
    assert str(Range(0)) == "at least 0"
    assert str(Range(above=0, most=1)) == "above 0 and at most 1"
    assert NotNegative.__metadata__[0].holds(0)  # type: ignore[attr-defined]


def test_the_nearest_word_whatever_its_case() -> None:
    assert "did you mean Java?" in str(unknown("language", "JAVA", ["Java", "C"]))
    assert "did you mean" not in str(unknown("language", "xyz", ["Java", "C"]))


def test_what_a_file_says_may_be_for_other_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Its comparator's weight does not matter to a run by the compiler alone."""
    monkeypatch.chdir(tmp_path)
    Path("r.toml").write_text("[train]\ncomparator-weight = 0.3\n")
    words = ["train", "--config", "r.toml", "--model", "nosuchdir/", "--reward", "compiler"]
    assert cli.main(words) == 2
    assert "there is no such folder" in capsys.readouterr().err


def test_every_need_names_settings_of_its_class() -> None:
    for module, _ in cli.VERBS.values():
        args = import_module(module).Args
        for need in getattr(args, "NEEDS", ()):
            assert set(need.names) <= leaves(args).keys()
