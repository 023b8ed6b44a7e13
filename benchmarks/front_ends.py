"""Other front ends than those of `rlcf`, on MBXP's model samples: do they agree, are they faster?

    python benchmarks/front_ends.py typescript --node FOLDER
    python benchmarks/front_ends.py python --tools FOLDER

The first folder is where `npm install typescript@7 @types/node@20 lodash@4 mathjs@14 heap-js@2` was
called; the second has the programs `ty` and `pyrefly`, such as `bin` of a virtual environment.

TypeScript: rlcf's warm worker (TypeScript 5's language service) against TypeScript 7, as a session
and as a new `tsc` per program. Python: rlcf's `types="mypy"` against its `types="ty"`, and against
ty and pyrefly themselves, a process per program and one for all. Each in turn, one program at a
time unless said. Agreement is the share of programs that both accept or both reject; of those that
only one of them rejects it is told how many pass their tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from java_common import HERE, environment, parser, write
from language_baseline import LIMITS, items_of, job_of
from rlcf.languages import Job, Toolchain

Verdicts = list[list[str]]
"""Per program the codes of its errors; empty: accepted."""
Reader = Callable[[str], list[tuple[str, str]]]
"""From what a tool printed to (file, code) of each error."""
_TSC = (
    *("--target", "es2022", "--module", "commonjs", "--moduleResolution", "bundler"),
    *("--moduleDetection", "force", "--strict", "false", "--types", "node", "--skipLibCheck"),
)
_TY = ("check", "--no-progress", "--output-format", "gitlab", "--ignore", "import-not-found")
_PYREFLY = (
    "check",
    "--preset",
    "default",
    "--output-format",
    "json",
    "--summary=none",
    "--ignore-missing-imports=*",
)


def main() -> None:
    flags = parser(__doc__, "front_ends.json")
    flags.add_argument("language", choices=("typescript", "python"))
    flags.add_argument("--node", type=Path, help="folder with node_modules of TypeScript 7")
    flags.add_argument("--tools", type=Path, help="folder of the programs ty and pyrefly")
    flags.add_argument("--limit", type=int, default=0, help="so many programs; 0 takes all")
    args = flags.parse_args()
    jobs = [job_of(item) for item in items_of(args.data / "mbxp" / args.language)[1]]
    jobs = jobs[: args.limit or None]
    programs = [job.program for job in jobs]
    with tempfile.TemporaryDirectory() as folder:
        if args.language == "typescript":
            found = typescript(programs, args.node.resolve(), Path(folder))
        else:
            found = python(programs, args.tools.resolve(), Path(folder))
    passed = [result.outcome == "passed" for result in tested(args.language, jobs)]
    result = {"environment": environment(), "rows": len(jobs), "passed": sum(passed), **found}
    ours = result["sides"]["rlcf"].pop("verdicts")
    for side in result["sides"].values():
        if "verdicts" in side:
            side |= compared(ours, side.pop("verdicts"), passed)
    before = json.loads(args.out.read_text("utf-8")) if args.out.exists() else {}
    write(args.out, before | {args.language: result})


def tested(language: str, jobs: Sequence[Job]) -> Sequence[Any]:
    """Results of the tests, without a check of types."""
    with Toolchain(language) as toolchain:
        return toolchain.run(jobs, LIMITS)


def compared(ours: Verdicts, theirs: Verdicts, passed: Sequence[bool]) -> dict[str, Any]:
    """Agreement with rlcf's verdict, and what the others are."""
    rows = list(zip(ours, theirs, passed, strict=True))
    alone = [(bool(a), ok) for a, b, ok in rows if bool(a) != bool(b)]
    only = Counter(code for a, b, _ in rows if b and not a for code in set(b))
    missed = Counter(code for a, b, _ in rows if a and not b for code in set(a))
    return {
        "accepted": sum(not b for _, b, _ in rows),
        "agreement": round(1 - len(alone) / len(rows), 4),
        "only_this_rejects": sum(not mine for mine, _ in alone),
        "of_these_pass": sum(ok for mine, ok in alone if not mine),
        "their_errors": dict(only.most_common(6)),
        "only_rlcf_rejects": sum(mine for mine, _ in alone),
        "of_those_pass": sum(ok for mine, ok in alone if mine),
        "errors_of_rlcf": dict(missed.most_common(6)),
    }


def timed(programs: Sequence[str], judge: Callable[[], Verdicts]) -> dict[str, Any]:
    """What it says, and programs per second."""
    start = time.perf_counter()
    verdicts = judge()
    return side(verdicts, len(programs) / (time.perf_counter() - start))


def side(verdicts: Verdicts, rate: float) -> dict[str, Any]:
    return {"per_second": round(rate, 1), "verdicts": verdicts}


def of_rlcf(name: str, programs: Sequence[str], **settings: Any) -> dict[str, Any]:
    """rlcf's own verdicts, by one warm seat."""
    with Toolchain(name, seats=1, **settings) as toolchain:
        toolchain.check([f"{program}\n" for program in programs[:3]])
        return timed(
            programs,
            lambda: [
                [e.code or e.error_class for e in result.errors]
                for result in toolchain.check(programs)
            ],
        )


def typescript(programs: Sequence[str], node: Path, folder: Path) -> dict[str, Any]:
    """TypeScript 5 by rlcf, 7 as a session, 7 per program."""
    file = folder / "programs.json"
    file.write_text(json.dumps(programs), encoding="utf-8")
    script = HERE / "front_ends_ts7.mjs"
    done = subprocess.run(["node", script, node, file], stdout=subprocess.PIPE, text=True)
    session = json.loads(done.stdout.splitlines()[0])
    codes = [[f"TS{code}" for code in one] for one in session["found"]]
    version = json.loads((node / "node_modules/typescript/package.json").read_text())["version"]
    few = programs[:60]
    tsc = [node / "node_modules/.bin/tsc", *_TSC, "--noEmit", "program.ts"]
    new = timed(few, lambda: [_tsc(tsc, node, one) for one in few])
    del new["verdicts"]
    sides = {
        "rlcf": of_rlcf("typescript", programs),
        f"typescript {version}, session": side(codes, len(programs) / session["seconds"]),
        f"typescript {version}, a tsc per program": new,
    }
    return {"sides": sides}


def _tsc(words: Sequence[Any], node: Path, program: str) -> list[str]:
    (node / "program.ts").write_text(program, encoding="utf-8")
    done = subprocess.run(words, cwd=node, stdout=subprocess.PIPE, text=True)
    return [done.stdout] if done.returncode else []


def python(programs: Sequence[str], tools: Path, folder: Path) -> dict[str, Any]:
    """mypy by rlcf, then ty and pyrefly in two ways each."""
    for number, program in enumerate(programs):
        place = folder / f"{number:04d}"
        place.mkdir()
        (place / "program.py").write_text(program, encoding="utf-8")
    sides = {
        "rlcf": of_rlcf("python", programs, types="mypy"),
        "rlcf, ty": of_rlcf("python", programs, types="ty"),
        "rlcf, names alone": of_rlcf("python", programs),
    }
    places = sorted(folder.iterdir())
    for name, words, read in _PYTHON:
        said = subprocess.run([tools / name, "--version"], stdout=subprocess.PIPE, text=True)
        known = said.stdout.strip()
        command = [str(tools / name), *words]
        alone = timed(programs, partial(_each, command, read, places))
        together = timed(programs, partial(_all, command, read, places))
        sides |= {f"{known}, a process per program": alone, f"{known}, one for all": together}
    return {"sides": sides}


def _each(command: Sequence[str], read: Reader, places: Sequence[Path]) -> Verdicts:
    said = (_said([*command, "program.py"], place) for place in places)
    return [[code for _, code in read(out)] for out in said]


def _all(command: Sequence[str], read: Reader, places: Sequence[Path]) -> Verdicts:
    verdicts: Verdicts = [[] for _ in places]
    files = [f"{place.name}/program.py" for place in places]
    for path, code in read(_said([*command, *files], places[0].parent)):
        verdicts[int(Path(path).parent.name)].append(code)
    return verdicts


def _said(command: Sequence[str], place: Path) -> str:
    clean = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(command, cwd=place, env=clean, stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]}: status {done.returncode}")
    return done.stdout


def _ty(out: str) -> list[tuple[str, str]]:
    serious = ("major", "critical", "blocker")
    found = [one for one in json.loads(out) if one["severity"] in serious]
    return [(one["location"]["path"], one["check_name"]) for one in found]


def _pyrefly(out: str) -> list[tuple[str, str]]:
    found = [one for one in json.loads(out)["errors"] if one["severity"] == "error"]
    return [(one["path"], one["name"]) for one in found]


_PYTHON: tuple[tuple[str, tuple[str, ...], Reader], ...] = (
    ("ty", _TY, _ty),
    ("pyrefly", _PYREFLY, _pyrefly),
)


if __name__ == "__main__":
    main()
