"""`rlcf corpus`: a source tree of one's own as tasks.

Covers `build`. Does not train on them (`rlcf train --tasks`).
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from rlcf.errors import UserError
from rlcf.tasks.corpus import Corpus, CorpusOptions, Judge, build, write


@dataclass(frozen=True, kw_only=True)
class Args(CorpusOptions):
    """Make tasks of the documented methods or functions below a folder.

    Each one whose program the compiler accepts becomes a task: its imports, class, comment and
    signature are the prompt, with what it needs of its class and of the tree; its body is the
    reference. Copies are left out, the licence of each file is recorded, and the split goes by
    file. Everything that is left out is counted with its reason.

    Examples:
      rlcf corpus build path/to/src -o tasks.jsonl         all tasks, each names its split
      rlcf corpus build path/to/src -o tasks               a folder with a file a split
      rlcf corpus build src/main/java --class-path target/classes lib/dep.jar -o tasks
      rlcf corpus build src/mypackage --language python -o tasks
      rlcf corpus build src/mypackage --language python --packages numpy mypackage -o tasks
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
    judge = Judge(args)
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


def _summary(corpus: Corpus, seconds: float) -> str:
    report = corpus.report()
    splits = ", ".join(f"{count} {name}" for name, count in report["splits"].items())
    licences = ", ".join(f"{count} {name}" for name, count in report["licences"].items())
    dropped = ", ".join(f"{count} {reason}" for reason, count in report["dropped"].items())
    return (
        f"{report['tasks']} tasks ({splits}) of {report['methods']} methods in "
        f"{report['files']} files, {seconds:.0f} s\nlicences: {licences}\nleft out: {dropped}"
    )
