"""Java: a warm compile server in one JVM, asked over a pipe.

`create` is what `rlcf.compilers.get_compiler("java")` calls.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from rlcf.compilers.java.compiler import Compiled, JavaCompiler, JavaOptions, Unit
from rlcf.compilers.java.jdk import Jdk, find_jdk
from rlcf.compilers.java.project import Project
from rlcf.errors import UserError

__all__ = [
    "Compiled",
    "JavaCompiler",
    "JavaOptions",
    "Jdk",
    "Project",
    "Unit",
    "create",
    "find_jdk",
]


def create(**options: Any) -> JavaCompiler:
    """A compiler with these fields of `JavaOptions`.

    Raises:
        UserError: an unknown option, or no usable JDK.
    """
    known = [f.name for f in fields(JavaOptions)]
    for name in options:
        if name not in known:
            raise UserError(f"unknown Java option {name!r}: known are {', '.join(known)}")
    return JavaCompiler(JavaOptions(**options))
