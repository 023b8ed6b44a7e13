"""`rlcf serve` under load: many clients, real programs, every answer compared with the truth.

    python benchmarks/serve_load.py --clients 200 --seconds 600

The server runs in a process of its own; clients ask for one to eight programs at a time, without
a pause, and try again when refused. Counted: answers lost, verdicts that differ from those that the
compiler gave before, refusals, latency (a refused request's tries together) by minute, the share of
the cores that was busy, and resident memory of server and compiler over time. Clients and server
share the cores.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from java_common import environment, mutated, parser, real_programs, resident_mb, write
from rlcf.languages.java import JavaCompiler, JavaOptions
from rlcf.server.client import Client

PORT = 8399
URL = f"http://127.0.0.1:{PORT}"


def main() -> None:
    flags = parser(__doc__, "serve_load.json")
    flags.add_argument("--clients", type=int, default=200)
    flags.add_argument("--seconds", type=float, default=600)
    flags.add_argument("--workers", type=int, default=2)
    args = flags.parse_args()
    result: dict[str, Any] = {"environment": environment()}
    draw = random.Random(args.seed)
    programs = real_programs(args.data)
    programs += [mutated(program, draw) for program in programs]
    truth = _truth(programs, args.workers)
    server = subprocess.Popen([sys.executable, "-m", "rlcf", "serve", "--port", str(PORT)])
    try:
        while Client(URL, seconds=60).score([""], [""])[0].verdict == "unscored":
            time.sleep(0.2)
        result |= _load(programs, truth, server.pid, args)
    finally:
        server.terminate()
        result["exit_status"] = server.wait(120)
    write(args.out, result)


def _truth(programs: list[str], workers: int) -> list[str]:
    compiler = JavaCompiler(JavaOptions(workers=workers))
    try:
        return [str(r.verdict) for r in compiler.check(programs)]
    finally:
        compiler.close()


def _load(programs: list[str], truth: list[str], pid: int, args: Any) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    latencies: list[tuple[float, float]] = []  # when it began, how long it took
    lock = threading.Lock()
    start = time.monotonic()
    stop = start + args.seconds

    def ask(number: int) -> None:
        draw = random.Random(f"{args.seed}/{number}")
        client = Client(URL)
        while time.monotonic() < stop:
            chosen = [draw.randrange(len(programs)) for _ in range(draw.randrange(1, 9))]
            began = time.monotonic()
            found = client.score([""] * len(chosen), [programs[i] for i in chosen])
            took = time.monotonic() - began
            with lock:
                latencies.append((began - start, took))
                counts.update(_counted([s.verdict for s in found], [truth[i] for i in chosen]))

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(args.clients)]
    for thread in threads:
        thread.start()
    memory = []
    busy = _cpu()
    while time.monotonic() < stop:
        time.sleep(min(10.0, max(0.1, args.seconds / 20)))
        memory.append([round(time.monotonic() - start), *_memory(pid)])
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - start
    used, total = (b - a for a, b in zip(busy, _cpu(), strict=True))
    return {
        "clients": args.clients,
        "seconds": round(seconds, 1),
        **{k: counts[k] for k in ("requests", "programs", "lost", "unscored", "wrong")},
        "refused_and_asked_again": _refused(),
        "programs_per_second": round(counts["programs"] / seconds, 1),
        "share_of_cores_busy": round(used / total, 3),
        "latency_ms": _latency([took for _, took in latencies]),
        "latency_ms_by_minute": [
            _latency([took for when, took in latencies if when // 60 == minute])
            for minute in range(max(1, int(args.seconds // 60)))
        ],
        "memory_last_quarter_over_second": _grown(memory),
        "resident_mb": {"columns": ["second", "server", "children"], "rows": memory},
    }


def _counted(found: list[str], truth: list[str]) -> dict[str, int]:
    """What one answer adds to the counts."""
    return {
        "requests": 1,
        "programs": len(truth),
        "lost": len(truth) - len(found),
        "unscored": found.count("unscored"),
        "wrong": sum(f not in ("unscored", t) for f, t in zip(found, truth, strict=True)),
    }


def _grown(memory: list[list[float]]) -> float:
    """The last quarter's mean memory over the second's."""
    quarter = max(1, len(memory) // 4)
    last, second = (
        statistics.mean(sum(row[1:]) for row in rows)
        for rows in (memory[-quarter:], memory[quarter : 2 * quarter])
    )
    return round(last / second, 3)


def _latency(values: list[float]) -> dict[str, float]:
    """In milliseconds."""
    values = sorted(values)
    found = (statistics.median(values), values[int(0.99 * len(values))], values[-1])
    return dict(zip(("median", "p99", "largest"), (round(1000 * v, 1) for v in found), strict=True))


def _refused() -> int:
    """How often the server said 429."""
    with urllib.request.urlopen(f"{URL}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    found = [line for line in lines if line.startswith('rlcf_requests_total{status="429"}')]
    return int(float(found[0].split()[-1])) if found else 0


def _cpu() -> tuple[int, int]:
    """Ticks that all cores were busy, and all ticks."""
    fields = [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def _memory(pid: int) -> list[float]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    below = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        below += (task / "children").read_text().split()
    total = sum(resident_mb(int(child)) for child in {*children, *below})
    return [round(resident_mb(pid), 1), round(total, 1)]


if __name__ == "__main__":
    main()
