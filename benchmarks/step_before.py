"""A training step of a real model, against an earlier commit: time, peak memory, memory over steps.

Both sides are `rlcf train` with the same flags, each in a process of its own; the earlier commit is
checked out into a temporary folder. The first step of each is for warming up; the median of
the others counts. Memory is that of the training process (the compile server is another one).
Commits before 42fd81d kept freed memory for themselves and were killed for it at 0.5 B on 24 GB:
`--before-frees` runs the earlier one without that.

    python benchmarks/step_before.py --model FOLDER --tasks train.jsonl --before COMMIT --name 0.5b
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from java_common import HERE, environment, write

ROOT = HERE.parent


def resident_gib(pid: int, field: str) -> float:
    """`VmRSS` (now) or `VmHWM` (the most ever) of a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return int(next(x for x in lines if x.startswith(field)).split()[1]) / (1 << 20)


def children_gib(pid: int) -> float:
    """Memory of a process's descendants now, pages that several share in shares (PSS)."""
    parents: dict[int, int] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            fields = file.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            parents[int(file.parent.name)] = int(fields[1])
    family, total = {pid}, 0
    for child in sorted(parents):  # mostly parents first
        if parents[child] in family:
            family.add(child)
            with contextlib.suppress(OSError, StopIteration):
                lines = Path(f"/proc/{child}/smaps_rollup").read_text(encoding="ascii").splitlines()
                total += int(next(x for x in lines if x.startswith("Pss:")).split()[1])
    return total / (1 << 20)


def rows_of(file: Path) -> list[dict[str, float]]:
    """The steps' metrics so far."""
    if not file.exists():
        return []
    whole = file.read_text(encoding="utf-8").rpartition("\n")[0]
    rows = [json.loads(line) for line in whole.splitlines()]
    return [row for row in rows if row["step"] > 0]


FREES = """
import sys
import rlcf.device
rlcf.device.keep_memory = lambda *_: None
from rlcf.cli import main
sys.exit(main(sys.argv[1:]))
"""


def one_side(
    source: Path, args: argparse.Namespace, steps: int, start: tuple[str, ...] = ("-m", "rlcf")
) -> dict[str, Any]:
    """Train some steps with the code of that checkout."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "run")
        command = [
            sys.executable, *start, "train", f"--model={args.model}", f"--out={out}",
            f"--tasks={args.tasks}", f"--steps={steps}", f"--prompts-per-step={args.prompts}",
            f"--samples-per-prompt={args.samples}", f"--max-new-tokens={args.max_new_tokens}",
            *([f"--lora-rank={args.lora_rank}"] if args.lora_rank else []),
            "--reward=compiler", "--comparator=none",
            "--comparator-mode=none", "--lr=1e-4", f"--checkpoint-every={steps}",
        ]  # fmt: skip
        path = f"{source / 'src'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        surroundings = os.environ | {"PYTHONPATH": path}
        log = Path(folder, "log")
        with log.open("w", encoding="utf-8") as words:
            process = subprocess.Popen(command, env=surroundings, stdout=words, stderr=words)
            now, peak, beside, seen = [], 0.0, 0.0, 0
            while process.poll() is None:
                time.sleep(0.2)
                try:
                    peak = resident_gib(process.pid, "VmHWM")
                    size = resident_gib(process.pid, "VmRSS")
                    beside = max(beside, children_gib(process.pid))
                except (OSError, StopIteration):
                    continue  # it has just ended
                done = len(rows_of(out / "metrics.jsonl"))
                now += [size] * (done - seen)
                seen = done
        rows = rows_of(out / "metrics.jsonl")
        if process.returncode or len(rows) < steps:
            tail = log.read_text(encoding="utf-8")[-2000:]
            raise SystemExit(f"training ended with code {process.returncode}:\n{tail}")
    timed = rows[1:]
    return {
        "seconds": [round(row["seconds/step"], 2) for row in timed],
        "stages": {
            key.removeprefix("seconds/"): round(statistics.median(row[key] for row in timed), 2)
            for key in sorted(timed[0])
            if key.startswith("seconds/")
        },
        "tokens_per_completion": round(statistics.mean(row["tokens"] for row in timed), 1),
        "peak_gib": round(peak, 2),
        "children_peak_gib": round(beside, 2),
        "memory_by_step_gib": [round(size, 2) for size in now],
    }


def main() -> None:
    flags = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    flags.add_argument("--model", required=True, help="folder that both commits can read")
    flags.add_argument("--tasks", required=True, help="JSONL file of Java tasks")
    flags.add_argument("--before", required=True, help="commit to compare with")
    flags.add_argument("--name", required=True, help="of the model, for the result's file")
    flags.add_argument("--prompts", type=int, default=8)
    flags.add_argument("--samples", type=int, default=8, help="completions per prompt")
    flags.add_argument("--max-new-tokens", type=int, default=160)
    flags.add_argument("--lora-rank", type=int, default=16, help="0: all weights")
    flags.add_argument("--steps", type=int, default=20, help="of this commit, after the first")
    flags.add_argument("--steps-before", type=int, default=2, help="of the other, after the first")
    flags.add_argument("--before-frees", action="store_true", help="see above")
    args = flags.parse_args()
    result: dict[str, Any] = {"environment": environment()}
    shown = ("before", "prompts", "samples", "max_new_tokens", "lora_rank", "before_frees")
    result |= {key: getattr(args, key) for key in shown} | {"model": Path(args.model).name}
    out = HERE / "results" / f"step_{args.name}.json"
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder, "before")
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--detach", "--quiet", before, args.before], check=True)
        try:
            now = result["now"] = one_side(ROOT, args, args.steps + 1)
            sizes = now["memory_by_step_gib"]
            result["peak_gib"] = now["peak_gib"]
            result["memory_last_over_second"] = round(sizes[-1] / sizes[1], 3)
            write(out, result)  # the other side may need more memory than there is
            start = ("-c", FREES) if args.before_frees else ("-m", "rlcf")
            earlier = result["earlier"] = one_side(before, args, args.steps_before + 1, start)
        finally:
            subprocess.run([*git, "remove", "--force", before], check=True)
    times = [statistics.median(side["seconds"]) for side in (earlier, now)]
    result["ratio_before"] = round(times[0] / times[1], 2)
    write(out, result)


if __name__ == "__main__":
    main()
