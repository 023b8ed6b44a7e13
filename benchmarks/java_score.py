"""Compile and run: our runner against mxeval's way, on MBJP's model samples.

mxeval's way, written here as the baseline: program and tests into a fresh directory,
`javac Main.java`, `java Main`, passed if it ends with status 0 in time; two at a time.
The baseline has no sandbox, so it is only given programs that can reach nothing but
memory and `System.exit`; what is left out is counted. Each difference is listed.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from java_common import SAMPLE_FILES, environment, parser, references, sample_jobs, write
from rlcf.languages import Job, Limits, Outcome, RunResult
from rlcf.languages.java import Compiled, JavaCompiler, JavaOptions, JavaRunner, Jdk
from rlcf.languages.jvm.risk import reach_beyond

EXIT = "java/lang/System.exit"


def mxeval_way(jdk: Jdk, job: Job, seconds: float) -> str:
    """`passed`, `failed` (any exception or status), `timeout` or `not compiled`."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "Main.java").write_text(job.program + job.tests, encoding="utf-8")
        try:
            for command in ([jdk.javac, "-encoding", "UTF-8", "Main.java"], [jdk.java, "Main"]):
                done = subprocess.run(
                    command, cwd=folder, capture_output=True, timeout=seconds, check=False
                )
                if done.returncode != 0:
                    return "not compiled" if command[0] == jdk.javac else "failed"
        except subprocess.TimeoutExpired:
            return "timeout"
    return "passed"


def in_their_words(result: RunResult) -> str:
    """Our outcome as mxeval would call it."""
    if result.outcome in (Outcome.FAILED, Outcome.ERROR, Outcome.MEMORY, Outcome.OUTPUT_LIMIT):
        together = result.compile
        compiled = together is not None and not together.errors
        return "failed" if compiled else "not compiled"
    return "not compiled" if result.outcome is Outcome.NOT_RUN else str(result.outcome)


def reason(unit: Compiled, ours: RunResult, theirs: str) -> str:
    """Why the two differ, where it is known."""
    if theirs == "passed" and EXIT in unit.reach:
        return "baseline wrong: the program calls System.exit(0) before the tests are done"
    if theirs == "timeout":
        return "baseline ran out of time"
    return f"unexplained: {ours.detail}"


def passes(
    runner: JavaRunner, jobs: list[Job], limits: Limits, times: int
) -> tuple[list[RunResult], list[float]]:
    """The last pass's outcomes, and jobs per second of each pass."""
    rates = []
    for _ in range(times):
        start = time.perf_counter()
        found = runner.run(jobs, limits)
        rates.append(len(jobs) / (time.perf_counter() - start))
    return found, rates


def harmless(units: list[Compiled]) -> list[int]:
    """Those that the baseline, which has no sandbox, may run."""
    found = []
    for i, unit in enumerate(units):
        own = {name.replace(".", "/") for name in unit.classes}
        if set(reach_beyond(unit.reach, own)) <= {EXIT}:
            found.append(i)
    return found


def baseline_words(
    jdk: Jdk, jobs: list[Job], chosen: list[int], seconds: float
) -> tuple[list[str], float]:
    """The baseline's word per chosen program, and programs per second."""
    start = time.perf_counter()
    with ThreadPoolExecutor(2) as threads:
        words = list(threads.map(lambda i: mxeval_way(jdk, jobs[i], seconds), chosen))
    return words, len(chosen) / (time.perf_counter() - start)


def settings() -> argparse.Namespace:
    flags = parser(__doc__, "java_score.json")
    flags.add_argument("--passes", type=int, default=4, help="over the samples; the last counts")
    flags.add_argument("--warm-up", type=int, default=60, help="passes over MBJP's references")
    flags.add_argument("--jit", default="c2", choices=("c1", "c2"))
    flags.add_argument("--baseline", type=int, default=717, help="samples given to the baseline")
    flags.add_argument("--seconds", type=float, default=10.0, help="the baseline's time limit")
    flags.add_argument("--wall-seconds", type=float, default=1.0, help="our limit per program")
    flags.add_argument("--cpu-seconds", type=float, default=0.5, help="our limit per program")
    return flags.parse_args()


def main() -> None:
    args = settings()
    result: dict[str, Any] = {"environment": environment()}
    samples = sample_jobs(args.data, SAMPLE_FILES[0])
    jobs = [job for _, job in samples]
    limits = Limits(wall_seconds=args.wall_seconds, cpu_seconds=args.cpu_seconds)
    compiler = JavaCompiler(JavaOptions(jit=args.jit))
    runner = JavaRunner(compiler=compiler)
    others = references(args.data)
    for _ in range(args.warm_up):  # with other programs than those that count
        runner.run(others, limits)
    found, rates = passes(runner, jobs, limits, args.passes)
    units = runner.compile(jobs)
    jdk = runner.jdk
    runner.close()
    compiler.close()
    result["ours"] = {
        "jit": args.jit,
        "programs_before": args.warm_up * len(others),
        "samples": len(jobs),
        "limits": {"wall_seconds": args.wall_seconds, "cpu_seconds": args.cpu_seconds},
        "outcomes": {o: sum(r.outcome is o for r in found) for o in sorted(Outcome)},
        "per_second_by_pass": [round(rate, 1) for rate in rates],
        "per_second": round(rates[-1], 1),
    }
    safe = harmless(units)
    chosen = safe[: args.baseline]
    theirs, rate = baseline_words(jdk, jobs, chosen, args.seconds)
    result["differences"] = [
        {
            "task_id": samples[i][0],
            "ours": str(found[i].outcome),
            "baseline": word,
            "reason": reason(units[i], found[i], word),
        }
        for i, word in zip(chosen, theirs, strict=True)
        if in_their_words(found[i]) != word
    ]
    result["baseline"] = {
        "what": "javac and java processes in a fresh directory per sample, two at a time",
        "samples": len(chosen),
        "limit_seconds": args.seconds,
        "left_out_because_unsafe_without_a_sandbox": len(jobs) - len(safe),
        "per_second": round(rate, 3),
    }
    result["ratio"] = round(rates[-1] / rate, 1)
    write(args.out, result)


if __name__ == "__main__":
    main()
