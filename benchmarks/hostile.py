"""The hostile suite, one program at a time, and what it leaves behind.

Also hostile input for the compiler, and a batch during which children are killed at
random. Programs run in the sandbox only.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from java_common import environment, parser, write
from rlcf.languages import Job, Limits, Outcome
from rlcf.languages.java import JavaCompiler, JavaRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "hostile"))
from sources import HOSTILE
from suite import TESTS, attacks

CONTROL = "import java.util.*;\nclass Attack {{ static int run() {{ return {}; }} }}\n"
WATCHED = ("/tmp", "/var/tmp", "/dev/shm")


def children() -> list[int]:
    """Processes that this one started, and theirs."""
    found, todo = [], [os.getpid()]
    while todo:
        pid = todo.pop()
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                mine = [int(word) for word in task.read_text().split()]
            except OSError:
                continue
            found += mine
            todo += mine
    return found


def files() -> set[str]:
    return {str(p) for folder in WATCHED for p in Path(folder).iterdir() if "rlcf" in p.name}


def run_attacks(limits: Limits) -> dict[str, Any]:
    """Each attack alone, with a right and a wrong program after it."""
    before = files()
    runner = JavaRunner()
    runner.run([Job(CONTROL.format(42), TESTS)] * 4, limits)
    table = []
    for attack in attacks():
        start = time.perf_counter()
        result = runner.run([Job(attack.program, TESTS)], limits)[0]
        seconds = time.perf_counter() - start
        beside = runner.run([Job(CONTROL.format(n), TESTS) for n in (42, 41)], limits)
        table.append(
            {
                "name": attack.name,
                "outcome": str(result.outcome),
                "expected": sorted(attack.expected),
                "as_expected": str(result.outcome) in attack.expected,
                "seconds": round(seconds, 2),
                "run_seconds": round(result.seconds, 2),
                "within_limit_plus_1": result.seconds <= limits.wall_seconds + 1,
                "neighbours_unchanged": [r.outcome for r in beside]
                == [Outcome.PASSED, Outcome.FAILED],
                "detail": result.detail[:120],
            }
        )
    runner.close()
    return {
        "programs": len(table),
        "wall_seconds": limits.wall_seconds,
        "as_expected": sum(bool(row["as_expected"]) for row in table),
        "within_limit_plus_1": sum(bool(row["within_limit_plus_1"]) for row in table),
        "neighbours_unchanged": sum(bool(row["neighbours_unchanged"]) for row in table),
        "processes_left": len(children()),
        "files_left": sorted(files() - before),
        "table": table,
    }


def compile_hostile() -> dict[str, Any]:
    """Seconds for each hostile source; the server must be the same one and right at the end."""
    compiler = JavaCompiler()
    compiler.check(["class A { }"])
    table: dict[str, tuple[str, float]] = {}
    for name, source in HOSTILE.items():
        start = time.perf_counter()
        result = compiler.check([source])[0]
        table[name] = (str(result.verdict), round(time.perf_counter() - start, 3))
    still = str(compiler.check(["class A { }"])[0].verdict)
    compiler.close()
    slowest = sorted(table.items(), key=lambda item: -item[1][1])[:5]
    return {"programs": len(table), "slowest": dict(slowest), "afterwards": still}


def killed(count: int, pause: float) -> dict[str, Any]:
    """A batch of `count` while a random child is killed every `pause` seconds."""
    body = {Outcome.PASSED: "42", Outcome.FAILED: "41", Outcome.ERROR: "1 / 0"}
    body[Outcome.NOT_RUN] = "undefined"
    expected = [list(body)[i % 4] for i in range(count)]
    runner = JavaRunner()
    stop, kills, draw = threading.Event(), 0, random.Random(0)
    results = []
    work = threading.Thread(
        target=lambda: results.extend(
            runner.run([Job(CONTROL.format(body[e]), TESTS) for e in expected])
        )
    )
    work.start()
    while work.is_alive():
        stop.wait(pause)
        victims = children()
        if victims:
            try:
                os.kill(draw.choice(victims), signal.SIGKILL)
                kills += 1
            except ProcessLookupError:
                pass
    work.join()
    runner.close()
    unscored = sum(r.outcome is Outcome.UNSCORED for r in results)
    wrong = sum(
        r.outcome not in (e, Outcome.UNSCORED) for e, r in zip(expected, results, strict=True)
    )
    return {"programs": count, "kills": kills, "wrong": wrong, "unscored": unscored}


def main() -> None:
    flags = parser(__doc__, "hostile.json")
    flags.add_argument("--wall", type=float, default=3.0, help="time limit of each in seconds")
    flags.add_argument("--batch", type=int, default=2000, help="programs while children are killed")
    flags.add_argument("--pause", type=float, default=1.5, help="seconds between kills")
    args = flags.parse_args()
    result: dict[str, Any] = {"environment": environment()}
    result["run"] = run_attacks(Limits(wall_seconds=args.wall, cpu_seconds=args.wall))
    result["compile"] = compile_hostile()
    result["killed"] = killed(args.batch, args.pause)
    write(args.out, result)


if __name__ == "__main__":
    main()
