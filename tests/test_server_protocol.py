"""The server as HTTP clients of any kind meet it, and as service managers start and stop it."""

from __future__ import annotations

import http.client
import json
import re
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest

pytest.importorskip("uvicorn", reason="needs the extra `serve`")
pytest.importorskip("fastapi_offline", reason="needs the extra `serve`")

from rlcf.cli import main
from rlcf.errors import UserError
from rlcf.server.client import Client
from rlcf.server.hosts import is_loopback
from test_server import fetch, serving

ITEM = {"completion": "class A {}"}
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def ask(
    url: str, method: str, path: str, body: bytes | None = None, **headers: str
) -> http.client.HTTPResponse:
    """One request, without proxies; the answer's body is read by the caller."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    connection.request(method, path, body, {"Content-Type": "application/json", **headers})
    return connection.getresponse()


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without any."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_json_has_not_are_422(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = {
        "/v1/score": [
            f'{{"items": [{{"completion": ""}}], "deadline_seconds": {number}}}',
            f'{{"items": [{{"completion": "", "reference": {number}}}]}}',
            f'{{"items": [{number}]}}',
            f'{{"items": [{{"completion": ""}}], "language": {number}}}',
            number,
        ],
        "/openrlhf": [f'{{"query": ["a"], "prompts": ["a"], "labels": [{number}]}}'],
    }
    with serving(monkeypatch) as (url, _, _):
        for path, texts in bodies.items():
            for text in texts:
                status, said = fetch(url + path, text.encode())
                assert status == 422, (text, said)
                assert all(set(e) == {"type", "loc", "msg"} for e in json.loads(said)["detail"])


def test_half_characters_are_no_fault_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch) as (url, _, _):
        bad = {"items": [{"completion": "", "\ud800": 1}]}
        assert fetch(url + "/v1/score", bad)[0] == 422
        assert fetch(url + "/v1/score", {"items": [{"completion": "\ud800"}]})[0] == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Bearer secret", 200),
        ("bearer secret", 200),
        ("BEARER secret", 200),
        ("Bearer   secret", 200),
        ("Bearer SECRET", 401),
        ("Bearer secret2", 401),
        ("Basic secret", 401),
        ("Bearer", 401),
        ("secret", 401),
    ],
)
def test_the_scheme_is_in_any_case_and_the_token_is_not(
    header: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(monkeypatch, token="secret") as (url, _, _):
        body = json.dumps({"items": [ITEM]}).encode()
        answer = ask(url, "POST", "/v1/score", body, Authorization=header)
        assert answer.status == status
        assert (answer.getheader("WWW-Authenticate") == "Bearer") == (status == 401)


@pytest.mark.parametrize("path", ["/healthz", "/metrics", "/docs", "/openapi.json"])
def test_head_is_get_without_a_body(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(monkeypatch) as (url, _, _):
        answer = ask(url, "HEAD", path)
        assert (answer.status, answer.read()) == (200, b"")
        assert answer.getheader("Content-Type") == ask(url, "GET", path).getheader("Content-Type")
        assert ask(url, "HEAD", "/v1/score").status == 405


def test_the_page_of_the_schema_needs_no_other_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """It opens without a token, has a button for one, and all that it loads is here."""
    with serving(monkeypatch, token="secret") as (url, _, _):
        status, page = fetch(url + "/docs")
        assert status == 200
        loads = re.findall(r"""(?:src|href)=["']([^"']+)""", page)
        assert len(loads) >= 2
        for path in loads:
            assert path.startswith("/"), path
            assert ask(url, "GET", path).status == 200
        assert "https://" not in re.sub(r"<!--.*?-->", "", page, flags=re.DOTALL)
        schema = json.loads(fetch(url + "/openapi.json")[1])
        (scheme,) = schema["components"]["securitySchemes"].values()
        assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
        locked = {
            p for p, ways in schema["paths"].items() if any("security" in w for w in ways.values())
        }
        assert locked == {"/v1/score", "/openrlhf", "/metrics"}
    with serving(monkeypatch) as (url, _, _):
        assert "securitySchemes" not in json.loads(fetch(url + "/openapi.json")[1])["components"]


@pytest.mark.parametrize("size", [3_000, 30_000_000])
@pytest.mark.parametrize("announced", [True, False])
def test_413_reaches_who_sends_all_before_reading(
    size: int, announced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(monkeypatch, body_bytes=2000) as (url, _, _):
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        pieces = [b" " * 1000] * (size // 1000)
        body = b"".join(pieces) if announced else iter(pieces)
        connection.request("POST", "/v1/score", body)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (413, b"a request may have at most 2000 bytes\n")
        connection.request("GET", "/healthz")  # the connection is still of use
        assert connection.getresponse().status == 200


def test_languages_are_named_as_the_command_line_takes_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(monkeypatch) as (url, _, _):
        for language, status in (("Java", 200), ("PYTHON", 200), ("Ruby", 422), ("klingon", 422)):
            body = {"items": [ITEM], "language": language}
            assert fetch(url + "/v1/score", body)[0] == status, language
        rows = {"query": ["a"], "prompts": ["a"], "labels": [""]}
        assert fetch(url + "/openrlhf?language=Java", rows)[0] == 200


def test_loopback_bypasses_proxies(monkeypatch: pytest.MonkeyPatch, proxies: None) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serving(monkeypatch) as (url, _, _):
        for host in ("127.0.0.1", "localhost"):
            (scored,) = Client(url.replace("127.0.0.1", host), seconds=10).score([""], [""])
            assert scored.verdict == "accepted", scored


@pytest.fixture
def broken_proxy() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_error(502)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://user:secret@127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(20)
    server.server_close()


def test_a_proxy_that_fails_is_named(
    monkeypatch: pytest.MonkeyPatch, proxies: None, broken_proxy: str
) -> None:
    monkeypatch.setenv("http_proxy", broken_proxy)
    (scored,) = Client("http://rewards.example", seconds=0.5).score([""], [""])
    address = broken_proxy.rpartition("@")[2]
    assert f"no answer from http://rewards.example through the proxy {address}" in scored.reason
    assert "502" in scored.reason
    assert "secret" not in scored.reason
    monkeypatch.setenv("no_proxy", "rewards.example")
    assert Client("http://rewards.example", seconds=1)._proxy() is None


def test_which_hosts_are_this_machine() -> None:
    assert all(map(is_loopback, ["localhost", "LOCALHOST.", "127.0.0.1", "127.8.8.8", "::1"]))
    assert not any(map(is_loopback, ["", "0.0.0.0", "10.0.0.1", "localhost.example", "::"]))


@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_port_that_is_none_is_told(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", port]) == 2
    said = capsys.readouterr().err
    assert "65535" in said
    assert "Traceback" not in said


def test_sigterm_is_a_good_end() -> None:
    command = [sys.executable, "-m", "rlcf", "serve", "--language", "python", "--port", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    url = re.search(r"http://\S+:\d+", server.stderr.readline())
    assert url
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    assert opener.open(url[0] + "/healthz", timeout=30).status == 200
    server.send_signal(signal.SIGTERM)
    _, said = server.communicate(timeout=60)
    assert (server.returncode, said) == (0, "")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_of_another_kind_is_told_which_is_wanted(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(monkeypatch) as (url, _, _):
        body = json.dumps({"items": [ITEM]}).encode()
        answer = ask(url, "POST", "/v1/score", body, **{"Content-Type": kind})
        assert answer.status == 422
        assert b"send the header Content-Type: application/json" in answer.read()


@pytest.mark.parametrize("url", ["127.0.0.1:8321", "localhost:8321", "", "http://", "ftp://a"])
def test_no_address_is_a_mistake_at_once(url: str) -> None:
    with pytest.raises(UserError, match="give one such as http://"):
        Client(url)


@pytest.mark.parametrize("token", ["secret\n", "two words", "g\u00e9heim"])
def test_a_token_that_no_header_can_hold(token: str) -> None:
    with pytest.raises(UserError, match="access token"):
        Client(token=token)
