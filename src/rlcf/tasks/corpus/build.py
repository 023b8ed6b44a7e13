"""A source tree in, tasks out: methods whose program the compiler accepts.

    files -> documented methods -> copies removed -> programs, the shortest first -> compiler

Everything that is left out is counted with its reason. Covers Java and Python. Tasks have
no tests; splits are by file, so that a method's neighbours are never on the other side.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from rlcf.compilers.base import CompileResult, Verdict
from rlcf.errors import UserError
from rlcf.tasks.corpus.candidate import SPLITS, TOO_LARGE, Candidate, CorpusOptions, Program
from rlcf.tasks.corpus.judge import LOADING

BATCH = 400
Check = Callable[[Sequence[str]], Sequence[CompileResult]]
Progress = Callable[[str, int, int], None]
_READERS = {
    "java": "rlcf.tasks.corpus.java_methods",
    "python": "rlcf.tasks.corpus.python_methods",
}
_NOT_PRODUCT = re.compile(r"(?:^|/)(?:tests?|testing|examples?|benchmarks?|target|build)/")
_HIDDEN = re.compile(r"(?:^|/)\.")


@dataclass(frozen=True)
class CorpusTask:
    """A task and where it came from."""

    candidate: Candidate
    program: Program
    split: str
    language: str

    def to_json(self) -> dict[str, Any]:
        """A row of MBXP's layout with `split`, `source` and `licence` beside."""
        found = self.candidate
        return {
            "task_id": found.name,
            "language": self.language,
            "prompt": self.program.prompt,
            "canonical_solution": self.program.reference,
            "entry_point": found.entry_point,
            "test": None,
            "description": found.description,
            "split": self.split,
            "source": f"{found.path}:{found.line}",
            "licence": found.licence,
        }


@dataclass
class Corpus:
    """What a source tree gave."""

    tasks: list[CorpusTask] = field(default_factory=list)
    files: int = 0
    methods: int = 0
    """Methods with a body, whatever became of them."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Reason -> number of methods (or files, where it says so) that were left out."""

    def report(self) -> dict[str, Any]:
        """Counts, for a file beside the tasks."""
        prompts = sorted(len(t.program.prompt) for t in self.tasks)
        bodies = sorted(len(t.program.reference) for t in self.tasks)
        return {
            "files": self.files,
            "methods": self.methods,
            "tasks": len(self.tasks),
            "splits": {s: sum(t.split == s for t in self.tasks) for s in SPLITS},
            "licences": dict(Counter(t.candidate.licence for t in self.tasks).most_common()),
            "without_context": sum(t.program.context == 0 for t in self.tasks),
            "median_prompt_characters": prompts[len(prompts) // 2] if prompts else 0,
            "median_reference_characters": bodies[len(bodies) // 2] if bodies else 0,
            "dropped": dict(self.dropped.most_common()),
        }


def build(
    root: Path, options: CorpusOptions, check: Check, progress: Progress | None = None
) -> Corpus:
    """Make tasks of every fitting method below `root`.

    Args:
        root: a folder of sources, or one source file.
        options: what becomes a task.
        check: judges whole programs, in order; see `rlcf.compilers`.
        progress: called with (stage, done, total).

    Raises:
        UserError: nothing to read, or an unknown language.
    """
    reader = _reader(options.language)
    base, files = _files(root, reader, options)
    corpus = Corpus(files=len(files))
    found = list(reader.candidates(base, files, options, corpus.dropped))
    of_methods = (n for reason, n in corpus.dropped.items() if not reason.startswith("file "))
    corpus.methods = len(found) + sum(of_methods)
    distinct = list(_without_copies(found, corpus.dropped))
    accepted = _accepted(distinct, options, check, corpus.dropped, progress or _silent)
    names = Counter(c.name for c, _ in accepted)
    for candidate, program in accepted:
        if names[candidate.name] > 1:  # the same class at two places of the tree
            candidate = _renamed(candidate)
        split = split_of(candidate.split_key, options)
        corpus.tasks.append(CorpusTask(candidate, program, split, options.language))
    return corpus


def split_of(key: str, options: CorpusOptions) -> str:
    """The split that a file belongs to, by a hash: the same in every run and on every machine."""
    point = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
    if point < options.test:
        return "test"
    return "validation" if point < options.test + options.validation else "train"


def write(corpus: Corpus, out: Path) -> list[Path]:
    """Write tasks and report; returns the files.

    A name that ends with `.jsonl` gets all tasks (each row names its split); any other is a
    folder of one file a split, as `--tasks FOLDER:SPLIT` takes it.
    """
    rows = [(task.split, json.dumps(task.to_json()) + "\n") for task in corpus.tasks]
    if out.suffix == ".jsonl":
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("".join(row for _, row in rows), encoding="utf-8")
        made, report = [out], out.with_suffix(".report.json")
    else:
        out.mkdir(parents=True, exist_ok=True)
        made, report = [out / f"{split}.jsonl" for split in SPLITS], out / "report.json"
        for split, path in zip(SPLITS, made, strict=True):
            path.write_text("".join(row for s, row in rows if s == split), encoding="utf-8")
    report.write_text(json.dumps(corpus.report(), indent=1) + "\n", encoding="utf-8")
    return [*made, report]


def _reader(language: str) -> Any:
    if language not in _READERS:
        raise UserError(f"no corpus reader for {language!r}: use one of {', '.join(_READERS)}")
    return import_module(_READERS[language])


def _files(root: Path, reader: Any, options: CorpusOptions) -> tuple[Path, list[Path]]:
    if root.is_file():
        return root.parent, [root]
    if not root.is_dir():
        raise UserError(f"{root} is neither a folder nor a file")
    files, suffix = [], reader.SUFFIX
    for path in sorted(root.rglob(f"*{suffix}")):
        inner = path.relative_to(root).as_posix()
        test_code = _NOT_PRODUCT.search(inner) or reader.NOT_PRODUCT.search(inner)
        wanted = options.test_code or not test_code
        if wanted and path.is_file() and not _HIDDEN.search(inner):
            files.append(path)
    if not files:
        raise UserError(f"no {suffix} files below {root} (test code is left out)")
    return root, files


def _without_copies(found: Sequence[Candidate], dropped: Counter[str]) -> Iterator[Candidate]:
    """Drop methods whose text, comments and white space aside, was seen before."""
    seen: set[str] = set()
    for candidate in found:
        if candidate.tokens in seen:
            dropped["copy of another"] += 1
        else:
            seen.add(candidate.tokens)
            yield candidate


def _accepted(
    found: Sequence[Candidate],
    options: CorpusOptions,
    check: Check,
    dropped: Counter[str],
    progress: Progress,
) -> list[tuple[Candidate, Program]]:
    """Candidates with the first of their programs that compiles, in order."""
    kept: dict[int, Program] = {}
    reasons: dict[int, str] = {}
    for start in range(0, len(found), BATCH):
        batch = range(start, min(start + BATCH, len(found)))
        for ways in range(max((len(found[i].programs) for i in batch), default=0)):
            asked: dict[int, Program] = {}
            for i in batch:
                if i in kept or ways >= len(found[i].programs):
                    continue
                program = found[i].programs[ways]()
                if isinstance(program, str):
                    reasons[i] = program
                elif len(program.prompt) > options.max_prompt:
                    reasons[i] = TOO_LARGE
                else:
                    asked[i] = program
            results = _judged([p.prompt + p.reference for p in asked.values()], check)
            for (i, program), result in zip(asked.items(), results, strict=True):
                if result.verdict is Verdict.ACCEPTED:
                    kept[i] = program
                elif reasons.get(i) != TOO_LARGE:  # a larger slice might have been accepted
                    reasons[i] = _reason(result)
        progress("compile", batch.stop, len(found))
    dropped.update(reasons[i] for i in range(len(found)) if i not in kept)
    return [(found[i], kept[i]) for i in sorted(kept)]


def _judged(programs: Sequence[str], check: Check) -> list[CompileResult]:
    """Verdicts; what a busy machine left unscored is asked about once more."""
    results = list(check(programs)) if programs else []
    lost = [i for i, r in enumerate(results) if r.verdict is Verdict.UNSCORED]
    if lost:
        for i, result in zip(lost, check([programs[i] for i in lost]), strict=True):
            results[i] = result
    return results


def _reason(result: CompileResult) -> str:
    if result.verdict is Verdict.UNSCORED:
        return "unscored"
    if not result.errors:
        return "rejected"
    first = result.errors[0]
    return "does not load" if first.code == LOADING else f"rejected: {first.error_class}"


def _renamed(candidate: Candidate) -> Candidate:
    from dataclasses import replace

    return replace(candidate, name=f"{candidate.name}@{candidate.path}")


def _silent(stage: str, done: int, total: int) -> None:
    return None
