"""Every program in examples/, as its first lines say to run it; needs `make test-adapters`."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import absent
import tiny
from optional import package
from rlcf.server.client import Client
from rlcf.tasks import Task, write_tasks

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
ANSWER = "Here:\n```java\nclass A { }\n```\n"
TESTS = """
class Main {
    public static void main(String[] args) throws Exception {
        if (Add1.add1(2) != 3) throw new Exception("wrong");
    }
}
"""


def done(*command: str | Path, cwd: Path, **more: str) -> str:
    """What it prints; the environment's programs come first on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = os.environ | {"PATH": path, "HF_DATASETS_CACHE": str(cwd / "cache")} | more
    finished = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def tiny_model(folder: Path) -> Path:
    policy = tiny.policy("llama")
    policy.model.save_pretrained(folder / "model")
    policy.tokenizer.save_pretrained(folder / "model")
    return folder / "model"


@pytest.mark.parametrize("flags", [(), ("--asynchronous", "--credit", "terminal"), ("--online",)])
def test_trl(flags: tuple[str, ...], tmp_path: Path) -> None:
    package("trl")
    said = done(sys.executable, EXAMPLES / "trl_grpo.py", "--steps", "1", *flags, cwd=tmp_path)
    assert "step 1: reward " in said
    assert "compile rate 0." in said or "compile rate 1.00" in said


def test_trl_as_the_page_shows_it(tmp_path: Path) -> None:
    package("trl")
    page = (ROOT / "docs" / "adapters.md").read_text()
    code = page.split("```python\n")[1].split("```")[0]
    model, short = str(tiny_model(tmp_path)), "max_steps=2, use_cpu=True, bf16=False, report_to=[]"
    code = code.replace('"your/model"', repr(model)).replace("=256)", f"=16, {short})")
    assert model in code
    assert short in code
    said = done(sys.executable, "-c", code, cwd=tmp_path)
    assert "train_loss" in said


def test_verl_data(tmp_path: Path) -> None:
    parquet = package("pyarrow.parquet")
    said = done(sys.executable, EXAMPLES / "verl_data.py", "--limit", "3", cwd=tmp_path)
    assert "reward.reward_manager.module.path=pkg://rlcf.adapters.verl_manager" in said
    rows = parquet.read_table(tmp_path / "train.parquet").to_pylist()
    assert len(rows) == 3
    assert rows[0]["extra_info"]["prefix"] in rows[0]["prompt"][0]["content"]
    assert rows[0]["reward_model"]["ground_truth"]


@absent.needs_jdk
def test_openrlhf(tmp_path: Path) -> None:
    package("fastapi")
    said = done("sh", EXAMPLES / "openrlhf.sh", cwd=tmp_path, PORT=str(free_port()))
    found = json.loads(said)
    assert (found["rewards"], found["scores"]) == ([1.0, -1.0], [1.0, 0.0])


@absent.needs_jdk
def test_client(tmp_path: Path) -> None:
    package("fastapi")
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "rlcf", "serve", "--port", str(port)])
    try:
        url = f"http://127.0.0.1:{port}"
        assert Client(url, seconds=60).score([""], [""])[0].reward == 1.0
        said = done(sys.executable, EXAMPLES / "client.py", url, cwd=tmp_path)
    finally:
        server.terminate()
        server.wait(30)
    good, bad = said.splitlines()
    assert good.startswith("1.0 accepted")
    assert bad.startswith("-1.0 rejected ['cannot find symbol")


def test_lm_eval(tmp_path: Path) -> None:
    package("lm_eval")
    model = tiny_model(tmp_path)
    one = tiny.tasks(2)[1]
    write_tasks(
        tmp_path / "tasks.jsonl", [Task(one.task_id, "java", one.prompt, one.reference, TESTS)]
    )
    said = done(
        *("sh", EXAMPLES / "lm_eval.sh", model, "--gen_kwargs", "max_gen_toks=8"),
        *("--metadata", json.dumps({"tasks": str(tmp_path / "tasks.jsonl")}), "--device", "cpu"),
        cwd=tmp_path,
    )
    for task in ("rlcf_mbjp", "rlcf_mathqa_java"):
        assert f"|{task}" in said
    for metric in ("compiled", "executed", "pass_at_1"):
        assert f"|{metric}" in said


@contextmanager
def model_server() -> Iterator[str]:
    """An OpenAI-compatible server whose model always says the same."""
    tokens = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    parts: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ANSWER}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [], "usage": tokens},
    ]
    common: dict[str, Any] = {
        "id": "x",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
    }

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            for part in parts:
                self.wfile.write(f"data: {json.dumps(common | part)}\n\n".encode())
            self.wfile.write(b"data: [DONE]\n\n")

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()


def test_verifiers(tmp_path: Path) -> None:
    package("verifiers.v1")
    source, installed = tmp_path / "source", tmp_path / "installed"
    shutil.copytree(EXAMPLES.parent / "environments" / "verifiers", source)
    pip = (sys.executable, "-m", "pip", "install", "--no-index", "--no-deps")
    done(*pip, "--no-build-isolation", "--target", installed, source, cwd=tmp_path)
    script, path = EXAMPLES / "verifiers_eval.sh", str(installed)
    with model_server() as url:
        done("sh", script, url, "m", "-o", tmp_path, cwd=tmp_path, PYTHONPATH=path)
    (file,) = tmp_path.rglob("traces.jsonl")
    episodes = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(episodes) == 8
    for episode in episodes:
        (trace,) = episode["traces"]
        assert trace["rewards"]["grounding"]["score"] == 1.0, trace["errors"]
        assert trace["metrics"]["compiled"] == 1.0
