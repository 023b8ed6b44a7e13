"""Speed of every language on a part of MBXP, against plain tools (`language_baseline`).

The first `--limit` model samples of each set: checked, then run with their tests, by ours warm;
then compiled and run by the plain tools, two at a time like ours. Both sides in one run, one after
the other. Verdicts are another script's business (`languages.py`).

    python benchmarks/languages_speed.py --data ../shared/data/mbxp --limit 60
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import Any

from language_baseline import LIMITS, Baseline, Item, items_of, job_of
from languages import LANGUAGES, RESULTS, update
from rlcf.languages import Toolchain
from rlcf.languages.registry import load

_SEATS = 2


def measure(name: str, items: list[Item], few: int) -> dict[str, Any]:
    """Programs per second, ours and the baseline's on the first `few`."""
    jobs = [job_of(item) for item in items]
    with Toolchain(name, seats=_SEATS) as toolchain:
        toolchain.check([job.program for job in jobs[:10]])
        toolchain.run(jobs[:10], LIMITS)
        start = time.perf_counter()
        toolchain.check([job.program for job in jobs])
        checked = time.perf_counter()
        ran = toolchain.run(jobs, LIMITS)
        end = time.perf_counter()
    baseline = Baseline(name)
    begin = time.perf_counter()
    baseline.judge(jobs[:few], _SEATS)
    base = (time.perf_counter() - begin) / len(jobs[:few])
    return {
        "rows": len(jobs),
        "baseline_rows": len(jobs[:few]),
        "unscored": sum(result.outcome == "unscored" for result in ran),
        "checks_per_second": round(len(jobs) / (checked - start), 1),
        "runs_per_second": round(len(jobs) / (end - checked), 2),
        "baseline_per_second": round(1 / base, 2),
        "ratio": round(base * len(jobs) / (end - checked), 1),
        "load_average": round(os.getloadavg()[0], 1),
    }


def main() -> None:
    """Measure and write the results after each language."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=60)
    parser.add_argument("--baseline-limit", type=int, default=20)
    parser.add_argument("--languages", nargs="*", default=LANGUAGES)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    for name in args.languages:
        if load(name)().missing():
            continue
        samples = items_of(args.data / name)[1][: args.limit]
        speed = measure(name, samples, args.baseline_limit)
        update(args.out, name, {"speed": speed})
        print(name, speed, flush=True)


if __name__ == "__main__":
    main()
