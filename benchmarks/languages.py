"""Verdicts and speed of every language on MBXP, against plain tools started anew.

The baseline writes a program with its tests into an empty folder of a fresh jail and calls the
plain compiler and interpreter there, two at a time; exit status 0 of both is its pass. Each
difference is listed. Rows are the first `--limit` of each file. Does not cover Java
(`java_agreement.py`, `java_score.py`).

    python benchmarks/languages.py --data ../shared/data/mbxp --limit 60
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rlcf.compilers import get_compiler
from rlcf.compilers.registry import load
from rlcf.languages.base import Language
from rlcf.languages.javascript import node_folder
from rlcf.sandbox import Job, Limits, get_runner
from rlcf.sandbox.cell import Cell, Step, StepLimits

LIMITS = Limits(wall_seconds=10.0, cpu_seconds=5.0, memory_mb=512)
LANGUAGES = ["python", "cpp", "javascript", "typescript", "go", "ruby", "php", "perl", "csharp"]
Item = tuple[dict[str, Any], str]
CELL = "/tmp/work"  # where a cell's programs run, inside it


def commands(name: str, language: Language) -> tuple[str, list[str], list[str]]:
    """File name, compile command and run command of the baseline."""
    tool = {t.name: language.tool(t.name) for t in language.tools}
    if name == "python":
        python = os.path.realpath(sys.executable)
        return "program.py", [python, "-m", "py_compile", "program.py"], [python, "program.py"]
    if name == "cpp":
        words = [tool["g++"], "-std=gnu++17", "program.cpp", "-o", "program"]
        return "program.cpp", words, ["./program"]
    if name == "javascript":
        return "program.js", [tool["node"], "--check", "program.js"], [tool["node"], "program.js"]
    if name == "typescript":
        modules = f"{node_folder()}/node_modules"
        words = [tool["node"], f"{modules}/typescript/bin/tsc", "--target", "es2022"]
        words += ["--module", "commonjs", "--moduleDetection", "force", "--types", "node"]
        words += ["--typeRoots", f"{modules}/@types", "--skipLibCheck", "program.ts"]
        return "program.ts", words, [tool["node"], "program.js"]
    if name == "go":
        return "program.go", [tool["go"], "build", "-o", "program", "program.go"], ["./program"]
    if name == "csharp":
        built = next(path for path in language.readable() if "csharp" in path)
        words = [tool["mcs"], "-r:System.Numerics", f"-r:{built}/compare.dll", "program.cs"]
        return "program.cs", words, [tool["mono"], "program.exe"]
    flags = {"ruby": ["-c"], "php": ["-l"], "perl": ["-c"]}[name]
    file = {"ruby": "program.rb", "php": "program.php", "perl": "program.pl"}[name]
    return file, [tool[name], *flags, file], [tool[name], file]


def environment(language: Language) -> dict[str, str]:
    """What plain tools need to work in the jail."""
    built = [path for path in language.readable() if "csharp" in path]
    return {
        "NODE_PATH": f"{node_folder()}/node_modules",
        "GOCACHE": f"{CELL}/cache",
        "GO111MODULE": "off",
        "MONO_PATH": built[0] if built else "",
    }


def plain(name: str, language: Language, job: Job) -> tuple[bool, bool, str]:
    """Compiled, passed, and what was said."""
    source = job.program + job.tests
    if name == "python":
        source += f"\ncheck({job.entry_point})\n"
    file, compile_words, run_words = commands(name, language)
    both = environment(language)
    compile_limits = StepLimits(60.0, 60.0, 2048)
    run_limits = StepLimits(20.0, LIMITS.cpu_seconds + 1, 1024)
    cell = Cell(language.readable())
    try:
        answer = cell.run(
            [
                Step(tuple(compile_words), {file: source}, (), both, "", True, compile_limits),
                Step(tuple(run_words), {}, (), both, "", False, run_limits),
            ]
        )
    finally:
        cell.close()
    said = (answer.last.limit + " " + answer.last.err + answer.last.out).strip()
    return len(answer.steps) == 2, len(answer.steps) == 2 and answer.last.ok, said[-300:]


def items_of(folder: Path, limit: int) -> tuple[list[Item], list[Item]]:
    """Canonical solutions and model samples."""
    rows = [json.loads(line) for line in (folder / "even.jsonl").open(encoding="utf-8")]
    by_id = {row["task_id"]: row for row in rows}
    canonical = [(row, row["canonical_solution"]) for row in rows if row["canonical_solution"]]
    lines = (folder / "model_samples.jsonl").open(encoding="utf-8")
    samples = [json.loads(line) for line in lines]
    judged = [(by_id[s["task_id"]], s["completion"]) for s in samples if s["task_id"] in by_id]
    return canonical[:limit], judged[:limit]


def measure(name: str, items: list[Item], against: bool) -> dict[str, Any]:
    """Our verdicts and, if wanted, the baseline's."""
    jobs = [Job(r["prompt"] + text, r["test"], r["entry_point"] or "") for r, text in items]
    compiler, runner = get_compiler(name), get_runner(name)
    compiler.check([jobs[0].program])
    runner.run(jobs[:1], LIMITS)
    start = time.perf_counter()
    checked = compiler.check([job.program for job in jobs])
    check_seconds = time.perf_counter() - start
    start = time.perf_counter()
    ran = runner.run(jobs, LIMITS)
    run_seconds = time.perf_counter() - start
    compiler.close()
    runner.close()
    result: dict[str, Any] = {
        "rows": len(jobs),
        "accepted": sum(c.verdict == "accepted" for c in checked),
        "unscored": sum(c.verdict == "unscored" for c in checked)
        + sum(r.outcome == "unscored" for r in ran),
        "passed": sum(r.outcome == "passed" for r in ran),
        "checks_per_second": round(len(jobs) / check_seconds, 1),
        "runs_per_second": round(len(jobs) / run_seconds, 2),
    }
    if not against:
        result["rejected"] = [
            f"{row['task_id']}: {c.errors[0].message[:150] if c.errors else c.reason}"
            for (row, _), c in zip(items, checked, strict=True)
            if c.verdict != "accepted"
        ]
        return result
    language = load(name)()
    start = time.perf_counter()
    with ThreadPoolExecutor(2) as threads:
        base = list(threads.map(lambda job: plain(name, language, job), jobs))
    base_seconds = time.perf_counter() - start
    differences = []
    for (row, _), c, r, (compiled, passed, said) in zip(items, checked, ran, base, strict=True):
        ours = (c.verdict == "accepted", r.outcome == "passed")
        if ours != (compiled, passed):
            differences.append(
                {
                    "task_id": row["task_id"],
                    "ours": [str(c.verdict), str(r.outcome)],
                    "said": (c.errors[0].message if c.errors else r.detail)[:200],
                    "baseline": [compiled, passed],
                    "baseline_said": said,
                }
            )
    result |= {
        "baseline_compiled": sum(b[0] for b in base),
        "baseline_passed": sum(b[1] for b in base),
        "agreement": round(1 - len(differences) / len(jobs), 4),
        "baseline_per_second": round(len(jobs) / base_seconds, 2),
        "ratio": round(base_seconds / run_seconds, 1),
        "differences": differences,
    }
    return result


def main() -> None:
    """Measure and write the results after each language."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=10**6)
    parser.add_argument("--languages", nargs="*", default=LANGUAGES)
    here = Path(__file__).parent
    parser.add_argument("--out", type=Path, default=here / "results" / "languages.json")
    args = parser.parse_args()
    args.out.parent.mkdir(exist_ok=True)
    results: dict[str, Any] = {"cpus": os.cpu_count(), "python": platform.python_version()}
    for name in args.languages:
        language = load(name)()
        if language.missing():
            print(f"{name}: {language.missing()}", flush=True)
            continue
        language.prepare()
        canonical, samples = items_of(args.data / name, args.limit)
        entry: dict[str, Any] = {"tools": language.versions()}
        entry["samples"] = measure(name, samples, against=True)
        if canonical:
            entry["canonical"] = measure(name, canonical, against=False)
        entry["load_average"] = os.getloadavg()[0]
        results[name] = entry
        args.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        shown = {k: v for k, v in entry["samples"].items() if k != "differences"}
        print(name, shown, flush=True)


if __name__ == "__main__":
    main()
