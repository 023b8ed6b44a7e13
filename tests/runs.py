"""Training runs made up, as they lie on the disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval_fakes import FakeToolchain
from rlcf.runfiles import RunFiles
from rlcf.training.rundir import write_rollouts

PROMPT = "class {name} {{\n"


def row(name: str, sample: int, completion: str, **more: Any) -> dict[str, Any]:
    """A completion as training keeps it; `BAD` in it is rejected."""
    prompt = PROMPT.format(name=name)
    (result,) = FakeToolchain().check([prompt + completion])
    rejected = str(result.verdict) == "rejected"
    return {
        "task_id": name,
        "language": "java",
        "sample": sample,
        "prompt": prompt,
        "completion": completion,
        "tokens": 7,
        "finished": True,
        "verdict": str(result.verdict),
        "diagnostics": [d.to_json() for d in result.diagnostics],
        "reward": -1.0 if rejected else sample / 10,
        "similarity": None if rejected else 0.25,
        "advantage": 0.5,
    } | more


def make_run(
    folder: Path, steps: int, rows: Sequence[dict[str, Any]] | None = None, **last: float
) -> Path:
    """A run of so many steps; `last` are metrics of its second half."""
    folder.mkdir(exist_ok=True)
    config = {"model": "m", "tasks": "mine", "steps": steps, "algorithm": "rloo"}
    (folder / "config.json").write_text(json.dumps(config))
    with (folder / "metrics.jsonl").open("w") as file:
        for step in range(1, steps + 1):
            metrics = {"compile_rate": 0.5, "reward": -0.0, "kl": step / 1000}
            metrics |= {"length_ratio": 1.0, "degenerate": 0.0, "distinct": 0.9}
            metrics |= last if step > steps // 2 else {}
            file.write(json.dumps({"step": step, **metrics}) + "\n")
            default = [
                row("A", 0, f"    int n = {step};\n    BAD;\n}}\n"),
                row("A", 1, f"    int n = {step};\n}}\n"),
                row("B", 0, "    // LOST\n}\n", reward=None),
            ]
            write_rollouts(RunFiles(folder).rollout_file(step), default if rows is None else rows)
    return folder
