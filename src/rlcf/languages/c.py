"""C by gcc or clang."""

from __future__ import annotations

from typing import ClassVar

from rlcf.languages.gcc import Gcc
from rlcf.languages.spec import Sample


class C(Gcc):
    """C17 with GNU extensions; functions that nobody declared are errors."""

    name = "c"
    title = "C"
    frontends: ClassVar = {
        "gcc": ("gcc", "apt-get install gcc libc6-dev"),
        "clang": ("clang", "apt-get install clang libc6-dev"),
    }
    extension = "c"
    flags = ("-std=gnu17", "-O0", "-Werror=implicit-function-declaration")
    check_failure = r"Assertion `.*' failed"
    sample = Sample(
        good="int add(int a, int b) { return a + b; }\n",
        bad="int add(int a, int b) { return a + c; }\n",
        tests="#include <assert.h>\nint main(void) { assert(add(1, 2) == 3); return 0; }\n",
    )
