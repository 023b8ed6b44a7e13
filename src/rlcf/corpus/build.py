"""A source tree in, tasks out: methods whose program the compiler accepts.

    files -> documented methods -> copies removed -> programs, the shortest first -> compiler

Everything left out is noted with its reason. Tasks have no tests; splits are by file, so that a
method's neighbours are never on the other side. Reads Java and Python.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from rlcf import outputs
from rlcf.corpus import sources
from rlcf.corpus.candidate import (
    SPLITS,
    TOO_LARGE,
    Candidate,
    CorpusOptions,
    LeftOut,
    Program,
    Why,
)
from rlcf.errors import UserError
from rlcf.languages import check_until_scored
from rlcf.languages.verdict import CompileResult, Diagnostic, Verdict

BATCH = 400
Check = Callable[[Sequence[str]], Sequence[CompileResult]]
Progress = Callable[[str, int, int], None]
_READERS = {
    "java": "rlcf.corpus.java_methods",
    "python": "rlcf.corpus.python_methods",
}


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
    """Files that were read; those left out as a whole are not among them."""
    left_out: list[LeftOut] = field(default_factory=list)
    """Methods and whole files that gave no task."""
    class_path: tuple[str, ...] = ()
    """What the programs were compiled against."""

    @property
    def methods(self) -> int:
        """Methods with a body, whatever became of them."""
        return len(self.tasks) + sum(1 for row in self.left_out if row.name)

    @property
    def dropped(self) -> Counter[str]:
        """Reason -> number of methods (or files, where it says so) that were left out."""
        return Counter(row.why.reason for row in self.left_out)

    @property
    def missing(self) -> Counter[str]:
        """Name that nobody had -> number of methods that wanted it first."""
        return Counter(row.why.missing for row in self.left_out if row.why.missing)

    @property
    def packages(self) -> Counter[str]:
        """Package outside the tree that was not there -> number of methods that wanted it first."""
        return Counter(row.why.package for row in self.left_out if row.why.package)

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
            "missing_names": dict(self.missing.most_common(30)),
            "missing_packages": dict(self.packages.most_common(30)),
            **({"class_path": list(self.class_path)} if self.class_path else {}),
        }


def build(
    root: Path, options: CorpusOptions, check: Check, progress: Progress | None = None
) -> Corpus:
    """Make tasks of every fitting method below `root`.

    Args:
        root: a folder of sources, or one source file.
        options: what becomes a task.
        check: judges whole programs, in order; see `rlcf.languages`.
        progress: called with (stage, done, total).

    Raises:
        UserError: nothing to read, or an unknown language.
    """
    reader = _reader(options.language)
    corpus = Corpus(class_path=options.class_path)
    base, files = sources.find(root, reader, options, corpus.left_out)
    texts = list(sources.texts(base, files, options, corpus.left_out))
    corpus.files = len(texts)
    found = list(reader.candidates(base, texts, options, corpus.left_out))
    distinct = list(_without_copies(found, corpus.left_out))
    judging = _Judging(distinct, options, check, reader.explain)
    accepted = judging.run(corpus.left_out, progress or _silent)
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


def files_of(out: Path) -> list[Path]:
    """The files that `write` makes: of tasks, then the report, then what was left out."""
    if out.suffix == ".jsonl":
        return [out, out.with_suffix(".report.json"), out.with_suffix(".dropped.jsonl")]
    return [
        *(out / f"{split}.jsonl" for split in SPLITS),
        out / "report.json",
        out / "dropped.jsonl",
    ]


def write(corpus: Corpus, out: Path) -> list[Path]:
    """Write tasks, the report, and a row for each method and file left out; returns the files.

    A name that ends with `.jsonl` gets all tasks (each row names its split); any other is a
    folder of one file per split, as `--tasks FOLDER:SPLIT` takes it.
    """
    *made, report, lost = files_of(out)
    made[0].parent.mkdir(parents=True, exist_ok=True)
    for path in made:
        rows = (t.to_json() for t in corpus.tasks if path in (out, out / f"{t.split}.jsonl"))
        outputs.write(path, "".join(json.dumps(row) + "\n" for row in rows))
    outputs.write(report, json.dumps(corpus.report(), indent=1) + "\n")
    outputs.write(lost, "".join(json.dumps(row.to_json()) + "\n" for row in corpus.left_out))
    return [*made, report, lost]


def _reader(language: str) -> Any:
    if language not in _READERS:
        raise UserError(f"no corpus reader for {language!r}: use one of {', '.join(_READERS)}")
    return import_module(_READERS[language])


def _without_copies(found: Sequence[Candidate], dropped: list[LeftOut]) -> Iterator[Candidate]:
    """Drop methods that were seen before, comments and layout aside."""
    seen: set[str] = set()
    for candidate in found:
        if candidate.tokens in seen:
            dropped.append(candidate.left_out(Why("copy of another")))
        else:
            seen.add(candidate.tokens)
            yield candidate


class _Judging:
    """Finds for each candidate the first of its programs that compiles."""

    def __init__(
        self,
        found: Sequence[Candidate],
        options: CorpusOptions,
        check: Check,
        explain: Callable[[str, Diagnostic], Why | None],
    ) -> None:
        self._found = found
        self._options = options
        self._check = check
        self._explain = explain
        self._kept: dict[int, Program] = {}
        self._why: dict[int, Why] = {}

    def run(self, dropped: list[LeftOut], progress: Progress) -> list[tuple[Candidate, Program]]:
        """The accepted ones in order, each with its program; notes the others."""
        found = self._found
        for start in range(0, len(found), BATCH):
            batch = range(start, min(start + BATCH, len(found)))
            for way in range(max((len(found[i].programs) for i in batch), default=0)):
                self._try(batch, way)
            progress("compile", batch.stop, len(found))
        lost = (i for i in range(len(found)) if i not in self._kept)
        dropped += [found[i].left_out(self._why[i]) for i in lost]
        return [(found[i], self._kept[i]) for i in sorted(self._kept)]

    def _try(self, batch: range, way: int) -> None:
        asked: dict[int, Program] = {}
        for i in batch:
            if i in self._kept or way >= len(self._found[i].programs):
                continue
            program = self._found[i].programs[way]()
            if isinstance(program, Why):
                self._why[i] = program
            elif len(program.prompt) > self._options.max_prompt:
                self._why[i] = Why(TOO_LARGE)
            else:
                asked[i] = program
        texts = [p.prompt + p.reference for p in asked.values()]
        for i, text, result in zip(
            asked, texts, check_until_scored(self._check, texts), strict=True
        ):
            if result.verdict is Verdict.ACCEPTED:
                self._kept[i] = asked[i]
            # A larger slice might have been accepted.
            elif i not in self._why or self._why[i].reason != TOO_LARGE:
                self._why[i] = self._reason(self._found[i], text, result)

    def _reason(self, candidate: Candidate, text: str, result: CompileResult) -> Why:
        if result.verdict is Verdict.UNSCORED:
            return Why("unscored", result.reason)
        if not result.errors:
            return Why("rejected")
        first = result.errors[0]
        why = self._explain(text, first) or Why(f"rejected: {first.error_class}", first.message)
        return replace(why, package=why.package or candidate.outside.get(why.missing, ""))


def _renamed(candidate: Candidate) -> Candidate:
    return replace(candidate, name=f"{candidate.name}@{candidate.path}")


def _silent(stage: str, done: int, total: int) -> None:
    return None
