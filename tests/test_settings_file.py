"""`--config FILE`: settings from a file, checked as flags are, with the flags given on top."""

from __future__ import annotations

import json
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import docs_commands as docs
from rlcf import cli
from rlcf.cli.settingsfile import expand
from rlcf.training.config import TrainConfig
from rlcf.training.rundir import RunDir
from rlcf.training.sftconfig import SftConfig

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[1]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def seen(here: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The settings that train and sft would run with."""
    found: list[Any] = []

    def main(args: Any) -> int:
        found.append(args)
        return 0

    for verb in ("train", "sft"):
        monkeypatch.setattr(f"rlcf.cli.{verb}.main", main)
    return found


TRAIN = """
[train]
model = "embedded"
steps = 7
lr = 1
comparator-weight = 0.3
comparator_mode = "frozen"
select_best = false
gradient_checkpointing = true
class_path = ["a.jar", "b/*"]

[sft]
model = "embedded"
"""


def test_a_file_says_what_flags_would(here: Path, seen: list[Any]) -> None:
    Path("run.toml").write_text(TRAIN)
    assert cli.main(["train", "--config", "run.toml"]) == 0
    assert cli.main(["sft", "--config=run.toml", "--epochs", "2"]) == 0
    assert seen == [
        TrainConfig.of(
            model="embedded",
            steps=7,
            lr=1.0,
            comparator_weight=0.3,
            comparator_mode="frozen",
            select_best=False,
            gradient_checkpointing=True,
            class_path=("a.jar", "b/*"),
        ),
        SftConfig.of(model="embedded", epochs=2.0),
    ]


def test_flags_are_on_top_of_files_and_later_files_of_earlier_ones(
    here: Path, seen: list[Any]
) -> None:
    Path("run.toml").write_text(TRAIN)
    Path("other.toml").write_text('[train]\nsteps = 8\nout = "elsewhere"\n')
    words = "train --steps=9 --select-best --comparator_weight 0.4 --class-path c.jar"
    assert cli.main([*words.split(), "--config", "run.toml"]) == 0
    assert cli.main(["train", "--config", "run.toml", "--config", "other.toml"]) == 0
    first, second = (one.flat() for one in seen)
    assert (first["steps"], first["select_best"]) == (9, True)
    assert (first["comparator_weight"], first["class_path"]) == (0.4, ("c.jar",))
    assert (first["lr"], first["comparator_mode"]) == (1, "frozen")
    assert (second["steps"], second["out"], second["lr"]) == (8, "elsewhere", 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[train]\nsteeps = 5", "setting of train in run.toml 'steeps': did you mean steps?"),
        ("[train]\nepoch = 5", "did you mean epochs?"),
        ("[train]\nweight_decay = 5", "unknown setting of train"),
        ('[train]\nsteps = "many"', "run.toml: steps must be a whole number, not 'many'"),
        ("[train]\nsteps = 2.5", "run.toml: steps must be a whole number, not 2.5"),
        ("[train]\nsteps = true", "run.toml: steps must be a whole number, not True"),
        ('[train]\nlr = "1e-4"', "run.toml: lr must be a number, not '1e-4'"),
        ("[train]\nlr = nan", "run.toml: lr must be a number, not nan"),
        ("[train]\nresume = 1", "run.toml: resume must be true or false, not 1"),
        ("[train]\nmodel = 1", "run.toml: model must be text, not 1"),
        ('[train]\nclass_path = "a.jar"', "run.toml: class_path must be a list, not 'a.jar'"),
        ("[train]\nsteps = 0", "run.toml: steps must be at least 1, not 0"),
        ("[train]\nopen_share = 1.5", "run.toml: open_share must be between 0 and 1, not 1.5"),
        ('[train]\ncredit = "localized"', "did you mean localised?"),
        ("[tran]\nsteps = 5", "unknown table in run.toml 'tran': did you mean train?"),
        ("steps = 5", "unknown table in run.toml 'steps'"),
        ("[sft]\nepochs = 5", "run.toml has no table [train]; it has sft"),
        ("train = 5", "run.toml holds no settings of train"),
        ("[train\n", "run.toml is no TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_in_one_line(
    text: str, message: str, here: Path, capsys: Capture
) -> None:
    Path("run.toml").write_text(text + "\n")
    assert cli.main(["train", "--model", "embedded", "--config", "run.toml"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert message in line
    assert [path.name for path in here.iterdir()] == ["run.toml"]


def test_what_is_on_can_be_switched_off(here: Path, seen: list[Any]) -> None:
    Path("run.toml").write_text(
        '[train]\nmodel = "embedded"\ncomparator_every = "none"\npatience = "none"\ntop_k = 5\n'
    )
    assert cli.main(["train", "--config", "run.toml", "--top-k", "none"]) == 0
    assert seen == [TrainConfig.of(model="embedded", comparator_every=None)]
    assert seen[0] == TrainConfig.of(model="embedded", comparator_every="none", patience="none")


def test_a_missing_file_or_name_is_said(here: Path, capsys: Capture) -> None:
    assert cli.main(["train", "--config", "none.toml"]) == 2
    assert "none.toml" in capsys.readouterr().err
    assert cli.main(["train", "--config"]) == 2
    assert "--config needs a file" in capsys.readouterr().err


def test_a_run_keeps_what_its_file_says_and_can_be_had_again(here: Path, seen: list[Any]) -> None:
    Path("run.toml").write_text(TRAIN)
    assert cli.main(["train", "--config", "run.toml", "--out", "first"]) == 0
    RunDir.open(Path("first"), seen[0], resume=False)
    kept = json.loads(Path("first/config.json").read_text())
    said = tomllib.loads(TRAIN)["train"]
    assert {key: kept[key.replace("-", "_")] for key in said} == said
    assert kept.keys() == TrainConfig.of(model="m").flat().keys()
    assert cli.main(["train", "--config", "first/config.json", "--out", "second"]) == 0
    assert seen[1] == seen[0].but(out="second")


def test_a_file_of_another_verbs_run_is_refused(here: Path, capsys: Capture) -> None:
    Path("config.json").write_text(json.dumps({"vocab_size": 300}))
    assert cli.main(["train", "--config", "config.json", "--model", "m"]) == 2
    assert "unknown setting of train in config.json 'vocab_size'" in capsys.readouterr().err
    Path("config.json").write_text("[]")
    assert cli.main(["train", "--config", "config.json", "--model", "m"]) == 2
    assert "config.json holds no settings of train" in capsys.readouterr().err


def test_a_file_switches_off_what_is_on(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text("[train]\nselect_best = false\nresume = true\n")
    words = ["--config", str(file)]
    assert expand("train", cli.VERBS, TrainConfig, words) == ["--no-select-best", "--resume"]
    words += ["--no-resume", "--select-best"]
    assert expand("train", cli.VERBS, TrainConfig, words) == ["--no-resume", "--select-best"]


def test_the_documentations_file_holds_settings(here: Path) -> None:
    [block] = [block for block in docs.blocks("docs/models.md") if block.info == "toml"]
    Path("run.toml").write_text(block.body)
    words = expand("train", cli.VERBS, TrainConfig, ["--config", "run.toml"])
    assert "--comparator-mode=frozen" in words


FILES = [
    (verb, file)
    for file in sorted((ROOT / "recipes").rglob("*.toml"))
    for verb, table in tomllib.loads(file.read_text()).items()
    if verb in cli.VERBS and isinstance(table, dict) and "base =" not in file.read_text()
]


@pytest.mark.parametrize(("verb", "file"), FILES, ids=lambda x: getattr(x, "stem", x))
def test_recipes_hold_settings(verb: str, file: Path) -> None:
    if not tomllib.loads(file.read_text()).keys() <= cli.VERBS.keys():
        pytest.skip("an experiment's file, with arms")
    settings = import_module(cli.VERBS[verb][0]).Args
    assert expand(verb, cli.VERBS, settings, ["--config", str(file)])
