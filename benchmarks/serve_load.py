"""`rlcf serve` under load: many clients, real programs, every answer compared with the truth.

    python benchmarks/serve_load.py --clients 200 --seconds 600

The server runs in a process of its own; clients ask for one to eight programs at a time, without
a pause, and try again when refused. Counted: answers lost, verdicts that differ from those that the
compiler gave before, refusals, latency, and resident memory of server and compiler over time.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from java_common import environment, mutated, parser, real_programs, resident_mb, write
from rlcf.compilers.java import JavaCompiler, JavaOptions
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
    latencies: list[float] = []
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
                latencies.append(took)
                counts["requests"] += 1
                counts["programs"] += len(chosen)
                counts["lost"] += len(chosen) - len(found)
                counts["unscored"] += sum(s.verdict == "unscored" for s in found)
                counts["wrong"] += sum(
                    s.verdict not in ("unscored", truth[i])
                    for s, i in zip(found, chosen, strict=True)
                )

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(args.clients)]
    for thread in threads:
        thread.start()
    memory = []
    while time.monotonic() < stop:
        time.sleep(min(10.0, max(0.1, args.seconds / 20)))
        memory.append([round(time.monotonic() - start), *_memory(pid)])
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - start
    latencies.sort()
    return {
        "clients": args.clients,
        "seconds": round(seconds, 1),
        **{k: counts[k] for k in ("requests", "programs", "lost", "unscored", "wrong")},
        "programs_per_second": round(counts["programs"] / seconds, 1),
        "latency_ms": {
            "median": round(1000 * statistics.median(latencies), 1),
            "p99": round(1000 * latencies[int(0.99 * len(latencies))], 1),
            "largest": round(1000 * latencies[-1], 1),
        },
        "resident_mb": {"columns": ["second", "server", "children"], "rows": memory},
    }


def _memory(pid: int) -> list[float]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    below = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        below += (task / "children").read_text().split()
    total = sum(resident_mb(int(child)) for child in {*children, *below})
    return [round(resident_mb(pid), 1), round(total, 1)]


if __name__ == "__main__":
    main()
