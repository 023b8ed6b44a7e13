"""Does a program compile, and do its tests pass? One row of the registry per language.

`Toolchain(language)` judges programs and runs tests; docs/adding-a-language.md shows how to write
a language. Import costs little and needs no torch: a language's module is loaded when it is first
asked for. Untrusted code runs in the processes of `rlcf.sandbox`.
"""

from rlcf.languages.bench import Bench, Finding, NoVerdictError, Test, believed, scan
from rlcf.languages.language import Language
from rlcf.languages.outcome import Job, Outcome, Runner, RunResult
from rlcf.languages.spec import Sample, Spec, Tool
from rlcf.languages.toolchain import Toolchain, check, check_until_scored, options_for
from rlcf.languages.verdict import Compiler, CompileResult, Diagnostic, ErrorClass, Verdict
from rlcf.sandbox.limits import Limits

__all__ = [
    "Bench",
    "CompileResult",
    "Compiler",
    "Diagnostic",
    "ErrorClass",
    "Finding",
    "Job",
    "Language",
    "Limits",
    "NoVerdictError",
    "Outcome",
    "RunResult",
    "Runner",
    "Sample",
    "Spec",
    "Test",
    "Tool",
    "Toolchain",
    "Verdict",
    "believed",
    "check",
    "check_until_scored",
    "options_for",
    "scan",
]
