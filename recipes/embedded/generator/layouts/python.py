"""Python tasks in the layout of MBPP, as MBXP has it."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from generator.layout import SHOWN, Drawn, Written, free_names
from generator.spec import Char
from generator.translate import PythonPrinter, translated

_BETTER = {
    "str": "string",
    "list": "items",
    "map": "table",
    "input": "source",
    "sum": "total",
    "max": "largest",
    "min": "smallest",
    "sorted": "ordered",
    "sb": "result",
}
_RESERVED = {*keyword.kwlist, *(n for n in dir(builtins) if n.islower())}
_JAVA_WORDS = {"int", "char", "for", "while", "if", "else", "return", "continue", "break"}


class PythonLayout:
    """A function with its description in a docstring."""

    openings: tuple[str, ...] = (
        "Write a Python function to",
        "Write a function to",
        "Write a python function to",
        "Write a Python method to",
    )
    words: Mapping[str, str] = MappingProxyType(
        {
            "HashMap": "dictionary",
            "as a double": "as a float",
            "as a char": "as a character",
            "an int array": "a list of integers",
            "an array": "a list",
            "array": "list",
            "arrays": "lists",
            "true": "True",
            "false": "False",
        }
    )

    def method_name(self, name: str) -> str:
        """In snake case."""
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
        return snake + "_" if snake in _RESERVED else snake

    def renamed(self, words: set[str]) -> dict[str, str]:
        """Those like keywords and built-in functions."""
        return free_names(words - _JAVA_WORDS, _BETTER, _RESERVED)

    def write(self, drawn: Drawn) -> Written:
        """Prompt, reference and tests."""
        parameters = ", ".join(drawn.renamed.get(name, name) for _, name in drawn.parameters)
        examples = "".join(
            f"    >>> {drawn.method}({', '.join(map(literal, args))})\n    {literal(expected)}\n"
            for args, expected in drawn.cases[:SHOWN]
        )
        prompt = (
            f"\n\ndef {drawn.method}({parameters}):\n"
            f'    """\n    {drawn.description}\n{examples}    """\n'
        )
        checks = "".join(_check(args, expected, drawn.returns) for args, expected in drawn.cases)
        return Written(
            prompt=prompt,
            reference=translated(drawn, PythonPrinter),
            tests=f"\n\n\nMETADATA = {{}}\n\n\ndef check(candidate):\n{checks}",
        )


def _check(args: tuple[Any, ...], expected: Any, returns: str) -> str:
    call = f"candidate({', '.join(map(literal, args))})"
    if returns == "double":
        return f"    assert abs({call} - {literal(expected)}) < 1e-7\n"
    return f"    assert {call} == {literal(expected)}\n"


def literal(value: Any) -> str:
    """The value as Python writes it, text in double quotes."""
    if isinstance(value, Char):
        return f"'{value}'"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    return repr(value)
