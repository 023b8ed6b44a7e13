"""Agreement with `javac`, one process per program, over real, mutated and hostile programs.

The truth is slow (a second of two CPUs for three programs), so it is kept in a file
beside the result and a run that is cut short goes on from there. The warm server judges
all programs in random order, with two workers, in every run.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from java_common import environment, mutated, parser, real_programs, references, write
from rlcf.languages import CompileResult
from rlcf.languages.java import JavaCompiler, JavaOptions
from rlcf.languages.java.plain import plain_javac

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "hostile"))
from sources import HOSTILE

Key = tuple[str, str, int]
CHUNK = 50
QUICK = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Flags that make a short-lived JVM cheaper. Hostile programs go without: how deep a stack goes
depends on how code is compiled."""


def key(result: CompileResult) -> Key:
    """Verdict, and key and line of the first error."""
    first = result.errors[0] if result.errors else None
    return (str(result.verdict), first.code if first else "", first.line if first else 0)


def digest(program: str) -> str:
    return hashlib.sha256(program.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def programs_of(data: Path, count: int, draw: random.Random) -> list[tuple[str, str]]:
    """(kind, program), `count` of them, no two alike."""
    hostile = [("hostile", program) for program in HOSTILE.values()]
    base = [*real_programs(data), *(job.program + job.tests for job in references(data))]
    found = dict.fromkeys([*hostile, *(("real", program) for program in base)])
    while len(found) < count:
        program = mutated(draw.choice(base), draw)
        for _ in range(draw.randrange(3)):
            program = mutated(program, draw)
        found["mutated", program] = None
    return list(found)[:count]


def truths(programs: list[str], file: Path, minutes: float) -> dict[str, Key]:
    """What javac says of as many as time allows, the known ones read from `file`."""
    known: dict[str, Key] = {}
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines():
            name, verdict = json.loads(line)
            known[name] = tuple(verdict)
    jdk = JavaCompiler().jdk
    todo = [program for program in programs if digest(program) not in known]
    hostile = set(HOSTILE.values())

    def judge(program: str) -> CompileResult:
        return plain_javac(jdk, program, jvm=() if program in hostile else QUICK)[0]

    end = time.monotonic() + 60 * minutes
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out, ThreadPoolExecutor(2) as threads:
        for start in range(0, len(todo), CHUNK):
            if time.monotonic() > end:
                break
            chunk = todo[start : start + CHUNK]
            for program, result in zip(chunk, threads.map(judge, chunk), strict=True):
                known[digest(program)] = key(result)
                out.write(json.dumps([digest(program), key(result)]) + "\n")
            out.flush()
            print(f"javac: {start + len(chunk)} of {len(todo)}", file=sys.stderr, flush=True)
    return known


def compare(
    programs: list[tuple[str, str]], ours: list[CompileResult], truth: dict[str, Key]
) -> dict[str, Any]:
    """Counts, and each disagreement."""
    counts = {"false_accepts": 0, "false_rejects": 0, "unscored": 0, "first_error_differs": 0}
    rejected, listed = 0, []
    for (kind, program), result in zip(programs, ours, strict=True):
        mine, javac = key(result), truth[digest(program)]
        if javac[0] == "unscored" or mine[0] == "unscored":
            counts["unscored"] += 1
        elif mine[0] != javac[0]:
            counts["false_accepts" if mine[0] == "accepted" else "false_rejects"] += 1
        elif mine[0] == "rejected":
            rejected += 1
            if mine == javac:
                continue
            counts["first_error_differs"] += 1
        if mine != javac:
            listed.append({"kind": kind, "ours": mine, "javac": javac, "program": program[:2000]})
    equal = 1 - counts["first_error_differs"] / max(1, rejected)
    return {**counts, "rejected_by_both": rejected, "first_error_equal": equal, "listed": listed}


def main() -> None:
    flags = parser(__doc__, "java_agreement.json")
    flags.add_argument("--programs", type=int, default=5200)
    flags.add_argument("--minutes", type=float, default=60.0, help="for javac, in this run")
    flags.add_argument("--truth", type=Path, default=Path("runs/java_truth.jsonl"))
    flags.add_argument("--orders", type=int, default=3, help="random orders of all programs")
    args = flags.parse_args()
    result: dict[str, Any] = {"environment": environment()}
    draw = random.Random(args.seed)
    programs = programs_of(args.data, args.programs, draw)
    draw.shuffle(programs)
    truth = truths([program for _, program in programs], args.truth, args.minutes)
    known = [item for item in programs if digest(item[1]) in truth]
    compiler = JavaCompiler(JavaOptions(workers=2))
    result["programs"] = dict.fromkeys(("real", "mutated", "hostile"), 0)
    for kind, _ in known:
        result["programs"][kind] += 1
    result["orders"] = []
    for _ in range(args.orders):
        draw.shuffle(known)
        ours = compiler.check([program for _, program in known])
        result["orders"].append(compare(known, ours, truth))
    compiler.close()
    write(args.out, result)


if __name__ == "__main__":
    main()
