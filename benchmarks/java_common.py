"""What the Java benchmarks share: programs, mutations, the machine's description, JSON out.

The data are mxeval's JSONL files (`mbxp/java/*.jsonl`, `mathqa_java/*.jsonl`) below `--data`.
Does not measure anything.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from rlcf.languages import Job
from rlcf.languages.java import find_jdk

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "shared" / "data"
TASK_FILES = (
    "mbxp/java/train.jsonl",
    "mbxp/java/validation.jsonl",
    "mbxp/java/test_even.jsonl",
    "mathqa_java/test_even.jsonl",
)
SAMPLE_FILES = ("mbxp/java/model_samples.jsonl", "mathqa_java/model_samples.jsonl")
_INSERTED = ("(", ")", "{", "}", ";", '"', " x ", " = 1;", "int ", "return ", ".", "+")
_SWAPS = (("int ", "String "), ("return ", ""), ("boolean", "int"), ("List", "Lst"), (";", "", 1))


def parser(description: str | None, out: str) -> argparse.ArgumentParser:
    """Flags that every benchmark has."""
    flags = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    flags.add_argument("--data", type=Path, default=DATA, help="folder of mbxp/ and mathqa_java/")
    flags.add_argument("--out", type=Path, default=HERE / "results" / out, help="JSON to write")
    flags.add_argument("--seed", type=int, default=0)
    return flags


def rows(path: Path) -> list[dict[str, Any]]:
    """One JSON object per line."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tasks(data: Path) -> dict[str, dict[str, Any]]:
    """All tasks by id."""
    return {row["task_id"]: row for name in TASK_FILES for row in rows(data / name)}


def sample_jobs(data: Path, name: str) -> list[tuple[str, Job]]:
    """(task id, program and tests) of each model sample whose task is known."""
    known = tasks(data)
    return [
        (row["task_id"], Job(known[row["task_id"]]["prompt"] + row["completion"], test))
        for row in rows(data / name)
        if (test := known.get(row["task_id"], {}).get("test")) is not None
    ]


def references(data: Path) -> list[Job]:
    """Programs of all MBJP references, with their tests."""
    return [
        Job(row["prompt"] + row["canonical_solution"], row["test"])
        for row in tasks(data).values()
        if row.get("canonical_solution") and row.get("test")
    ]


def mutated(program: str, draw: random.Random) -> str:
    """The program with one small fault in its second half: a deletion, insertion or swap."""
    at = draw.randrange(len(program) // 2, len(program))
    kind = draw.randrange(4)
    if kind == 0:
        return program[:at] + program[at + draw.randrange(1, 9) :]
    if kind == 1:
        return program[:at] + draw.choice(_INSERTED) + program[at:]
    if kind == 2:
        head, tail = program[: len(program) // 2], program[len(program) // 2 :]
        old, new, *_ = draw.choice(_SWAPS)
        return head + tail.replace(str(old), str(new), 1)
    other = draw.randrange(len(program) // 2, len(program))
    low, high = sorted((at, other))
    return program[:low] + program[high : high + 20] + program[low:]


def real_programs(data: Path) -> list[str]:
    """The model samples of MBJP and MathQA-Java."""
    return [job.program for name in SAMPLE_FILES for _, job in sample_jobs(data, name)]


def environment() -> dict[str, Any]:
    """Where and when it was measured."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "date": time.strftime("%Y-%m-%d"),
        "commit": commit.stdout.strip(),
        "command": " ".join(["python", "benchmarks/" + Path(sys.argv[0]).name, *sys.argv[1:]]),
        "cpus": os.cpu_count(),
        "processor": _processor(),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "jdk": find_jdk().version,
        "kernel": platform.release(),
    }


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def write(out: Path, result: dict[str, Any]) -> None:
    """Write and print it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=1, ensure_ascii=False)
    out.write_text(text + "\n", encoding="utf-8")
    print(text if len(text) < 6000 else text[:6000] + "\n...")


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.processor()
