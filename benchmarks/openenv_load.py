"""OpenEnv's server under load: many sessions, half of them abandoned. Does it stay whole and small?

    .venv-adapters-openenv/bin/python benchmarks/openenv_load.py --minutes 10

Each of 64 clients begins sessions one after another. Half of these play their episode to its end;
the others are forgotten, with the connection left open. The server is a process of its own, whose
memory is read as it goes.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from java_common import environment, parser, write
from rlcf.adapters.openenv import CodeAction, CodeEnv

_IDLE_SECONDS = 10
_THINKING_SECONDS = 3.0
_WRONG = "```java\nclass A { int x = y; }\n```"


def main() -> None:
    flags = parser(__doc__, "openenv_load.json")
    flags.add_argument("--minutes", type=float, default=10)
    flags.add_argument("--clients", type=int, default=64)
    args = flags.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    offered = {"RLCF_ENV_SESSIONS": "128", "RLCF_ENV_IDLE_SECONDS": str(_IDLE_SECONDS)}
    command = [sys.executable, "-m", "uvicorn", "--factory", "rlcf.adapters.openenv:app"]
    server = subprocess.Popen(
        [*command, "--port", str(port), "--log-level", "error"], env={**os.environ, **offered}
    )
    try:
        load = Load(f"http://127.0.0.1:{port}", time.monotonic() + 60 * args.minutes)
        memory = load.run(args.clients, server.pid)
    finally:
        server.terminate()
        server.wait(30)
    half = len(memory) // 2
    write(
        args.out,
        {
            "environment": environment(),
            "minutes": args.minutes,
            "clients": args.clients,
            "idle_seconds": _IDLE_SECONDS,
            **load.counts,
            "slowest_answer_seconds": round(load.slowest, 2),
            "errors": load.errors[:5],
            "server_mib": memory,
            "memory_last_over_second_half": round(memory[-1] / memory[half], 3),
        },
    )


@dataclass
class Load:
    """Clients of a server, until a time."""

    address: str
    until: float
    counts: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    slowest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, clients: int, server: int) -> list[int]:
        """Memory of the server, in MiB, twenty times over the run."""
        self._wait_for_server()
        threads = [threading.Thread(target=self._client, args=(i,)) for i in range(clients)]
        for thread in threads:
            thread.start()
        step, memory = (self.until - time.monotonic()) / 20, []
        for _ in range(20):
            time.sleep(step)
            memory.append(_resident_mib(server))
        for thread in threads:
            thread.join(120)
        self.counts["clients_that_hang"] = sum(thread.is_alive() for thread in threads)
        return memory

    def _wait_for_server(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                with CodeEnv(base_url=self.address).sync() as env:
                    env.reset()
                return
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def _client(self, number: int) -> None:
        rng, forgotten = random.Random(number), list[Any]()
        while time.monotonic() < self.until:
            env = CodeEnv(base_url=self.address).sync()
            try:
                started = time.monotonic()
                env.connect()
                env.reset(seed=rng.randrange(1000))
                self._note("sessions", started)
                if rng.random() < 0.5:
                    forgotten.append(env)
                    self._note("abandoned")
                    time.sleep(_IDLE_SECONDS)  # by then the server has let go of it
                    continue
                self._play(env, rng)
                env.close()
            except Exception as error:
                with self.lock:
                    self.counts["lost"] += 1
                    self.errors.append(repr(error)[:300])
                time.sleep(1)
        for env in forgotten:
            env.close()

    def _play(self, env: Any, rng: random.Random) -> None:
        done = False
        while not done:
            time.sleep(rng.uniform(0, 2 * _THINKING_SECONDS))
            started = time.monotonic()
            done = env.step(CodeAction(answer=_WRONG)).done
            self._note("answers", started)
        self._note("episodes")

    def _note(self, what: str, started: float | None = None) -> None:
        with self.lock:
            self.counts[what] += 1
            if started is not None:
                self.slowest = max(self.slowest, time.monotonic() - started)


def _resident_mib(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


if __name__ == "__main__":
    main()
