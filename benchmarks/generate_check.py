"""What checking at inference gives: first draws against completions drawn again while rejected.

    python benchmarks/generate_check.py

Tasks are held-out embedded ones with tests; the model is the embedded one unless another is named.
Both sides share their first draws. Intervals are over tasks, paired; the seed is one.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from typing import Any

from java_common import environment, parser, write
from rlcf.assets import embedded_policy
from rlcf.evaluation.results import ScoreReport, compare
from rlcf.evaluation.score import score_completions
from rlcf.languages import Toolchain
from rlcf.policy.checked import sample_checked
from rlcf.policy.model import load_policy
from rlcf.policy.sampling import SamplingConfig
from rlcf.tasks import load_tasks


def main() -> None:
    flags = parser(__doc__, "generate_check.json")
    flags.add_argument("--model", default="embedded")
    flags.add_argument("--tasks", default="embedded:test")
    flags.add_argument("--count", type=int, default=400)
    flags.add_argument("--retries", type=int, default=3)
    flags.add_argument("--temperature", type=float, default=0.8)
    args = flags.parse_args()
    policy = load_policy(embedded_policy(args.model))
    tasks = load_tasks(args.tasks, limit=args.count, seed=args.seed)
    sampling = SamplingConfig(args.temperature, None, 256)
    compiler = Toolchain("java")
    sides: dict[str, Any] = {}
    reports: dict[str, ScoreReport] = {}
    for name, retries in (("first", 0), ("checked", args.retries)):
        drawn = sample_checked(
            policy, tasks, 1, sampling, {"java": compiler}, seed=args.seed, retries=retries
        )
        report = score_completions(
            tasks, [[g[0].text] for g in drawn], toolchains={"java": compiler}, seed=args.seed
        )
        reports[name] = report
        sides[name] = {
            "draws": sum(g[0].attempts for g in drawn),
            **{k: _numbers(v) for k, v in report.totals.items()},
        }
    compiler.close()
    gain = compare(reports["first"], reports["checked"])
    result = {
        "environment": environment(),
        "model": args.model,
        "tasks": f"{len(tasks)} of {args.tasks}",
        "temperature": args.temperature,
        "retries": args.retries,
        "sides": sides,
        "difference": {k: _numbers(v) for k, v in gain.items()},
    }
    write(args.out, result)


def _numbers(estimate: Any) -> list[float] | None:
    """Mean and 95 % interval."""
    if estimate is None:
        return None
    return [round(float(x), 4) for x in (estimate.mean, estimate.low, estimate.high)]


if __name__ == "__main__":
    main()
