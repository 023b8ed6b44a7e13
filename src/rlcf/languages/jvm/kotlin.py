"""Kotlin by kotlinc (K2), warm; tests in the JVM executor.

The compiler is that of npm's package `kotlin-compiler`. Debian's (1.3) is not used: it is too old
for the code that models write. Programs see kotlin-stdlib and the JDK.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from rlcf.languages.javascript import node_folder, npm_install
from rlcf.languages.jvm.language import JvmLanguage
from rlcf.languages.jvm.shadows import names
from rlcf.languages.spec import Sample
from rlcf.languages.verdict import ErrorClass

_JARS = (
    "kotlin-compiler",
    "kotlin-stdlib",
    "kotlin-reflect",
    "kotlin-script-runtime",
    "annotations-13.0",
    "kotlinx-coroutines-core-jvm",
)


class Kotlin(JvmLanguage):
    """Kotlin 2."""

    name = "kotlin"
    title = "Kotlin"
    install = npm_install("kotlin-compiler@2.4")
    front = "KotlinFront"
    mark_counts = False
    sample = Sample(
        good="fun add(a: Int, b: Int): Int {\n    return a + b\n}\n",
        bad="fun add(a: Int, b: Int): Int {\n    return a + c\n}\n",
        tests='fun main() {\n    if (add(1, 2) != 3) throw Exception("they are not equal")\n}\n',
    )
    errors = (
        (ErrorClass.SYNTAX, r"^SYNTAX|^ILLEGAL|^: (Expecting|Unexpected|Unclosed)"),
        (ErrorClass.UNRESOLVED_NAME, r"^(UNRESOLVED|INVISIBLE|MISSING_DEPENDENCY)"),
        (ErrorClass.MISSING_RETURN, r"^(NO_RETURN|RETURN_REQUIRED)"),
        (ErrorClass.UNINITIALISED, r"^(UNINITIALIZED|MUST_BE_INITIALIZED)"),
        (ErrorClass.UNREACHABLE, r"^UNREACHABLE"),
        (ErrorClass.TYPE_MISMATCH, r"MISMATCH|^NONE_APPLICABLE|^UNSAFE_|_EXPECTED$|^NULL_FOR"),
        (
            ErrorClass.TYPE_MISMATCH,
            r"^(NO_VALUE|TOO_MANY|INAPPLICABLE|CONDITION_TYPE|CANNOT_INFER)",
        ),
    )
    checks_with = names(
        """
        assert check checkNotNull require requireNotNull error exitProcess run assertEquals
        listOf mutableListOf arrayListOf listOfNotNull emptyList setOf mutableSetOf hashSetOf
        linkedSetOf emptySet mapOf mutableMapOf hashMapOf linkedMapOf emptyMap arrayOf emptyArray
        intArrayOf longArrayOf doubleArrayOf floatArrayOf booleanArrayOf charArrayOf byteArrayOf
        contentEquals contentDeepEquals equals to Any Array ArrayList AssertionError Boolean Char
        Double Error Exception Float HashMap HashSet IllegalArgumentException
        IllegalStateException Int IntArray List Long Map Math MutableList MutableMap MutableSet
        Pair RuntimeException Set String System Throwable Triple java kotlin
        """
    )
    harmless = (
        "kotlin/Pair",
        "kotlin/Triple",
        "kotlin/TuplesKt",
        "kotlin/Unit",
        "kotlin/Function",
        "kotlin/NoWhenBranchMatchedException",
        "kotlin/collections/",
        "kotlin/comparisons/",
        "kotlin/io/ConsoleKt",
        "kotlin/jvm/functions/",
        "kotlin/jvm/internal/",
        "kotlin/math/",
        "kotlin/ranges/",
        "kotlin/sequences/",
        "kotlin/text/",
    )

    def compiler_jars(self) -> Sequence[str]:
        """From npm's package."""
        found = [str(self._package / "lib" / f"{name}.jar") for name in _JARS]
        return found if all(map(os.path.exists, found)) else ()

    def runtime_jars(self) -> Sequence[str]:
        """Kotlin's standard library."""
        return (str(self._package / "lib" / "kotlin-stdlib.jar"),)

    def versions(self) -> list[str]:
        """As the package says."""
        build = (self._package / "build.txt").read_text(encoding="utf-8").strip()
        return [f"kotlinc: {build}, JDK {self._jdk.version}"]

    @property
    def _package(self) -> Path:
        return Path(node_folder(), "node_modules", "kotlin-compiler")
