"""Is what was fast still fast? Java verdicts, Java tests and rollouts, against an earlier commit.

    python benchmarks/speed_before.py --before COMMIT

Each commit runs its own benchmarks with its own code, the earlier one from a temporary checkout.
The two take turns, so that neither meets a quieter machine; the median counts. `ratio_before` is
this commit's rate over the earlier one's. benchmarks/step_before.py compares a training step.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from java_common import HERE, environment, parser, write

ROOT = HERE.parent


@dataclass(frozen=True)
class Bench:
    """A benchmark that both commits have, with no more of its baseline than it needs."""

    unit: str
    flags: tuple[str, ...]

    def rate(self, checkout: Path, script: str, data: Path) -> float:
        """Run it in a checkout: ours, without the baseline."""
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "out.json")
            flags = [flag.format(data=data, out=out) for flag in self.flags]
            done = subprocess.run(
                [sys.executable, checkout / "benchmarks" / script, *flags],
                env=os.environ | {"PYTHONPATH": str(checkout / "src")},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            if out.exists():
                return float(json.loads(out.read_text(encoding="utf-8"))["ours"]["per_second"])
        line = next(x for x in done.stdout.splitlines() if x.startswith("RESULT "))
        return float(statistics.median(json.loads(line.removeprefix("RESULT "))["rates"]))


_JAVA = ("--data={data}", "--out={out}", "--baseline=2")
BENCHES = {
    "java_compile.py": Bench("programs per second", (*_JAVA, "--passes=6", "--latency=100")),
    "java_score.py": Bench("programs per second", (*_JAVA, "--passes=3", "--warm-up=30")),
    "rollouts.py": Bench("tokens per second", ("small", "--side=rlcf", "--rounds=4")),
}


def main() -> None:
    flags = parser(__doc__, "speed_before.json")
    flags.add_argument("--before", required=True, help="commit to compare with")
    flags.add_argument("--rounds", type=int, default=5, help="per benchmark and commit")
    args = flags.parse_args()
    result = {"environment": environment(), "before": args.before}
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder, "before")
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", "--quiet", before, args.before], check=True)
        try:
            for script, bench in BENCHES.items():
                rates: dict[str, list[float]] = {"before": [], "now": []}
                for _ in range(args.rounds):
                    for side, checkout in (("before", before), ("now", ROOT)):
                        rates[side].append(bench.rate(checkout, script, args.data.resolve()))
                median = {side: statistics.median(found) for side, found in rates.items()}
                result[script.removesuffix(".py")] = {
                    "unit": bench.unit,
                    "ratio_before": round(median["now"] / median["before"], 3),
                    **{side: [round(rate, 1) for rate in found] for side, found in rates.items()},
                }
                write(args.out, result)
        finally:
            subprocess.run([*git, "remove", "--force", before], check=True)


if __name__ == "__main__":
    main()
