"""Many programs through one compile server: is memory flat, does any verdict change?

Goes over the same set again and again, each time in another order. Memory is looked at
after every chunk; quarters are of all chunks of the run.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from java_common import environment, mutated, parser, real_programs, resident_mb, write
from rlcf.languages.java import JavaCompiler, JavaOptions

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "hostile"))
from sources import HOSTILE, SLOW

CHUNK = 1000


def main() -> None:
    flags = parser(__doc__, "java_soak.json")
    flags.add_argument("--programs", type=int, default=200_000)
    flags.add_argument("--workers", type=int, default=2)
    args = flags.parse_args()
    result: dict[str, Any] = {"environment": environment()}
    draw = random.Random(args.seed)
    base = real_programs(args.data)
    programs = base + [mutated(program, draw) for program in base]
    programs += [program for name, program in HOSTILE.items() if name not in SLOW]
    compiler = JavaCompiler(JavaOptions(workers=args.workers))
    compiler.check(programs[:1])
    pid = compiler.server_pid
    first: dict[int, tuple[str, str]] = {}
    changed, unscored, done = 0, 0, 0
    memory, order = [], list(range(len(programs)))
    start = time.perf_counter()
    while done < args.programs:
        draw.shuffle(order)
        for at in range(0, len(order), CHUNK):
            chunk = order[at : at + CHUNK]
            for i, found in zip(chunk, compiler.check([programs[i] for i in chunk]), strict=True):
                seen = (str(found.verdict), found.errors[0].code if found.errors else "")
                unscored += seen[0] == "unscored"
                changed += first.setdefault(i, seen) != seen
            done += len(chunk)
            memory.append(resident_mb(compiler.server_pid or pid or 0))
            if done >= args.programs:
                break
    seconds = time.perf_counter() - start
    quarter = max(1, len(memory) // 4)
    quarters = [statistics.mean(memory[i * quarter : (i + 1) * quarter]) for i in range(4)]
    result.update(
        programs=done,
        distinct=len(programs),
        seconds=round(seconds, 1),
        per_second=round(done / seconds, 1),
        verdicts_changed=changed,
        unscored=unscored,
        server_restarted=compiler.server_pid != pid,
        resident_mb={
            "quarters": [round(q, 1) for q in quarters],
            "last_to_second": round(quarters[3] / quarters[1], 3),
            "most": round(max(memory), 1),
        },
    )
    compiler.close()
    write(args.out, result)


if __name__ == "__main__":
    main()
