"""C++ by g++, with all standard headers compiled in advance (`bits/stdc++.h`)."""

from __future__ import annotations

from rlcf.languages.base import Sample, Tool
from rlcf.languages.gcc import Gcc


class Cpp(Gcc):
    """C++17 with GNU extensions."""

    name = "cpp"
    title = "C++"
    tools = (Tool("g++"),)
    install = "apt-get install g++"
    compiler = "g++"
    extension = "cpp"
    flags = ("-std=gnu++17", "-O0")
    header = "bits/stdc++.h"
    sample = Sample(
        good="#include <bits/stdc++.h>\nint add(int a, int b) { return a + b; }\n",
        bad="#include <bits/stdc++.h>\nint add(int a, int b) { return a + c; }\n",
        tests='int main() { if (add(1, 2) != 3) throw std::runtime_error("not equal"); }\n',
    )
