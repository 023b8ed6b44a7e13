"""A library's sources to tasks: how many, how fast, and does the plain compiler accept them?

    apt-get source libcommons-lang3-java       # or any folder of sources
    python benchmarks/corpus.py libcommons-lang3-java-3.12.0 --label "lang3 3.12.0-2+deb12u1"
    python benchmarks/corpus.py /usr/lib/python3.11 --language python --label "..." --out ...

The build is timed on its own. Then every reference is judged again from outside: by a `javac
Main.java` of its own in an empty directory, or by one `python -m pyflakes` over a folder of
programs, of which an undefined name or a syntax error is a rejection.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from java_agreement import QUICK
from java_common import environment, parser, write
from rlcf.corpus import Corpus, CorpusOptions, Judge, build
from rlcf.corpus import write as write_corpus
from rlcf.languages import Verdict
from rlcf.languages.classpath import parse_class_path
from rlcf.languages.java import find_jdk
from rlcf.languages.java.plain import plain_javac


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
    programs = [t.program.prompt + t.program.reference for t in corpus.tasks]
    start = time.perf_counter()
    if args.language == "java":
        what = "one javac process a reference, in an empty directory"
        accepted = _javac(programs, path, args.processes)
    else:
        what = "one process of pyflakes over all"
        accepted = _pyflakes(programs)
    result["plain"] = {"what": what, **_counted(corpus, accepted, start)}
    if args.language == "java":
        result["plain"]["jvm_flags"] = QUICK
    write(args.out, result)


def _counted(corpus: Corpus, accepted: Sequence[bool], start: float) -> dict[str, Any]:
    names = [t.candidate.name for t, good in zip(corpus.tasks, accepted, strict=True) if not good]
    return {
        "references": len(accepted),
        "accepted": sum(accepted),
        "not_accepted": names,
        "seconds": round(time.perf_counter() - start, 1),
    }


def _javac(programs: Sequence[str], class_path: Sequence[str], processes: int) -> list[bool]:
    jdk = find_jdk()

    def accepts(program: str) -> bool:
        result, _ = plain_javac(jdk, program, class_path=class_path, jvm=QUICK)
        return result.verdict is Verdict.ACCEPTED

    with ThreadPoolExecutor(processes) as threads:
        return list(threads.map(accepts, programs))


def _pyflakes(programs: Sequence[str]) -> list[bool]:
    with tempfile.TemporaryDirectory(prefix="rlcf-pyflakes-") as folder:
        for i, program in enumerate(programs):
            Path(folder, f"p{i}.py").write_text(program, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pyflakes", "."],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    # Unused imports and the like are no errors, nor is a name of __all__ that was not needed; what
    # cannot be parsed goes to standard error.
    bad = [line for line in done.stdout.splitlines() if re.search(r": undefined name \S+$", line)]
    bad += done.stderr.splitlines()
    rejected = {int(found[1]) for line in bad if (found := re.match(r"\S*?p(\d+)\.py:", line))}
    return [i not in rejected for i in range(len(programs))]


if __name__ == "__main__":
    main()
