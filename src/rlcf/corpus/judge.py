"""Whether a corpus's program stands alone: the compiler's verdict and, for Python, a little more.

Java programs are compiled, against the class path if there is one. What Python's checker accepts
also runs in the sandbox, with nothing called: names may be in order and a base class or a decorator
still raise.
"""

from __future__ import annotations

from collections.abc import Sequence

from rlcf.corpus.candidate import CorpusOptions
from rlcf.languages import Job, Outcome, Toolchain, options_for
from rlcf.languages.verdict import CompileResult, Diagnostic, ErrorClass, Verdict

LOADING = "rlcf.load"
"""Code of the diagnostic that says that a program raises before anything is called."""
_NOTHING = "\npass\n"
_LOADED = (Outcome.PASSED, Outcome.UNSCORED, Outcome.NOT_RUN)
"""Where the sandbox cannot run, the checker's word stands."""


class Judge:
    """A `Check` for `build`; to be closed."""

    def __init__(self, options: CorpusOptions) -> None:
        """Start the tools.

        Raises:
            UserError: the language's compiler is not installed, or a class path does not exist.
        """
        path = options_for([options.language], options.class_path)
        self._toolchain = Toolchain(options.language, **path[options.language])
        there = bool(options.class_path) or not options.packages
        self._loads = options.language == "python" and there and not options.checker_only

    def __call__(self, programs: Sequence[str]) -> list[CompileResult]:
        """The verdict on each program; see `build`."""
        results = self._toolchain.check(programs)
        if not self._loads:
            return results
        asked = [i for i, r in enumerate(results) if r.verdict is Verdict.ACCEPTED]
        runs = self._toolchain.run([Job(programs[i], _NOTHING, "") for i in asked])
        for i, run in zip(asked, runs, strict=True):
            if run.outcome not in _LOADED:
                why = Diagnostic("error", LOADING, ErrorClass.OTHER, run.detail, 0, 0, -1, -1)
                results[i] = CompileResult(Verdict.REJECTED, (why,))
        return results

    def close(self) -> None:
        """End the processes."""
        self._toolchain.close()
