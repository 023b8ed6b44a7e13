"""A verifiers taskset: write a program that the compiler accepts and that is like the reference.

Its settings and rewards are those of `rlcf.adapters.verifiers`.
"""

from rlcf.adapters.verifiers import CodeTaskset

__all__ = ["CodeTaskset"]
