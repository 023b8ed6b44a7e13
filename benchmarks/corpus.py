"""A library's sources to tasks: how many, how fast, and does the plain compiler accept them?

    apt-get source libcommons-lang3-java       # or any folder of sources
    python benchmarks/corpus.py libcommons-lang3-java-3.12.0 --label "lang3 3.12.0-2+deb12u1"
    python benchmarks/corpus.py /usr/lib/python3.11 --language python --label "..." --out ...

The build is timed on its own. Then every reference is judged again by a process of its own in an
empty directory: `javac Main.java`, or `python -m pyflakes program.py`, of which an undefined name
or a syntax error is a rejection.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from java_agreement import QUICK
from java_common import environment, parser, write
from rlcf.compilers import Verdict
from rlcf.compilers.java import find_jdk
from rlcf.compilers.java.plain import plain_javac
from rlcf.compilers.java.project import parse_class_path
from rlcf.tasks.corpus import Corpus, CorpusOptions, Judge, build
from rlcf.tasks.corpus import write as write_corpus


def main() -> None:
    flags = parser(__doc__, "corpus.json")
    flags.add_argument("sources", type=Path, help="folder of sources")
    flags.add_argument("--label", required=True, help="what the sources are, with their version")
    flags.add_argument("--language", default="java", choices=("java", "python"))
    flags.add_argument("--class-path", nargs="*", default=[])
    flags.add_argument("--processes", type=int, default=2, help="plain compilers at a time")
    flags.add_argument("--tasks", type=Path, help="keep the tasks here too")
    args = flags.parse_args()
    result: dict[str, Any] = {"environment": environment(), "sources": args.label}
    options = CorpusOptions(language=args.language, class_path=tuple(args.class_path))
    judge, start = Judge(options), time.perf_counter()
    try:
        corpus = build(args.sources, options, judge)
    finally:
        judge.close()
    result["seconds"] = round(time.perf_counter() - start, 1)
    result["corpus"] = corpus.report()
    if args.tasks is not None:
        write_corpus(corpus, args.tasks)
    path = parse_class_path(args.class_path)
    accepts = _pyflakes if args.language == "python" else _javac(path)
    result["plain"] = _verified(corpus, accepts, args.processes)
    result["plain"]["what"] = "one process a reference, in an empty directory"
    if args.language == "java":
        result["plain"]["jvm_flags"] = QUICK
    write(args.out, result)


def _verified(corpus: Corpus, accepts: Callable[[str], bool], processes: int) -> dict[str, Any]:
    programs = [t.program.prompt + t.program.reference for t in corpus.tasks]
    start = time.perf_counter()
    with ThreadPoolExecutor(processes) as threads:
        accepted = list(threads.map(accepts, programs))
    names = [t.candidate.name for t, good in zip(corpus.tasks, accepted, strict=True) if not good]
    return {
        "references": len(programs),
        "accepted": sum(accepted),
        "not_accepted": names,
        "seconds": round(time.perf_counter() - start, 1),
    }


def _javac(class_path: Sequence[str]) -> Callable[[str], bool]:
    jdk = find_jdk()

    def accepts(program: str) -> bool:
        result, _ = plain_javac(jdk, program, class_path=class_path, jvm=QUICK)
        return result.verdict is Verdict.ACCEPTED

    return accepts


def _pyflakes(program: str) -> bool:
    with tempfile.TemporaryDirectory(prefix="rlcf-pyflakes-") as folder:
        Path(folder, "program.py").write_text(program, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pyflakes", "program.py"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    # Unused imports and the like are no errors; what cannot be parsed goes to standard error.
    return "undefined name" not in done.stdout and not done.stderr.strip()


if __name__ == "__main__":
    main()
