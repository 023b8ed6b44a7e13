"""Java tasks in the layout of MBJP (MBXP's Java part).

The one place that knows how Java writes literals, and how MBJP lays out prompts and tests.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from generator.layout import SHOWN, Case, Drawn, Written
from generator.spec import Char

OPENINGS = (
    "Write a Java function to",
    "Write a function to",
    "Write a Java method to",
    "Write a method to",
)
_HEADER = """\
import java.io.*;
import java.lang.*;
import java.util.*;
import java.math.*;


"""

# MBJP's compare, with the tolerance of MathQA's for doubles and element-wise for arrays.
_COMPARE = {
    "double": """\
        } else if (obj1 instanceof Double && obj2 instanceof Double) {
            return Math.abs((double) obj1 - (double) obj2) < 1e-7;
""",
    "int[]": """\
        } else if (obj1 instanceof int[] && obj2 instanceof int[]) {
            return Arrays.equals((int[]) obj1, (int[]) obj2);
""",
}

_INT_RANGE = {"int": 2**31, "Integer": 2**31, "long": 2**63, "Long": 2**63}


class JavaLayout:
    """The bodies as they are."""

    openings: tuple[str, ...] = OPENINGS
    words: Mapping[str, str] = {}

    def method_name(self, name: str) -> str:
        """As the template has it."""
        return name

    def renamed(self, words: set[str]) -> dict[str, str]:
        """No variable needs another name."""
        return {}

    def write(self, drawn: Drawn) -> Written:
        """Prompt, reference and tests."""
        method = drawn.method
        class_name = method[0].upper() + method[1:]
        examples = "".join(
            f"     * > {method}({', '.join(map(plain, args))})\n     * {plain(expected)}\n"
            for args, expected in drawn.cases[:SHOWN]
        )
        parameters = ", ".join(f"{t} {n}" for t, n in drawn.parameters)
        prompt = (
            f"{_HEADER}class {class_name} {{\n    /**\n     * * {drawn.description}\n     *\n"
            f"{examples}     */\n    public static {drawn.returns} {method}({parameters}) {{\n"
        )
        types = [type_ for type_, _ in drawn.parameters]
        return Written(
            prompt=prompt,
            reference=textwrap.indent(drawn.body, " " * 8) + "\n    }\n}",
            tests=_tests(f"{class_name}.{method}", types, drawn.returns, drawn.cases),
        )


def literal(value: Any, java_type: str) -> str:
    """The value as a Java expression of the type, as MBJP's tests write it.

    Raises:
        ValueError: the type is unknown, or the value is out of its range.
    """
    if java_type in _INT_RANGE:
        limit = _INT_RANGE[java_type]
        if type(value) is not int or not -limit < value < limit:
            raise ValueError(f"{value!r} is not a Java {java_type}")
        return f"{value}L" if java_type in ("long", "Long") else str(value)
    if java_type in ("boolean", "double", "String", "char", "Boolean", "Double", "Character"):
        return plain(value)
    if java_type == "int[]":
        return "new int[]{" + ", ".join(literal(v, "int") for v in value) + "}"
    if java_type.startswith("List<"):
        inner = java_type[len("List<") : -1]
        return "Arrays.asList(" + ", ".join(literal(v, inner) for v in value) + ")"
    if java_type.startswith("HashMap<"):
        key_type, value_type = java_type[len("HashMap<") : -1].split(", ", 1)
        puts = "".join(
            f"put({literal(k, key_type)}, {literal(v, value_type)});" for k, v in value.items()
        )
        return f"new {java_type}(){{{{{puts}}}}}"
    raise ValueError(f"no literals for the Java type {java_type}")


def plain(value: Any) -> str:
    """The value as MBJP's examples show it: `[1, 2]`, `"text"`, `{"a": 1}`, `true`, `2.5`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, Char):
        return f"'{value}'"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if isinstance(value, list):
        return "[" + ", ".join(map(plain, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{plain(k)}: {plain(v)}" for k, v in value.items()) + "}"
    return str(value)


def _double(value: float) -> str:
    """As `Double.toString` writes it: plain from 1e-3 to 1e7, else `d.dddEn`."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = format(Decimal(repr(value)), "f")
        return text if "." in text else text + ".0"
    mantissa, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def _tests(call: str, types: Sequence[str], returns: str, cases: Sequence[Case]) -> str:
    blocks = []
    for i, (args, expected) in enumerate(cases):
        values = [literal(a, t) for a, t in zip(args, types, strict=True)]
        declared = "".join(
            f"        {t} arg{i}{j} = {v};\n"
            for j, (t, v) in enumerate(zip(types, values, strict=True))
        )
        blocks.append(
            f"{declared}        {returns} x{i} = {call}({', '.join(values)});\n"
            f"        {returns} v{i} = {literal(expected, returns)};\n"
            f"        if (!(compare(x{i}, v{i}))) {{\n"
            f'            throw new java.lang.Exception("Exception -- test case {i} did not pass. '
            f'x{i} = " + x{i});\n        }}\n\n'
        )
    return f"""

class Main {{
    public static boolean compare(Object obj1, Object obj2) {{
        if (obj1 == null && obj2 == null){{
            return true;
        }} else if (obj1 == null || obj2 == null){{
            return false;
{_COMPARE.get(returns, "")}        }} else {{
            return obj1.equals(obj2);
        }}
    }}
{" " * 4}
    public static void main(String[] args) throws Exception {{
{"".join(blocks)}
}}
}}
"""
