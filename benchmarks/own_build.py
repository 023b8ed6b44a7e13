"""What `--class-path auto` is worth: methods that become tasks without it and with it.

    apt-get source httpcomponents-client jackson-databind maven-resolver
    apt-get install libhttpcore-java libcommons-codec-java libjackson2-core-java maven ...
    python benchmarks/own_build.py httpcomponents-client-4.5.14/httpclient ...

The projects are as they were unpacked: none of their own classes is compiled. Methods without a
comment are taken too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from java_common import environment, parser, write
from rlcf.cli.ownbuild import AUTO, with_own_build
from rlcf.corpus import CorpusOptions, Judge, build


def main() -> None:
    flags = parser(__doc__, "own_build.json")
    flags.add_argument("projects", type=Path, nargs="+", help="folders with a pom.xml")
    args = flags.parse_args()
    rows = {project.resolve().name: _row(project) for project in args.projects}
    write(args.out, {"environment": environment(), "projects": rows})


def _row(project: Path) -> dict[str, Any]:
    sources = project / "src/main/java"
    class_path, builds = with_own_build((AUTO,), sources, "java")
    return {
        "missing": [name for build in builds for name in build.missing],
        "entries": len(class_path),
        "jdk_alone": _counts(sources, ()),
        "auto": _counts(sources, class_path),
    }


def _counts(sources: Path, class_path: Sequence[str]) -> dict[str, Any]:
    options = CorpusOptions(class_path=tuple(class_path), undocumented=True)
    judge = Judge(options)
    try:
        corpus = build(sources, options, judge)
    finally:
        judge.close()
    return {
        "methods": corpus.methods,
        "tasks": len(corpus.tasks),
        "share": round(len(corpus.tasks) / corpus.methods, 3),
        "dropped": dict(corpus.dropped.most_common()),
    }


if __name__ == "__main__":
    main()
