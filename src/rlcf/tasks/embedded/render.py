"""Turns a `Spec` into a task in the layout of MBJP (MBXP's Java part).

The one place that knows how Java writes literals, and how MBJP lays out prompts and tests.
Does not decide which tasks exist (`generator`) nor what they mean (the family modules).
"""

from __future__ import annotations

import hashlib
import random
import re
import textwrap
from collections.abc import Sequence
from decimal import Decimal
from string import Template as Text
from typing import Any

from rlcf.tasks.embedded.spec import Args, Choice, Spec, Value, label
from rlcf.tasks.task import Task

SHOWN = 3
"""Examples in the description; MBJP shows its three tests."""

OPENINGS = (
    "Write a Java function to",
    "Write a function to",
    "Write a Java method to",
    "Write a method to",
)

Case = tuple[Args, Any]

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


def render_task(template: str, values: dict[str, Value], spec: Spec, r: random.Random) -> Task:
    """Choose wording, names and test cases, and write the task out.

    Raises:
        ValueError: the template is faulty (its inputs do not give enough distinct cases, or a
            value does not fit its Java type).
    """
    method = _camel_case(_substitute(r.choice(spec.names.split("|")), values, _capitalised))
    types = [p.rsplit(" ", 1)[0] for p in spec.params]
    body, names = _name_parameters(_substitute(spec.body, values, _java), spec, r)
    description = f"{r.choice(OPENINGS)} {_word(r.choice(spec.says), values, names, r)}"
    cases = _draw_cases(template, spec, r)
    class_name = method[0].upper() + method[1:]
    examples = "".join(
        f"     * > {method}({', '.join(map(plain, args))})\n     * {plain(expected)}\n"
        for args, expected in cases[:SHOWN]
    )
    parameters = ", ".join(f"{t} {n}" for t, n in zip(types, names.values(), strict=True))
    prompt = (
        f"{_HEADER}class {class_name} {{\n    /**\n     * * {description}\n     *\n{examples}"
        f"     */\n    public static {spec.returns} {method}({parameters}) {{\n"
    )
    tests = _tests(f"{class_name}.{method}", types, spec.returns, cases)
    digest = hashlib.sha256((prompt + tests).encode()).hexdigest()[:8]
    return Task(
        task_id=f"embedded/{template}/{digest}",
        language="java",
        prompt=prompt,
        reference=textwrap.indent(body, " " * 8) + "\n    }\n}",
        tests=tests,
        entry_point=method,
        description=description,
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


class Char(str):
    """A one-character string that is a Java `char`, not a `String`."""

    __slots__ = ()


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


def _capitalised(value: Value) -> str:
    text = label(value)
    return text[:1].upper() + text[1:]


def _camel_case(name: str) -> str:
    return name[0].lower() + name[1:]


def _java(value: Value) -> str:
    return value.java if isinstance(value, Choice) else str(value)


def _words(value: Value) -> str:
    return value.words if isinstance(value, Choice) else str(value)


def _substitute(text: str, values: dict[str, Value], as_text: Any) -> str:
    return Text(text).substitute({name: as_text(value) for name, value in values.items()})


def _word(says: str, values: dict[str, Value], names: dict[str, str], r: random.Random) -> str:
    """Fill in the values, decide the alternatives from the inside out, name the parameters."""
    text = _substitute(says, values, _words)
    while "[" in text:
        text = re.sub(r"\[([^\[\]]*)\]", lambda m: r.choice(m[1].split("|")), text)
    text = re.sub(r"\{(\w+)\}", lambda m: names[m[1]], text)
    return text if text.endswith(".") else text + "."


def _name_parameters(body: str, spec: Spec, r: random.Random) -> tuple[str, dict[str, str]]:
    """The body with chosen parameter names, and the chosen name of each first name."""
    # A template leaves a line empty where one of its variants needs no statement.
    body = textwrap.dedent(re.sub(r"(?m)^\s*\n", "", body)).rstrip()
    taken = set(re.findall(r"\w+", body))
    names: dict[str, str] = {}
    for parameter in spec.params:
        first, *others = parameter.rsplit(" ", 1)[1].split("|")
        free = [first, *(n for n in others if n not in taken)]
        names[first] = r.choice(free)
        taken.add(names[first])
    # Quoted text is kept: a parameter name may also be a word in a string literal.
    pattern = r'"[^"\n]*"|(?<!\.)\b(' + "|".join(names) + r")\b"
    return re.sub(pattern, lambda m: names[m[1]] if m[1] else m[0], body), names


def _draw_cases(template: str, spec: Spec, r: random.Random) -> list[Case]:
    """Four or five distinct cases whose expected values differ as far as the inputs allow."""
    wanted = r.choice((SHOWN + 1, SHOWN + 2))
    pool: dict[str, list[Case]] = {}
    seen: set[str] = set()
    chosen: list[Case] = []
    if spec.edges:
        edge = r.choice(spec.edges)
        seen.add(repr(edge))
        chosen.append((edge, spec.oracle(*edge)))
    for attempt in range(1000):
        args = spec.inputs(r)
        if repr(args) not in seen:
            seen.add(repr(args))
            expected = spec.oracle(*args)
            pool.setdefault(repr(expected), []).append((args, expected))
        if attempt >= 2 * wanted and len(seen) > wanted and len(pool) > 1:
            break
    while len(chosen) < wanted and pool:
        for expected_text in list(pool):
            chosen.append(pool[expected_text].pop())
            if not pool[expected_text]:
                del pool[expected_text]
    chosen = chosen[:wanted]
    # An edge may hide behind the examples, but the examples alone must not allow a constant.
    r.shuffle(chosen)
    first = repr(chosen[0][1])
    chosen.sort(key=lambda case: repr(case[1]) == first)
    chosen.insert(1, chosen.pop())
    if len(chosen) < wanted or repr(chosen[0][1]) == repr(chosen[1][1]):
        raise ValueError(f"template {template}: inputs give too few distinct cases")
    return chosen


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
