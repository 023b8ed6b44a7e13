"""A user's own source tree as tasks: `build` reads, slices, compiles, splits.

Needs the extra `corpus` (tree-sitter) for Java. The tasks have no tests.
"""

from __future__ import annotations

from rlcf.corpus.build import Corpus, CorpusTask, build, files_of, split_of, write
from rlcf.corpus.candidate import CorpusOptions
from rlcf.corpus.judge import Judge

__all__ = [
    "Corpus",
    "CorpusOptions",
    "CorpusTask",
    "Judge",
    "build",
    "files_of",
    "split_of",
    "write",
]
