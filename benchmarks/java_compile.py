"""Compile verdicts per second: the warm server against one `javac` process per program.

Both judge programs of the same set (MBJP and MathQA model samples, and mutations of
them) on the same machine in one run, the baseline with two processes at a time.
"""

from __future__ import annotations

import random
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from java_common import environment, mutated, parser, real_programs, write
from rlcf.languages import Verdict
from rlcf.languages.java import JavaCompiler, JavaOptions
from rlcf.languages.java.plain import plain_javac


def first_verdict(compiler: JavaCompiler) -> float:
    """Seconds from nothing to the first verdict, the class files in the cache."""
    compiler.check(["class A { }"])
    compiler.close()
    start = time.perf_counter()
    compiler.check(["class A { }"])
    return round(time.perf_counter() - start, 3)


def latencies(compiler: JavaCompiler, programs: list[str]) -> dict[str, float]:
    """Milliseconds per program, one at a time."""
    times = []
    for program in programs:
        start = time.perf_counter()
        compiler.check([program])
        times.append((time.perf_counter() - start) * 1000)
    return {
        "median": round(statistics.median(times), 2),
        "p99": round(sorted(times)[int(0.99 * len(times))], 2),
    }


def main() -> None:
    flags = parser(__doc__, "java_compile.json")
    flags.add_argument("--passes", type=int, default=6, help="over the whole set; the last counts")
    flags.add_argument("--baseline", type=int, default=200, help="programs of the baseline")
    flags.add_argument("--latency", type=int, default=500, help="programs, one at a time")
    flags.add_argument("--workers", type=int, default=2)
    args = flags.parse_args()
    result: dict[str, Any] = {"environment": environment()}
    draw = random.Random(args.seed)
    programs = real_programs(args.data)
    programs += [mutated(program, draw) for program in programs]
    draw.shuffle(programs)

    compiler = JavaCompiler(JavaOptions(workers=args.workers))
    result["start_to_first_verdict_seconds"] = first_verdict(compiler)

    rates = []
    for _ in range(args.passes):
        start = time.perf_counter()
        verdicts = compiler.check(programs)
        rates.append(len(programs) / (time.perf_counter() - start))
    result["ours"] = {
        "workers": args.workers,
        "programs": len(programs),
        "accepted": sum(v.verdict is Verdict.ACCEPTED for v in verdicts),
        "unscored": sum(v.verdict is Verdict.UNSCORED for v in verdicts),
        "per_second_by_pass": [round(rate, 1) for rate in rates],
        "per_second": round(rates[-1], 1),
    }
    result["latency_ms"] = latencies(compiler, programs[: args.latency])
    chosen = draw.sample(range(len(programs)), min(args.baseline, len(programs)))
    start = time.perf_counter()
    with ThreadPoolExecutor(2) as threads:
        plain = list(threads.map(lambda i: plain_javac(compiler.jdk, programs[i])[0], chosen))
    rate = len(chosen) / (time.perf_counter() - start)
    compiler.close()
    result["baseline"] = {
        "what": "one javac process per program, two at a time",
        "programs": len(chosen),
        "per_second": round(rate, 3),
        "verdicts_that_differ": sum(
            verdicts[i].verdict is not theirs.verdict
            for i, theirs in zip(chosen, plain, strict=True)
        ),
    }
    result["ratio"] = round(rates[-1] / rate, 1)
    write(args.out, result)


if __name__ == "__main__":
    main()
