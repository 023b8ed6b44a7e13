"""`rlcf corpus build`: turns a source tree of your own into tasks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import tyro

from rlcf.cli.ownbuild import with_own_build
from rlcf.cli.tasks import write_harbor
from rlcf.corpus import Corpus, CorpusOptions, Judge, build, files_of, write
from rlcf.corpus.candidate import TOO_LARGE
from rlcf.corpus.sources import TEST_CODE
from rlcf.errors import UserError
from rlcf.outputs import Output
from rlcf.tasks.jsonl import parse_tasks

_COMMONEST = 8


@dataclass(frozen=True, kw_only=True)
class Args(CorpusOptions):
    """Turn the documented methods or functions below a folder into tasks.

    Each one whose program the compiler accepts becomes a task. The prompt is its imports, class,
    comment and signature, with what it needs of its class and of the tree; the solution is its
    body. Copies are left out, the licence of each file is recorded, and splits go by file.
    dropped.jsonl lists everything left out, with its place, the reason and the first diagnostic.

    Examples:
      rlcf corpus build path/to/src -o tasks.jsonl         all tasks, each names its split
      rlcf corpus build path/to/src -o tasks               a folder with a file per split
      rlcf corpus build src/main/java --class-path target/classes lib/dep.jar -o tasks
      rlcf corpus build src/main/java --class-path auto -o tasks
      rlcf corpus build src/mypackage --language python -o tasks
      rlcf corpus build src/mypackage --language python --packages numpy mypackage -o tasks
    """

    action: Annotated[Literal["build"], tyro.conf.Positional]
    """What to do."""
    path: Annotated[Path, tyro.conf.Positional]
    """Folder of sources, or one source file."""
    out: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("tasks.jsonl")
    """A file (`.jsonl`) for all tasks, or a folder for one file per split; must not hold tasks."""

    harbor: Path | None = None
    """Also write the tasks as task folders of Harbor, into this new folder."""

    def outputs(self) -> list[Output]:
        """Tasks, the report, what was left out, and Harbor's folders."""
        found = [Output(path, kind="made") for path in files_of(self.out)]
        if self.harbor is not None:
            found.append(Output(self.harbor, option="--harbor", kind="made"))
        return found


def main(args: Args) -> int:
    """Build, write, and say what came of it."""
    from rlcf.cli.terminal import progress_bars

    start = time.monotonic()
    class_path, builds = with_own_build(args.class_path, args.path, args.language)
    if builds:
        print(*builds, sep="\n")
        args = replace(args, class_path=class_path)
    judge = Judge(args)
    try:
        with progress_bars({"compile": "compiling"}) as progress:
            corpus = build(args.path, args, judge, progress)
    finally:
        judge.close()
    if not corpus.tasks:
        said = "; ".join(_left_out(corpus, args)).replace("\n", " ")
        raise UserError(f"no task in {args.path}: {corpus.methods} methods; {said}")
    files = write(corpus, args.out)
    print("\n".join([*_summary(corpus, time.monotonic() - start), *_left_out(corpus, args)]))
    print("wrote " + ", ".join(map(str, files)))
    if args.harbor is not None:
        rows = ((row["task_id"], row) for row in (task.to_json() for task in corpus.tasks))
        tasks = parse_tasks(rows, str(args.out))
        print(write_harbor(tasks, args.harbor, args.class_path))
    return 0


def _summary(corpus: Corpus, seconds: float) -> Iterator[str]:
    report = corpus.report()
    yield (
        f"{report['tasks']} tasks ({_counted(report['splits'])}) of {report['methods']} methods in "
        f"{report['files']} files, {seconds:.0f} s"
    )
    yield f"licences: {_counted(report['licences'])}"


def _left_out(corpus: Corpus, options: CorpusOptions) -> Iterator[str]:
    """What gave no task, which names were missing, and what would bring them."""
    methods = Counter(row.why.reason for row in corpus.left_out if row.name)
    files = Counter(row.why.reason for row in corpus.left_out if not row.name)
    if methods:
        yield f"left out: {_counted(dict(methods.most_common()))}"
    if files:
        words = {reason.removeprefix("file "): count for reason, count in files.most_common()}
        yield f"files left out: {_counted(words)}" + " (--test-code takes it)" * (
            TEST_CODE in files
        )
    if corpus.missing:
        yield f"missing most often: {_named(corpus.missing)}"
    yield from _advice(corpus, options)


def _advice(corpus: Corpus, options: CorpusOptions) -> Iterator[str]:
    wanted, named = sum(corpus.packages.values()), _named(corpus.packages)
    if options.language == "python":
        if wanted:
            yield f"{wanted} want packages, which --packages NAME... lets in: {named}"
        return
    if wanted:
        what = "jar files on --class-path would bring" if not options.class_path else "not there"
        yield f"{wanted} want packages that the tree does not have, {what}: {named}"
    large = corpus.dropped[TOO_LARGE]
    if large:
        more = " too" if options.class_path else ""
        yield (
            f"{large} need much of the tree: where the project's own classes (target/classes) are "
            f"on --class-path{more}, prompts need not hold them"
        )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def _named(counts: Counter[str]) -> str:
    """The commonest few."""
    return ", ".join(f"{name} ({count})" for name, count in counts.most_common(_COMMONEST))
