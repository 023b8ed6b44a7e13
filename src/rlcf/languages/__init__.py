"""Languages besides Java, one small file each, on shared ground.

`base` says what a language is; `compiler` and `runner` make a `Compiler` and a `Runner` of any;
docs/adding-a-language.md shows how to write one. Imports no language: `rlcf.compilers.registry`
finds them by name.
"""

from rlcf.languages.base import Bench, Finding, Language, NoVerdictError, Sample, Test, Tool

__all__ = ["Bench", "Finding", "Language", "NoVerdictError", "Sample", "Test", "Tool"]
