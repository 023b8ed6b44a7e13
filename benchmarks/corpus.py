"""A Java library's sources to tasks: how many, how fast, and does plain javac accept them?

    apt-get source libcommons-lang3-java       # or any folder of Java sources
    python benchmarks/corpus.py libcommons-lang3-java-3.12.0 --label "lang3 3.12.0-2+deb12u1"

The build is timed on its own; then references are compiled again, each by a `javac` process of
its own in an empty directory.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from java_common import environment, parser, write
from rlcf.compilers import Verdict
from rlcf.compilers.java import JavaCompiler, JavaOptions
from rlcf.compilers.java.plain import plain_javac
from rlcf.tasks.corpus import Corpus, CorpusOptions, build
from rlcf.tasks.corpus import write as write_corpus


def main() -> None:
    flags = parser(__doc__, "corpus.json")
    flags.add_argument("sources", type=Path, help="folder of Java sources")
    flags.add_argument("--label", required=True, help="what the sources are, with their version")
    flags.add_argument("--verify", type=int, default=500, help="references to check; 0 for all")
    flags.add_argument("--workers", type=int, default=2)
    flags.add_argument("--tasks", type=Path, help="keep the tasks here too")
    args = flags.parse_args()
    result: dict[str, Any] = {"environment": environment(), "sources": args.label}
    compiler = JavaCompiler(JavaOptions(workers=args.workers))
    start = time.perf_counter()
    corpus = build(args.sources, CorpusOptions(), compiler.check)
    result["seconds"] = round(time.perf_counter() - start, 1)
    result["corpus"] = corpus.report()
    compiler.close()
    if args.tasks is not None:
        write_corpus(corpus, args.tasks)
    result["plain_javac"] = _verified(corpus, args.verify, args.seed, args.workers, compiler)
    write(args.out, result)


def _verified(
    corpus: Corpus, count: int, seed: int, workers: int, compiler: JavaCompiler
) -> dict[str, Any]:
    chosen = corpus.tasks
    if 0 < count < len(chosen):
        chosen = random.Random(seed).sample(chosen, count)
    programs = [t.program.prompt + t.program.reference for t in chosen]
    start = time.perf_counter()
    with ThreadPoolExecutor(workers) as threads:
        results = list(threads.map(lambda p: plain_javac(compiler.jdk, p)[0], programs))
    return {
        "what": "one javac process a reference, in an empty directory",
        "references": len(programs),
        "accepted": sum(r.verdict is Verdict.ACCEPTED for r in results),
        "not_accepted": [
            t.candidate.name
            for t, r in zip(chosen, results, strict=True)
            if r.verdict is not Verdict.ACCEPTED
        ],
        "seconds": round(time.perf_counter() - start, 1),
    }


if __name__ == "__main__":
    main()
