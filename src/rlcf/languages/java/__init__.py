"""Java: a warm compile server in one JVM, asked over a pipe; tests in a pool of warm JVMs."""

from rlcf.languages.java.compiler import Compiled, JavaCompiler, JavaOptions, Unit
from rlcf.languages.java.project import Project
from rlcf.languages.java.runner import JavaRunner, RunnerOptions
from rlcf.languages.jvm.jdk import Jdk, find_jdk

__all__ = [
    "Compiled",
    "JavaCompiler",
    "JavaOptions",
    "JavaRunner",
    "Jdk",
    "Project",
    "RunnerOptions",
    "Unit",
    "find_jdk",
]
