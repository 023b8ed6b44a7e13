"""C++ by g++ or clang++, with all standard headers compiled in advance (`bits/stdc++.h`)."""

from __future__ import annotations

from typing import ClassVar

from rlcf.languages.gcc import Gcc
from rlcf.languages.spec import Sample


class Cpp(Gcc):
    """C++17 with GNU extensions."""

    name = "cpp"
    title = "C++"
    frontends: ClassVar = {
        "gcc": ("g++", "apt-get install g++"),
        "clang": ("clang++", "apt-get install clang g++"),
    }
    extension = "cpp"
    flags = ("-std=gnu++17", "-O0")
    header = "bits/stdc++.h"
    check_failure = r"Assertion `.*' failed"
    sample = Sample(
        good="#include <bits/stdc++.h>\nint add(int a, int b) { return a + b; }\n",
        bad="#include <bits/stdc++.h>\nint add(int a, int b) { return a + c; }\n",
        tests='int main() { if (add(1, 2) != 3) throw std::runtime_error("not equal"); }\n',
    )
