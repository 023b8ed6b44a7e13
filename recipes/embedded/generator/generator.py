"""Which tasks exist, and which part of the embedded sets each belongs to.

A hash of the key alone decides the part, so it depends neither on the seed nor on the order of the
templates.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from types import ModuleType

from generator import families
from generator.render import render_task
from generator.spec import Template, Value
from rlcf.tasks.task import Task

PARTS = ("train", "validation", "test", "held-out")
_VALIDATION_BELOW = 8  # of 100 hash buckets
_TEST_BELOW = 20


def templates() -> tuple[Template, ...]:
    """All templates, in the order of the family modules."""

    def of(module: ModuleType) -> list[Template]:
        return [t for t in vars(module).values() if isinstance(t, Template)]

    return tuple(t for module in families.MODULES for t in of(module))


def part_of(template: Template, key: str) -> str:
    """The part that the key belongs to, whatever the seed; `held-out` goes to the test split."""
    if template.held_out:
        return "held-out"
    digest = hashlib.sha256(f"{template.name}:{key}".encode()).digest()
    bucket = int.from_bytes(digest[:8], "big") % 100
    if bucket < _VALIDATION_BELOW:
        return "validation"
    return "test" if bucket < _TEST_BELOW else "train"


def keys_of(part: str) -> Iterator[tuple[Template, str, dict[str, Value]]]:
    """Every key of a part, template by template."""
    for template in templates():
        for key, values in template.key_space():
            if part_of(template, key) == part:
                yield template, key, values


def make_task(
    template: Template, key: str, values: dict[str, Value], seed: int = 0, language: str = "java"
) -> Task:
    """The task of one key; the seed decides wording, names and test cases."""
    r = random.Random(f"{template.name}:{key}:{seed}")
    return render_task(template.name, values, template.build(**values), r, language)
