"""`rlcf corpus`: a source tree of one's own as tasks.

Covers `build`. Does not train on them (`rlcf train --tasks`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from rlcf.compilers.base import CompileResult
from rlcf.errors import UserError
from rlcf.tasks.corpus import Corpus, CorpusOptions, build, write


@dataclass(frozen=True, kw_only=True)
class Args(CorpusOptions):
    """Make tasks of the documented methods below a folder.

    Each method whose program the compiler accepts becomes a task: its imports, class, comment and
    signature are the prompt, with what it needs of its class and of the tree; its body is the
    reference. Copies are left out, the licence of each file is recorded, and the split goes by
    file. Everything that is left out is counted with its reason.

    Examples:
      rlcf corpus build path/to/src -o tasks.jsonl         all tasks, each names its split
      rlcf corpus build path/to/src -o tasks               a folder with a file a split
      rlcf corpus build src/main/java --class-path target/classes lib/dep.jar -o tasks
    """

    action: Annotated[Literal["build"], tyro.conf.Positional]
    """What to do."""
    path: Annotated[Path, tyro.conf.Positional]
    """Folder of sources, or one source file."""
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("tasks.jsonl")
    """A file (`.jsonl`) for all tasks, or a folder for one file a split."""


def main(args: Args) -> int:
    """Build, write, and say what came of it."""
    from rlcf.cli.terminal import progress_bars

    start = time.monotonic()
    judge = _Judge(args)
    try:
        with progress_bars({"compile": "compiling"}) as progress:
            corpus = build(args.path, args, judge, progress)
    finally:
        judge.close()
    if not corpus.tasks:
        reasons = json.dumps(dict(corpus.dropped.most_common(5)))
        raise UserError(f"no task in {args.path}: {corpus.methods} methods, left out: {reasons}")
    files = write(corpus, args.out)
    print(_summary(corpus, time.monotonic() - start))
    print("wrote " + ", ".join(map(str, files)))
    return 0


class _Judge:
    """The compiler of the language, with the class path where there is one."""

    def __init__(self, options: CorpusOptions) -> None:
        from rlcf.compilers import get_compiler
        from rlcf.compilers.java import Project

        if options.language != "java":
            raise UserError(f"no corpora of {options.language!r} yet: use --language java")
        self._compiler = get_compiler(options.language)
        path = tuple(str(Path(entry).resolve()) for entry in options.class_path)
        self._project = Project(class_path=path) if path else None

    def __call__(self, programs: Sequence[str]) -> Sequence[CompileResult]:
        if self._project is None:
            return self._compiler.check(programs)
        from rlcf.compilers.java import JavaCompiler

        assert isinstance(self._compiler, JavaCompiler)
        return self._compiler.check(programs, self._project)

    def close(self) -> None:
        self._compiler.close()


def _summary(corpus: Corpus, seconds: float) -> str:
    report = corpus.report()
    splits = ", ".join(f"{count} {name}" for name, count in report["splits"].items())
    licences = ", ".join(f"{count} {name}" for name, count in report["licences"].items())
    dropped = ", ".join(f"{count} {reason}" for reason, count in report["dropped"].items())
    return (
        f"{report['tasks']} tasks ({splits}) of {report['methods']} methods in "
        f"{report['files']} files, {seconds:.0f} s\nlicences: {licences}\nleft out: {dropped}"
    )
