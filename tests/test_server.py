"""The server and its client, over a real socket, with compilers that do as told."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import absent
from rlcf.cli import main
from rlcf.errors import UserError
from rlcf.grounding.scorer import Scorer
from rlcf.languages.verdict import CompileResult, Diagnostic, ErrorClass, Verdict
from rlcf.server.client import Client, Scored
from waiting import until

uvicorn = pytest.importorskip("uvicorn", reason="needs the extra `serve`")
pytest.importorskip("fastapi", reason="needs the extra `serve`")

ERROR = Diagnostic("error", "x.y", ErrorClass.SYNTAX, "bad", 1, 2, 1, 4)


class Compiler:
    """Says of a program what the program asks for."""

    language = "java"

    def __init__(self, gate: threading.Event | None = None) -> None:
        self.gate, self.closed = gate, False

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        if self.gate is not None:
            self.gate.wait(20)
        return [self._one(program) for program in programs]

    def _one(self, program: str) -> CompileResult:
        if "unscored" in program:
            return CompileResult(Verdict.UNSCORED, reason="out of order")
        if "bad" in program:
            return CompileResult(Verdict.REJECTED, (ERROR,))
        return CompileResult(Verdict.ACCEPTED)

    def close(self) -> None:
        self.closed = True


@contextmanager
def serving(
    monkeypatch: pytest.MonkeyPatch,
    gate: threading.Event | None = None,
    token: str | None = None,
    **limits: Any,
) -> Iterator[tuple[str, Compiler, Any]]:
    from rlcf.server.app import ServerLimits, create_app

    compiler = Compiler(gate)
    monkeypatch.setattr("rlcf.languages.Toolchain", lambda *_, **__: compiler)
    app = create_app([Scorer("java"), Scorer("python")], ServerLimits(**limits), token)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", compiler, server
    finally:
        if gate is not None:
            gate.set()
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def fetch(url: str, body: Any = None, token: str | None = None) -> tuple[int, str]:
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=20) as r:
            return r.status, r.read().decode()
    except urllib.error.HTTPError as exc:
        return exc.code, exc.read().decode()


def test_programs_are_scored_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch) as (url, _, _):
        good, bad, lost = Client(url).score(["a"] * 3, ["", "bad", "unscored"])
    assert good == Scored(1.0, "accepted")
    assert (bad.reward, bad.verdict) == (-1.0, "rejected")
    assert bad.diagnostics[0]["class"] == "syntax"
    assert (bad.diagnostics[0]["start"], bad.diagnostics[0]["end"]) == (1, 4)
    assert (lost.reward, lost.verdict, lost.reason) == (None, "unscored", "out of order")


def test_requests_may_name_a_language(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch) as (url, _, _):
        assert Client(url, language="python").score([""], ["bad"])[0].reward == -1.0
        with pytest.raises(UserError, match="language"):
            Client(url, language="ruby").score([""], [""])
        rows = {"query": ["a"], "prompts": ["a"], "labels": [""]}
        assert fetch(url + "/openrlhf?language=python", rows)[0] == 200
        status, text = fetch(url + "/openrlhf?language=ruby", rows)
        assert (status, "java, python" in text) == (422, True)
        assert json.loads(fetch(url + "/healthz")[1])["languages"] == ["java", "python"]


def test_large_batches_are_cut_by_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch, programs=7) as (url, _, _):
        words = ["bad" if i % 3 else "" for i in range(40)]
        found = Client(url, batch=7).score(words, [""] * 40)
        assert [s.reward for s in found] == [-1.0 if w else 1.0 for w in words]
        with pytest.raises(UserError, match="too large"):
            Client(url, batch=8).score(words, [""] * 40)


def test_it_says_how_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch) as (url, _, _):
        Client(url).score(["", "bad"], ["", ""])
        status, text = fetch(url + "/healthz")
        assert (status, json.loads(text)["status"]) == (200, "ok")
        metrics = fetch(url + "/metrics")[1]
        assert 'rlcf_programs_total{verdict="rejected"} 1.0' in metrics
        assert "rlcf_programs_waiting 0.0" in metrics
        schema = json.loads(fetch(url + "/openapi.json")[1])
        assert {"/v1/score", "/openrlhf", "/healthz"} <= set(schema["paths"])
        assert "reward" in schema["components"]["schemas"]["ScoreResult"]["properties"]


def test_the_token_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch, token="secret") as (url, _, _):
        body = {"items": [{"completion": ""}]}
        assert fetch(url + "/v1/score", body)[0] == 401
        assert fetch(url + "/v1/score", body, "other")[0] == 401
        assert fetch(url + "/metrics")[0] == 401
        assert fetch(url + "/healthz")[0] == 200
        assert fetch(url + "/v1/score", body, "secret")[0] == 200
        with pytest.raises(UserError, match="token"):
            Client(url).score([""], [""])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"items": []}, 422),
        ({"items": [{"prompt": "x"}]}, 422),
        ({"items": [{"completion": "", "more": 1}]}, 422),
        ({"items": [{"completion": ""}], "deadline_seconds": -1}, 422),
        (b"{", 422),
        (b"x" * 3000, 413),
        ({"items": [{"completion": ""}] * 9}, 413),
    ],
)
def test_what_is_malformed_is_refused(
    body: Any, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(monkeypatch, programs=8, body_bytes=2000) as (url, _, _):
        assert fetch(url + "/v1/score", body)[0] == status


def test_what_does_not_fit_is_refused_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    with (
        serving(monkeypatch, gate, threads=1, waiting=2) as (url, _, _),
        ThreadPoolExecutor(8) as pool,
    ):
        first = [pool.submit(Client(url).score, [""], ["bad"]) for _ in range(2)]
        until(lambda: "rlcf_programs_waiting 2.0" in fetch(url + "/metrics")[1])
        status, _ = fetch(url + "/v1/score", {"items": [{"completion": ""}]})
        assert status == 429
        patient = pool.submit(Client(url).score, [""], [""])
        impatient = Client(url, seconds=0.3).score([""], [""])
        assert impatient[0].verdict == "unscored"
        assert "429" in impatient[0].reason
        gate.set()
        assert patient.result(20)[0].reward == 1.0
        assert [f.result(20)[0].reward for f in first] == [-1.0, -1.0]


def test_what_is_late_is_unscored(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    with serving(monkeypatch, gate) as (url, _, _):
        body = {"items": [{"completion": ""}], "deadline_seconds": 0.05}
        status, text = fetch(url + "/v1/score", body)
        (result,) = json.loads(text)["results"]
        assert (status, result["reward"], result["verdict"]) == (200, None, "unscored")
        assert "not judged within" in result["reason"]


def test_a_server_that_is_not_there_is_no_error() -> None:
    (scored,) = Client("http://127.0.0.1:9", seconds=0.2).score([""], [""])
    assert (scored.reward, scored.verdict) == (None, "unscored")
    assert "no answer from" in scored.reason


def test_openrlhfs_protocol(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch) as (url, _, _):
        rows = {"query": ["pgood", "pbad"], "prompts": ["p", "p"], "labels": ["", ""]}
        found = json.loads(fetch(url + "/openrlhf", rows)[1])
        assert found["rewards"] == [1.0, -1.0]
        assert found["scores"] == [1.0, 0.0]
        assert found["extra_logs"] == {"compiled": [1.0, 0.0]}
        rows["query"][0] = "punscored"
        assert fetch(url + "/openrlhf", rows)[0] == 503
        rows["labels"].pop()
        assert fetch(url + "/openrlhf", rows)[0] == 422


def test_it_finishes_what_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    with serving(monkeypatch, gate) as (url, compiler, server), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(Client(url).score, [""], [""])
        until(lambda: "rlcf_programs_waiting 1.0" in fetch(url + "/metrics")[1])
        server.should_exit = True
        time.sleep(0.1)
        gate.set()
        assert waiting.result(20)[0].reward == 1.0
    assert compiler.closed


def test_only_this_machine_without_a_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RLCF_TOKEN", raising=False)
    assert main(["serve", "--host", "0.0.0.0"]) == 2
    assert "set RLCF_TOKEN" in capsys.readouterr().err


@absent.needs_jdk
def test_no_torch_for_the_compilers_verdict() -> None:
    code = (
        "import sys, rlcf.server.app, rlcf.server.client\n"
        "from rlcf.grounding.scorer import Scorer, Answer\n"
        "scorer = Scorer('java')\n"
        "assert scorer([Answer('class A { }')])[0].score == 1.0\n"
        "scorer.close()\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@absent.needs_jdk
def test_the_command_serves_real_compilers_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """Java with a class path and Python at once, in a process that ends by SIGTERM."""
    library = tmp_path / "Library.java"
    library.write_text(
        "package lib; public class Library { public static int one() { return 1; } }"
    )
    subprocess.run(["javac", "-d", str(tmp_path), str(library)], check=True)
    command = [sys.executable, "-m", "rlcf", "serve", "--language", "java", "python"]
    command += ["--class-path", str(tmp_path), "--port", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    told = server.stderr.readline()
    assert told.startswith("rlcf: judging java, python at http://127.0.0.1:")
    url = told.split()[5]
    try:
        good, bad = Client(url, seconds=60).score(
            [""] * 2, ["class A { int x = lib.Library.one(); }", "class A { int x = y; }"]
        )
        assert (good.reward, bad.reward) == (1.0, -1.0)
        assert bad.diagnostics[0]["message"].startswith("cannot find symbol")
        good, bad = Client(url, seconds=60, language="python").score([""] * 2, ["x = 1", "x = y"])
        assert (good.reward, bad.reward) == (1.0, -1.0)
    finally:
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=30)
    assert errors == ""
    assert server.returncode == 0


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    assert f"cannot listen at 127.0.0.1, port {port}" in capsys.readouterr().err


def test_an_unknown_language_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--language", "klingon"]) == 2
    assert "known are java" in capsys.readouterr().err


def test_a_class_path_is_not_for_lua(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--language", "lua", "--class-path", "lib"]) == 2
    assert "--class-path: lua programs take none, leave it out" in capsys.readouterr().err
