"""The names that tests were run by in version 0.1; they are in `rlcf.languages` now."""

from rlcf.languages import Job, Limits, Outcome, Runner, RunResult, Toolchain

get_runner = Toolchain

__all__ = ["Job", "Limits", "Outcome", "RunResult", "Runner", "get_runner"]
