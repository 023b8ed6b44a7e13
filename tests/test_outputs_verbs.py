"""Every verb that writes: its inputs stay, and a bad place is told before the work."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import threading
from importlib import import_module
from pathlib import Path

import pytest

import eval_fakes
from rlcf.cli import VERBS, main
from rlcf.evaluation.score import score_completions
from rlcf.outputs import Writes
from rlcf.tasks import Task, write_tasks

Capture = pytest.CaptureFixture[str]

TASKS = [Task(f"t/{i}", "java", f"class A{i} {{ ", "}", None, "f", "words") for i in range(4)]
REPLACED = {
    "score": ("score --tasks tasks.jsonl --samples samples.jsonl --class-path jars/*", "--json"),
    "evaluate": (
        "evaluate --model model --tasks tasks.jsonl:test --class-path src:jars/a.jar",
        "--json",
    ),
    "compare": (
        "compare before.json run/after.json --tasks tasks.jsonl --run run",
        "--html",
    ),
    "reverify": ("reverify run --class-path jars/*", "--json"),
    "report": ("report run --tasks tasks.jsonl --before before.json", "--out"),
}
"""Verb -> its words, and the option of the file that it replaces if it exists."""
NEW = {
    "generate": ("generate --model model --tasks tasks.jsonl", "--out"),
    "tasks": ("tasks tasks.jsonl", "--out"),
    "corpus": ("corpus build src", "-o"),
    "merge": ("merge model", "--out"),
    "export": ("export run", "--out"),
}
"""The same for what must not exist."""
RUNS = {
    "train": ("train --model model --tasks tasks.jsonl", "--out"),
    "sft": ("sft --model model --tasks tasks.jsonl", "--out"),
    "quickstart": ("quickstart", "--out"),
}
"""The same for run directories, which `rlcf.training.rundir` checks."""
READ = {
    "score": ("tasks.jsonl", "samples.jsonl", "jars/a.jar", "recipe.toml"),
    "evaluate": ("tasks.jsonl", "model/config.json", "jars/a.jar", "recipe.toml"),
    "compare": ("before.json", "run/after.json", "tasks.jsonl", "run/metrics.jsonl"),
    "reverify": ("run/config.json", "run/metrics.jsonl", "jars/a.jar", "recipe.toml"),
    "report": ("before.json", "run/after.json", "tasks.jsonl", "run/config.json"),
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with something of all that verbs read; the one they run in."""
    monkeypatch.chdir(tmp_path)
    eval_fakes.install(monkeypatch)
    for folder in ("model", "run/policy", "jars", "src"):
        Path(folder).mkdir(parents=True)
    for folder in ("model", "run/policy", "run"):
        Path(folder, "config.json").write_text('{"model_type": "gpt2"}')
    Path("run/metrics.jsonl").write_text('{"step": 1, "reward": 0.5}\n')
    Path("jars/a.jar").write_text("jar")
    Path("src/A.java").write_text("class A { }")
    write_tasks(Path("tasks.jsonl"), TASKS)
    toolchains = {"java": eval_fakes.FakeToolchain()}
    report = score_completions(TASKS, [["}"]] * len(TASKS), toolchains=toolchains)
    report.save(Path("before.json"))
    report.save(Path("run/after.json"))
    rows = [{"task_id": t.task_id, "completion": "}", "language": "java"} for t in TASKS]
    Path("samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("recipe.toml").write_text("".join(f"[{verb}]\n" for verb in VERBS))
    return tmp_path


def state(folder: Path) -> dict[Path, bytes | str | None]:
    """All below a folder, with contents."""
    return {
        path: os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    } | {path: None for path in folder.rglob("*") if path.is_dir()}


def refused(here: Path, capsys: Capture, words: str, *more: str) -> str:
    """What is said, in one line, of a command that must change nothing."""
    before = state(here)
    assert main([*words.split(), *more]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert state(here) == before
    return line


def test_every_verb_that_writes_is_here() -> None:
    for verb, (module, _) in VERBS.items():
        if verb == "doctor":  # takes the flags of `train` and writes nothing
            continue
        kind = import_module(module).Args
        fields = {f.name for f in dataclasses.fields(kind) if "bool" not in str(f.type)}
        writes = bool(fields & {"out", "json", "html", "output", "csv"})
        assert writes is (verb in {**REPLACED, **NEW, **RUNS}), verb
        assert issubclass(kind, Writes) is (verb in {**REPLACED, **NEW}), verb


@pytest.mark.parametrize(
    ("verb", "read"), [(verb, read) for verb, files in READ.items() for read in files]
)
@pytest.mark.parametrize("link", [None, Path.symlink_to, Path.hardlink_to])
def test_no_input_is_replaced(
    verb: str, read: str, link: object, here: Path, capsys: Capture
) -> None:
    words, option = REPLACED[verb]
    out = f"./{read}"
    if callable(link):
        out = "out"
        link(here / out, here / read)
    given = Path(out)  # which leaves the `./` out
    line = refused(here, capsys, f"{words} --config recipe.toml {option} {out}")
    assert f"{option} {given} would replace what this command reads" in line


@pytest.mark.parametrize("verb", [*NEW])
def test_what_is_there_is_not_replaced(verb: str, here: Path, capsys: Capture) -> None:
    words, option = NEW[verb]
    (here / "corpus.jsonl").write_text("mine")
    line = refused(here, capsys, f"{words} {option} corpus.jsonl")
    assert f"corpus.jsonl exists: choose another {option}" in line


@pytest.mark.parametrize("verb", [*REPLACED, *NEW, *RUNS])
def test_a_bad_place_is_told_before_the_work(verb: str, here: Path, capsys: Capture) -> None:
    words, option = {**REPLACED, **NEW, **RUNS}[verb]
    for file in ("tasks.jsonl", "samples.jsonl", "before.json", "src/A.java"):
        (here / file).unlink()  # what the work would begin with
    if verb in RUNS:
        shutil.copy(here / "recipe.toml", here / "tasks.jsonl")
    for out in ("jars/a.jar/out", "/proc/out", "x" * 300):
        line = refused(here, capsys, f"{words} {option} {out}")
        assert out in line or str(Path(out).parent) in line
        assert "cannot be written" in line or "cannot be made" in line or "not exist" in line
    if verb in {**REPLACED, "generate": "", "tasks": ""}:
        line = refused(here, capsys, f"{words} {option} no/such/out")
        assert f"{option} no/such/out: the folder no/such does not exist" in line
        line = refused(here, capsys, f"{words} {option} jars")
        assert "jars" in line
        assert ("is a folder" if verb in REPLACED else "exists: choose another") in line


@pytest.mark.parametrize("verb", ["score", "compare", "report"])
def test_earlier_results_pipes_and_links(verb: str, here: Path, capsys: Capture) -> None:
    words, option = REPLACED[verb]
    words = words.replace("--class-path jars/*", "")
    assert main([*words.split(), option, "run/out"]) == 0
    first = (here / "run/out").read_bytes()
    assert main([*words.split(), option, "run/out"]) == 0  # in a folder that is read
    assert (here / "run/out").read_bytes() == first
    (here / "old").write_text("old")
    (here / "link").symlink_to("old")
    (here / "dangling").symlink_to("new")
    for name, target in (("link", "old"), ("dangling", "new")):
        assert main([*words.split(), option, name]) == 0
        assert os.readlink(here / name) == target
        assert (here / target).read_bytes() == first
    os.mkfifo(here / "pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((here / "pipe").read_bytes()), daemon=True)
    reader.start()
    assert main([*words.split(), option, "pipe"]) == 0
    reader.join(60)
    assert got == [first]
    assert (here / "pipe").is_fifo()
    assert f"wrote {'pipe'}" in capsys.readouterr().out


def test_scores_are_shown_without_a_file(here: Path, capsys: Capture) -> None:
    before = state(here)
    assert main(["score", "--tasks", "tasks.jsonl", "--samples", "samples.jsonl"]) == 0
    said = capsys.readouterr().out
    assert "compile_rate" in said
    assert "wrote" not in said
    assert state(here) == before


def test_tasks_go_through_a_pipe(here: Path) -> None:
    reading, writing = os.pipe()
    assert main(["tasks", "tasks.jsonl", "--out", f"/dev/fd/{writing}"]) == 0
    os.close(writing)
    with os.fdopen(reading) as file:
        assert [json.loads(line)["task_id"] for line in file] == [t.task_id for t in TASKS]
