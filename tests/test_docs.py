"""Every command and every Python block of the documentation does what it shows.

`rlcf` commands are run in an empty folder, page by page in the order of the page, on the embedded
models, with flags that make them short; what cannot run here is parsed by the real command line.
The tables, with the reason of each exception, are in docs_commands.py: a new command needs an entry
there only if it names something that is not here.
"""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import shlex
import shutil
import subprocess
import textwrap
import tomllib
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import zstandard

import docs_commands as docs
import eval_fakes
from docs_commands import ROOT
from rlcf import cli
from rlcf.cli import VERBS, main
from rlcf.evaluation.score import score_completions
from rlcf.settings import leaves
from rlcf.tasks import load_tasks, write_tasks

PAGES = pytest.mark.parametrize("page", docs.pages())
_OUTPUTS = ("--out", "-o", "--html", "--push")
_MEASURES = ("evaluate", "score", "reverify")
_PYTHON = '''def up_to(n):
    """Add up the numbers from one to n, both included."""
    total = 0
    for i in range(1, n + 1):
        total += i
    return total
'''
_JAVA = """package a;

public class Sums {
    /** Adds up the numbers from one to n, both included. */
    public static int upTo(int n) {
        int total = 0;
        for (int i = 1; i <= n; i++) {
            total += i;
        }
        return total;
    }
}
"""


# --- what a reader would have


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a page's commands run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "recipes").symlink_to(ROOT / "recipes")
    (tmp_path / "Program.java").write_text("class Program { int one = 1; }")
    (tmp_path / "Begun.java").write_text("class Begun {\n    int twice(int x) {\n")
    (tmp_path / "run.toml").write_text('[train]\nmodel = "embedded"\ntasks = "tasks.jsonl"\n')
    for folder in ("src", "package", "classes"):
        (tmp_path / folder).mkdir()
    (tmp_path / "package" / "sums.py").write_text(_PYTHON)
    (tmp_path / "src" / "Sums.java").write_text(_JAVA)
    write_tasks(tmp_path / "tasks.jsonl", load_tasks("embedded:test", limit=2))
    return tmp_path


def provide(name: str) -> None:
    """Make what a command reads and no command of its page has written."""
    path = Path(name)
    # A split of a source tree of one file may be empty.
    if path.is_absolute() or path.is_dir() or (path.exists() and path.stat().st_size):
        return
    if re.fullmatch(r"runs/[\w/-]+/policy", name):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(Path(str(import_module("rlcf.assets").embedded_policy("embedded"))))
    elif re.fullmatch(r"runs/[\w-]+", name):
        _run_directory(path)
    elif re.fullmatch(r"[\w-]+\.json", name):
        _scores(path)
    elif name == "samples.jsonl":
        rows = [
            {"task_id": t.task_id, "language": "java", "completion": t.reference}
            for t in load_tasks("tasks.jsonl")
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif re.fullmatch(r"[\w/-]*tasks/\w+\.jsonl", name):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("tasks.jsonl", path)


def _scores(path: Path) -> None:
    known = load_tasks("tasks.jsonl")
    texts = [[t.reference or ""] for t in known]
    score_completions(known, texts, toolchains={"java": eval_fakes.FakeToolchain()}).save(path)


def _run_directory(path: Path) -> None:
    (path / "rollouts").mkdir(parents=True)
    (path / "config.json").write_text('{"model": "embedded", "steps": 1}')
    (path / "metrics.jsonl").write_text('{"step": 1, "reward": 0.5}\n')
    os.utime(path / "metrics.jsonl", (1, 1))  # before its policy: the run is finished
    row: dict[str, Any] = {"task_id": "t", "language": "java", "prompt": "class T {"}
    row |= {"completion": "}", "sample": 0, "verdict": "accepted"}
    row |= {"reward": 1.0, "similarity": None}
    data = zstandard.compress((json.dumps(row) + "\n").encode())
    (path / "rollouts" / "step_000001.jsonl.zst").write_bytes(data)
    provide(f"{path}/policy")


# --- what is done with a command


def handle(command: str) -> None:
    """Run a command in short, or check it; complains about one that no rule covers."""
    command = command.replace(".venv/bin/", "")
    program, _, rest = command.partition(" ")
    if any(command.startswith(begin) for begin in docs.PARSED):
        words = shlex.split(command)
        start = words.index("rlcf.cli" if "rlcf.cli" in words else "rlcf") + 1
        parse(words[start], docs.without_redirection(words)[start + 1 :])
    elif program == "rlcf":
        run(docs.without_redirection(shlex.split(rest)))
    elif program == "make":
        done = subprocess.run(["make", "-n", *rest.split()], cwd=ROOT, capture_output=True)
        assert done.returncode == 0, done.stderr.decode()
    elif command.startswith("pip install "):
        _installs(rest.removeprefix("install "))
    elif program in docs.NOT_OURS:
        pass
    elif program in ("python", "sh"):
        _script(shlex.split(rest))
    else:
        pytest.fail(f"say in tests/docs_commands.py how this is tested: {command}")


def parse(verb: str, words: list[str]) -> Any:
    """What the real command line makes of the words."""
    return cli.parse(verb, [docs.STANDS_FOR.get(word, word) for word in words])


def run(words: list[str]) -> None:
    """Run an `rlcf` command with short flags."""
    parse(words[0], words[1:])  # as it stands: a flag that the short ones replace may be wrong
    words = [docs.STANDS_FOR.get(word, word) for word in words]
    for before, word in pairwise(words):
        writes = before in _OUTPUTS or (before == "--json" and words[0] in _MEASURES)
        if not writes:
            provide(word)
    words += docs.SHORT.get(words[0], "").split()
    # Where it is checked, 1 is an answer: the program does not compile.
    fine = (0, 1) if words[0] == "generate" and {"--check", "--repair"} & {*words} else (0,)
    assert main(words) in fine, f"rlcf {' '.join(words)}"


def _installs(rest: str) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = set(extras["optional-dependencies"])
    found = re.fullmatch(r"'?(?:rlcf|\.)(?:\[([\w,]+)\])?'?", rest)
    assert found, rest
    assert set((found[1] or "").split(",")) - {""} <= known, rest


def _script(words: list[str]) -> None:
    """A script of the repository: it is there, and knows the flags."""
    script = f"{words[1].replace('.', '/')}.py" if words[0] == "-m" else words[0]
    source = (ROOT / script).read_text()
    for flag in (word for word in words if word.startswith("--")):
        assert flag in source or re.search(rf"^    {flag[2:].replace('-', '_')}:", source, re.M), (
            f"{script} has no {flag}"
        )


# --- the tests


@PAGES
def test_commands_work(page: str, room: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in docs.commands(page):
        handle(command)


@PAGES
def test_python_works(page: str, room: Path) -> None:
    for block in docs.blocks(page):
        if block.info != "python":
            continue
        if block.begins(docs.PYTHON_CHECKED):
            check_names(block.body)
        else:
            for name in re.findall(r'"(runs/[^"]+)"', block.body):
                provide(name)
            exec(compile(block.body, page, "exec"), {"__name__": "docs"})


def check_names(source: str) -> None:
    """Syntax, and that what is imported from rlcf is there."""
    pieces = re.split(r"^(?=    def )", source, flags=re.M)
    for tree in (ast.parse(textwrap.dedent(piece)) for piece in pieces):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rlcf"):
                module = import_module(node.module or "")
                assert all(hasattr(module, alias.name) for alias in node.names), node.module


@PAGES
def test_data_is_well_formed(page: str) -> None:
    for block in docs.blocks(page):
        if block.info == "json":
            json.loads(block.body)
        elif block.info == "toml":
            tomllib.loads(block.body)
        else:
            assert block.info in (*docs.SHELL, "python", "text", "java"), block


@PAGES
def test_verbs_and_flags_in_the_text_exist(page: str) -> None:
    known = flags()
    for span in docs.spans(page):
        words = span.split()
        if words[0] == "rlcf" and len(words) > 1 and re.fullmatch(r"[a-z]+", words[1]):
            assert words[1] in VERBS, span
            named, where = known[words[1]], words[1]
        elif span.startswith("--"):
            named, where = set().union(*known.values()), "any verb"
        else:
            continue
        for flag in re.findall(r"(?<!\S)--([a-z][\w-]*)", span):
            assert flag in named | set(docs.OTHERS) | {"help"}, f"{span}: {where} has no --{flag}"


def flags() -> dict[str, set[str]]:
    """The flags of each verb, as they are typed; `no-x` beside `x`."""
    found = {}
    for verb, (module, _) in VERBS.items():
        names = {name.replace("_", "-") for name in leaves(import_module(module).Args)}
        found[verb] = names | {f"no-{name}" for name in names} | {"config"}
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_examples_of_help_parse(verb: str) -> None:
    text = inspect.getdoc(import_module(VERBS[verb][0]).Args) or ""
    _, _, examples = text.partition("Examples:\n")
    lines = [
        re.split(r"\s{3,}(?=\S)", line.strip())[0]
        for line in examples.replace("\\\n", " ").splitlines()
        if line.strip().startswith("rlcf ")
    ]
    assert lines, "the help shows no example"
    for line in lines:
        words = docs.without_redirection(shlex.split(re.sub(r"\s+", " ", line)))
        parse(words[1], words[2:])


@pytest.mark.parametrize(
    "command",
    [
        "docker run rlcf",
        "rlcf trian --model embedded",
        "rlcf train --model embedded --no-such-flag 1",
        "rlcf evaluate --model embedded --tasks a-set-that-nobody-has",
        "make no-such-target",
        "pip install 'rlcf[no-such-extra]'",
        "python benchmarks/java_compile.py --no-such-flag",
        "python -m experiments.arms --no-such-flag",
    ],
)
def test_a_wrong_command_is_found(command: str, room: Path) -> None:
    with pytest.raises((AssertionError, KeyError, SystemExit, pytest.fail.Exception)):
        handle(command)


def test_no_entry_is_left_over() -> None:
    every = [c.replace(".venv/bin/", "") for page in docs.pages() for c in docs.commands(page)]
    words = {word for command in every for word in shlex.split(command)}
    assert set(docs.STANDS_FOR) <= words
    assert [b for b in docs.PARSED if not any(c.startswith(b) for c in every)] == []
    found = [block for page in docs.pages() for block in docs.blocks(page)]
    for table in (docs.TEXTS, docs.PYTHON_CHECKED):
        assert [key for key in table if not any(b.begins({key: ""}) for b in found)] == []
