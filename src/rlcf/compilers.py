"""The name that toolchains had in version 0.1; write `rlcf.languages.Toolchain` in its place."""

from rlcf.languages import Toolchain, check, options_for

get_compiler = Toolchain

__all__ = ["check", "get_compiler", "options_for"]
