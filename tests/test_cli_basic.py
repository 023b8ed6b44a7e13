"""The command line: verbs, exit codes, one-line errors, and what stays unloaded."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from eval_fakes import install, task
from rlcf import cli
from rlcf.cli import _choose_waiting
from rlcf.errors import UserError
from rlcf.tasks import read_tasks, write_tasks

Capture = pytest.CaptureFixture[str]


def loaded(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has after running `code`."""
    script = (
        f"import sys\n{code}\nprint('\\n'.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def test_import_is_light() -> None:
    heavy = {"torch", "transformers", "numpy", "huggingface_hub", "rich", "tyro"}
    assert not heavy & loaded("import rlcf; rlcf.load_tasks; rlcf.Task; rlcf.UserError")
    assert not heavy & loaded("import rlcf.cli; rlcf.cli._overview()")


def test_verbs_without_models_load_no_torch() -> None:
    heavy = {"torch", "transformers"}
    assert not heavy & loaded("import rlcf.cli.check, rlcf.cli.score, rlcf.cli.tasks")
    assert not heavy & loaded("import rlcf.evaluation, rlcf.languages, rlcf.sandbox")


def test_settings_stand_before_anything_heavy() -> None:
    code = (
        "import os; os.environ.pop('OMP_WAIT_POLICY', None)\n"
        "import io, contextlib, rlcf.cli\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        "    assert rlcf.cli.main(['tasks', 'embedded', '--show', '1']) == 0\n"
        "assert os.environ['OMP_WAIT_POLICY'] == 'PASSIVE', os.environ\n"
        "assert os.environ['TOKENIZERS_PARALLELISM'] == 'false'"
    )
    assert "rlcf" in loaded(code)


def test_threads_beside_a_large_model_do_not_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(model: str | None) -> str | None:
        monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
        _choose_waiting(model)
        return os.environ.get("OMP_WAIT_POLICY")

    assert chosen("embedded") == chosen(None) == "PASSIVE"
    assert chosen("smollm2") is None
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    _choose_waiting("embedded")
    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"


def test_lazy_names() -> None:
    import rlcf

    assert {"check", "Task", "load_tasks"} <= set(dir(rlcf))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        rlcf.nonsense  # noqa: B018


def test_check_is_the_compilers_own() -> None:
    import rlcf
    import rlcf.languages

    assert rlcf.check is rlcf.languages.check


@pytest.mark.parametrize("argv", [[], ["--help"], ["-h"]])
def test_overview_names_every_verb(argv: list[str], capsys: Capture) -> None:
    assert cli.main(argv) == 0
    shown = capsys.readouterr().out
    assert all(verb in shown for verb in cli.VERBS)
    assert max(map(len, shown.splitlines())) <= 90


@pytest.mark.parametrize("verb", ["check", "score", "tasks"])
def test_help_of_a_verb_teaches_with_examples(verb: str, capsys: Capture) -> None:
    assert cli.main([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "Examples:" in shown
    assert f"rlcf {verb}" in shown


def test_unknown_verb(capsys: Capture) -> None:
    assert cli.main(["scores"]) == 2
    message = capsys.readouterr().err
    assert "did you mean `score`" in message
    assert "quickstart" in message
    assert cli.main(["check", "--nonsense"]) == 2


def stub(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def main(args: object) -> int:
        raise error

    module: Any = SimpleNamespace(
        Args=__import__("rlcf.cli.tasks", fromlist=["Args"]).Args, main=main
    )
    monkeypatch.setitem(sys.modules, "stub_verb", module)
    monkeypatch.setitem(cli.VERBS, "stub", ("stub_verb", "for this test"))


def hub_error() -> BaseException:
    from huggingface_hub.errors import HfHubHTTPError

    cause = type("ConnectError", (Exception,), {"__module__": "httpx"})("no route to host")
    outer = OSError("We couldn't connect")
    outer.__cause__ = cause
    assert HfHubHTTPError.__module__.startswith("huggingface_hub")
    return outer


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UserError("two\n  lines"), 2, "rlcf: error: two lines"),
        (KeyboardInterrupt(), 130, "rlcf: error: stopped by Ctrl-C"),
        (OSError(errno.ENOSPC, "No space", "/x/y"), 2, "the disk is full while writing /x/y"),
        (hub_error(), 2, "hub unreachable or its answer unusable (ConnectError: no route"),
    ],
)
def test_failures_are_one_line(
    error: BaseException, code: int, message: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    stub(monkeypatch, error)
    assert cli.main(["stub"]) == code
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_our_own_faults_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    stub(monkeypatch, ValueError("a bug"))
    with pytest.raises(ValueError, match="a bug"):
        cli.main(["stub"])


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    source = tmp_path / "t.jsonl"
    write_tasks(source, [task("A", reference="x" * 1_000_000)])
    command = (
        f"{sys.executable} -m rlcf tasks {source} --show 1 | head -c 1 >/dev/null; "
        'echo "${PIPESTATUS[0]}"'
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("141", "")


def test_check_prints_like_a_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    compiler = install(monkeypatch)
    path = tmp_path / "A.java"
    path.write_bytes(b"class A {\r\n\tint BAD;\r\n}")
    assert cli.main(["check", "--language", "java", str(path)]) == 1
    shown = capsys.readouterr().out
    assert f"{path}:2:6: error: bad <b>word</b> [syntax]\n  \tint BAD;\n  \t    ^~~\n" in shown
    assert f"{path}: warning: odd [other]" in shown
    assert "0 accepted, 1 rejected" in shown
    assert compiler.programs == ["class A {\r\n\tint BAD;\r\n}"], (
        "line ends reach the compiler as given"
    )


def test_check_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    install(monkeypatch)
    good, bad = tmp_path / "G.java", tmp_path / "B.java"
    good.write_text("class G {}")
    bad.write_text("BAD")
    assert cli.main(["check", "--json", str(good), str(bad)]) == 1
    first, second = json.loads(capsys.readouterr().out)
    assert first == {"file": str(good), "verdict": "accepted", "diagnostics": []}
    assert second["verdict"] == "rejected"
    assert second["diagnostics"][1] == {
        "severity": "error",
        "code": "compiler.err.bad",
        "class": "syntax",
        "message": "bad <b>word</b>",
        "line": 1,
        "column": 1,
        "start": 0,
        "end": 3,
    }
    assert cli.main(["check", "--json", str(good)]) == 0


def test_check_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    install(monkeypatch)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("é BAD".encode())))
    assert cli.main(["check", "-"]) == 1
    assert "-:1:3: error" in capsys.readouterr().out


def test_check_exits_2_without_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    install(monkeypatch)
    path = tmp_path / "A.java"
    path.write_text("LOST")
    assert cli.main(["check", str(path)]) == 2
    assert "no verdict: the server died" in capsys.readouterr().err
    assert cli.main(["check", str(tmp_path / "absent.java")]) == 2
    assert "absent.java: cannot be read" in capsys.readouterr().err
    assert cli.main(["check"]) == 2
    assert cli.main(["check", "--language", "cobol", str(path)]) == 2
    assert "known are java" in capsys.readouterr().err
    path.write_bytes(b"\xff")
    assert cli.main(["check", str(path)]) == 2


def samples(path: Path, *rows: tuple[str, str]) -> Path:
    path.write_text(
        "".join(
            json.dumps({"task_id": i, "completion": c, "language": "java"}) + "\n" for i, c in rows
        )
    )
    return path


def test_score_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    install(monkeypatch)
    tasks, out = tmp_path / "t.jsonl", tmp_path / "o.json"
    write_tasks(tasks, [task("A"), task("B"), task("C")])
    rows = samples(tmp_path / "s.jsonl", ("B", "x;"), ("A", "BAD"), ("B", "y; RUN=timeout"))
    argv = ["score", "--tasks", str(tasks), "--samples", str(rows), "--json", str(out)]
    assert cli.main([*argv, "--k", "1,2"]) == 0
    data = json.loads(out.read_text())
    assert [(r["task_id"], r["sample"], r["outcome"]) for r in data["samples"]] == [
        ("A", 0, "not_run"),
        ("B", 0, "passed"),
        ("B", 1, "timeout"),
    ]
    assert data["tasks"] == 2
    assert data["totals"]["pass@2"]["mean"] == 1.0
    shown = capsys.readouterr().out
    assert "compile_rate" in shown
    assert "1 of 3 tasks have no sample" in shown


@pytest.mark.parametrize(
    ("row", "options", "message"),
    [
        ({"task_id": "Z", "completion": ""}, [], "s.jsonl:1: no task has the task_id 'Z'"),
        ({"task_id": "A"}, [], "s.jsonl:1: the field `completion` is missing"),
        ({"task_id": "A", "completion": "", "language": "go"}, [], "the sample is go"),
        ({"task_id": "A", "completion": ""}, ["--k", "0"], "--k takes positive whole numbers"),
        ({"task_id": "A", "completion": ""}, ["--k", "1,x"], "--k takes positive whole numbers"),
    ],
)
def test_score_bad_input(
    row: dict[str, str], options: list[str], message: str, tmp_path: Path, capsys: Capture
) -> None:
    write_tasks(tmp_path / "t.jsonl", [task("A")])
    (tmp_path / "s.jsonl").write_text(json.dumps(row))
    argv = ["score", "--tasks", str(tmp_path / "t.jsonl"), "--samples", str(tmp_path / "s.jsonl")]
    assert cli.main([*argv, "--json", str(tmp_path / "o.json"), *options]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "o.json").exists()


def test_score_with_unscored_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    install(monkeypatch)
    tasks, rows, out = tmp_path / "t.jsonl", tmp_path / "s.jsonl", tmp_path / "o.json"
    write_tasks(tasks, [task("A")])
    argv = ["score", "--tasks", str(tasks), "--samples", str(rows), "--json", str(out)]
    samples(rows, ("A", "x;"), ("A", "LOST"))
    assert cli.main(argv) == 0
    assert "1 of 2 samples could not be judged" in capsys.readouterr().err
    samples(rows, ("A", "LOST"))
    assert cli.main(argv) == 2
    assert "first: A sample 0: the server died" in capsys.readouterr().err
    assert json.loads(out.read_text())["totals"]["compile_rate"] is None


def test_score_refuses_a_missing_folder_before_work(tmp_path: Path, capsys: Capture) -> None:
    argv = ["score", "--tasks", "x", "--samples", "y", "--json", str(tmp_path / "no" / "o.json")]
    assert cli.main(argv) == 2
    assert "does not exist" in capsys.readouterr().err


def test_tasks_verb_lists_shows_and_exports(tmp_path: Path, capsys: Capture) -> None:
    source, out = tmp_path / "t.jsonl", tmp_path / "o.jsonl"
    write_tasks(source, [task("A"), task("B", reference=None, tests=None)])
    assert cli.main(["tasks"]) == 0
    assert "embedded, embedded-python, embedded-cpp, mbjp" in capsys.readouterr().out
    assert cli.main(["tasks", str(source), "--show", "2", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "2 tasks (java), 1 with a reference, 1 with tests" in shown
    assert "return a + b;" in shown
    assert "(no reference)" in shown
    assert read_tasks(out) == read_tasks(source)
    assert cli.main(["tasks", str(tmp_path / "none.jsonl")]) == 2


def test_tasks_check_names_what_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    install(monkeypatch)
    source = tmp_path / "t.jsonl"
    write_tasks(source, [task("A"), task("B", tests=None)])
    assert cli.main(["tasks", str(source), "--check"]) == 0
    assert "2 references: 2 accepted; 1 with tests: 1 passed" in capsys.readouterr().out
    write_tasks(source, [task("A"), task("B", reference="BAD"), task("C", reference="RUN=failed")])
    assert cli.main(["tasks", str(source), "--check"]) == 1
    shown = capsys.readouterr().out
    assert "B: the solution is not accepted: bad" in shown
    assert "C: the solution's tests: failed why" in shown
    write_tasks(source, [task("A", reference="LOST")])
    assert cli.main(["tasks", str(source), "--check"]) == 2
