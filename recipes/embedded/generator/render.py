"""Turns a `Spec` into a task: draws wording, names and test cases, and has a layout write it.

What is drawn does not depend on the language, so that a key and a seed give the same task in each.
Does not decide which tasks exist (`generator`), what they mean (the family modules) nor how a
language writes them (`layouts`).
"""

from __future__ import annotations

import hashlib
import random
import re
import textwrap
from collections.abc import Mapping
from string import Template as Text
from typing import Any

from generator.layout import SHOWN, Case, Drawn, Layout
from generator.layouts import LAYOUTS
from generator.spec import Choice, Spec, Value, label
from rlcf.tasks.task import Task


def render_task(
    template: str,
    values: dict[str, Value],
    spec: Spec,
    r: random.Random,
    language: str = "java",
) -> Task:
    """Choose wording, names and test cases, and write the task out.

    Raises:
        ValueError: the template is faulty (its inputs do not give enough distinct cases, or a
            value does not fit its Java type).
        UntranslatableError: (a ValueError) its body has no translation.
    """
    layout = LAYOUTS[language]
    method = _camel_case(_substitute(r.choice(spec.names.split("|")), values, _capitalised))
    types = [p.rsplit(" ", 1)[0] for p in spec.params]
    body, names = _name_parameters(_substitute(spec.body, values, _java), spec, r)
    renamed = layout.renamed(_words_of(body) | set(names.values()))
    shown = {first: renamed.get(name, name) for first, name in names.items()}
    opening = r.choice(layout.openings)
    description = f"{opening} {_word(r.choice(spec.says), values, shown, r, layout)}"
    drawn = Drawn(
        method=layout.method_name(method),
        parameters=tuple(zip(types, names.values(), strict=True)),
        returns=spec.returns,
        body=body,
        renamed=renamed,
        description=description,
        cases=_draw_cases(template, spec, r),
    )
    written = layout.write(drawn)
    digest = hashlib.sha256((written.prompt + written.tests).encode()).hexdigest()[:8]
    family = "embedded" if language == "java" else f"embedded-{language}"
    return Task(
        task_id=f"{family}/{template}/{digest}",
        language=language,
        prompt=written.prompt,
        reference=written.reference,
        tests=written.tests,
        entry_point=drawn.method,
        description=description,
    )


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


def _words_of(body: str) -> set[str]:
    """Names in the body, without those of methods and fields."""
    unquoted = re.sub(r'"[^"\n]*"|\'[^\'\n]*\'|\.\w+', "", body)
    return set(re.findall(r"[A-Za-z_]\w*", unquoted))


def _word(
    says: str,
    values: dict[str, Value],
    names: Mapping[str, str],
    r: random.Random,
    layout: Layout,
) -> str:
    """Fill in the values, decide the alternatives from the inside out, name the parameters."""
    text = _substitute(says, values, _words)
    while "[" in text:
        text = re.sub(r"\[([^\[\]]*)\]", lambda m: r.choice(m[1].split("|")), text)
    for word, other in layout.words.items():
        text = re.sub(rf"\b{word}\b", other, text)
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
