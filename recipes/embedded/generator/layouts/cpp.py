"""C++ tasks in the layout of MBCPP (MBXP's C++ part)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from generator.layout import SHOWN, Drawn, Written, free_names
from generator.layouts.java import plain
from generator.spec import Char
from generator.translate import CppPrinter, translated
from generator.translate.cpp import cpp_type

_HEADER = "#include <bits/stdc++.h>\nusing namespace std;\n\n\n"
_BETTER = {"max": "largest", "min": "smallest", "sb": "result", "string": "text"}
_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """and auto bitand bitor bool compl const decltype delete explicit export extern friend
        inline mutable namespace not operator or register signed sizeof struct template typedef
        typename union unsigned using virtual xor""",
    )
)
_TYPES = frozenset({"slice"})
"""Types of the library, with which a function of the same name clashes."""
_COMPARE = """
template <typename T> bool compare(T a, T b) {
    return a == b;
}
"""
_COMPARE_DOUBLE = """
bool compare(double a, double b) {
    return abs(a - b) < 1e-7;
}
"""


class CppLayout:
    """A function with its description in a comment."""

    openings: tuple[str, ...] = (
        "Write a C++ function to",
        "Write a function to",
        "Write a c++ function to",
        "Write a C++ method to",
    )
    words: Mapping[str, str] = {"a HashMap": "an unordered_map", "an array": "a vector"}

    def method_name(self, name: str) -> str:
        """As in Java."""
        return name + "_" if name in _KEYWORDS | _TYPES else name

    def renamed(self, words: set[str]) -> dict[str, str]:
        """Keywords, and those that hide a function of the library which is called."""
        return free_names(words, _BETTER, _KEYWORDS)

    def write(self, drawn: Drawn) -> Written:
        """Prompt, reference and tests."""
        returns = cpp_type(drawn.returns)
        types = [type_ for type_, _ in drawn.parameters]
        parameters = ", ".join(
            f"{cpp_type(type_)} {drawn.renamed.get(name, name)}" for type_, name in drawn.parameters
        )
        calls = [
            f"{drawn.method}({', '.join(map(literal, args, types))})" for args, _ in drawn.cases
        ]
        expected = [literal(value, drawn.returns, inner=True) for _, value in drawn.cases]
        examples = "".join(
            f" * > {call}\n * {value}\n"
            for call, value in list(zip(calls, expected, strict=True))[:SHOWN]
        )
        prompt = (
            f"{_HEADER}/**\n * {drawn.description}\n{examples} */\n"
            f"{returns} {drawn.method}({parameters}) {{\n"
        )
        checks = "\n".join(
            f"    {returns} x{i} = {call};\n"
            f"    if (!(compare(x{i}, {value}))) {{\n"
            f'        throw runtime_error("Exception -- test case {i} did not pass.");\n    }}\n'
            for i, (call, value) in enumerate(zip(calls, expected, strict=True))
        )
        compare = _COMPARE_DOUBLE if drawn.returns == "double" else _COMPARE
        return Written(
            prompt=prompt,
            reference=translated(drawn, CppPrinter) + "\n}",
            tests=f"\n{compare}\nint main(int argc, char* argv[]) {{\n{checks}\n    return 0;\n}}",
        )


def literal(value: Any, java_type: str, inner: bool = False) -> str:
    """The value as MBCPP's tests write it.

    Args:
        value: of a type of the generator.
        java_type: its type.
        inner: leave out the type of a container, where C++ knows it.
    """
    named = "" if inner else cpp_type(java_type) if isinstance(value, list | dict) else ""
    if isinstance(value, Char) or not isinstance(value, str | list | dict):
        return plain(value) + ("LL" if java_type in ("long", "Long") else "")
    if isinstance(value, str):
        return f"string({plain(value)})"
    if isinstance(value, list):
        held = java_type[:-2] if java_type.endswith("[]") else java_type[len("List<") : -1]
        return named + "{" + ", ".join(literal(v, held, inner=True) for v in value) + "}"
    key, held = java_type[len("HashMap<") : -1].split(", ", 1)
    pairs = (
        "{" + f"{literal(k, key, inner=True)}, {literal(v, held, inner=True)}" + "}"
        for k, v in value.items()
    )
    return named + "{" + ", ".join(pairs) + "}"
