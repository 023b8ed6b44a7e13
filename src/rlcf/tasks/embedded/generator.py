"""Which tasks exist and which are drawn: key spaces, splits, balance.

The split of a key is decided by a hash of the key alone, so it never depends on the seed, the
count or the order of the templates. Does not cover the templates themselves nor rendering.
"""

from __future__ import annotations

import hashlib
import random
from types import ModuleType

from rlcf.errors import UserError
from rlcf.tasks.embedded import families
from rlcf.tasks.embedded.layouts import layout_of
from rlcf.tasks.embedded.render import render_task
from rlcf.tasks.embedded.spec import Template, Value
from rlcf.tasks.task import Task

SPLITS = ("train", "validation", "test")
_VALIDATION_BELOW = 8  # of 100 hash buckets
_TEST_BELOW = 20
HELD_OUT_SHARE = 0.2
"""Share of the test split that comes from templates never seen in training."""
LARGEST_SHARE = 3
"""No template has more than this many times an equal share of the tasks."""

Key = tuple[Template, str, dict[str, Value]]


def templates() -> tuple[Template, ...]:
    """All templates, in the order of the family modules."""

    def of(module: ModuleType) -> list[Template]:
        return [t for t in vars(module).values() if isinstance(t, Template)]

    return tuple(t for module in families.MODULES for t in of(module))


def split_of(template: Template, key: str) -> str:
    """The split that the key belongs to, whatever the seed."""
    if template.held_out:
        return "test"
    digest = hashlib.sha256(f"{template.name}:{key}".encode()).digest()
    bucket = int.from_bytes(digest[:8], "big") % 100
    if bucket < _VALIDATION_BELOW:
        return "validation"
    return "test" if bucket < _TEST_BELOW else "train"


def available(split: str) -> tuple[dict[str, list[Key]], dict[str, list[Key]]]:
    """The split's keys by template: of the ordinary templates, and of the held-out ones.

    Raises:
        UserError: there is no such split.
    """
    if split not in SPLITS:
        raise UserError(f"unknown split '{split}': choose one of {', '.join(SPLITS)}")
    ordinary: dict[str, list[Key]] = {}
    held_out: dict[str, list[Key]] = {}
    for template in templates():
        keys = [(template, k, v) for k, v in template.key_space() if split_of(template, k) == split]
        if keys:
            (held_out if template.held_out else ordinary)[template.name] = keys
    return ordinary, held_out


def generate(count: int, seed: int = 0, split: str = "train", language: str = "java") -> list[Task]:
    """Draw tasks, each of another semantic key, balanced over the templates, in random order.

    The same arguments give the same tasks. Another seed gives other keys (where there are more
    than asked for), wordings, names and test cases. In the test split about a fifth of the tasks
    come from held-out templates.

    Args:
        count: how many tasks.
        seed: any integer.
        split: `train`, `validation` or `test`; they share no key.
        language: what they are to be solved in; the same arguments give the same tasks in each.

    Raises:
        UserError: the split or the language is unknown, or the split has fewer than `count` tasks.
    """
    layout_of(language)
    ordinary, held_out = available(split)
    from_held_out = round(count * HELD_OUT_SHARE) if held_out else 0
    maximum = _capacity(ordinary)
    if held_out:
        of_ordinary, of_held_out = (
            maximum / (1 - HELD_OUT_SHARE),
            _capacity(held_out) / HELD_OUT_SHARE,
        )
        maximum = int(min(of_ordinary, of_held_out)) - 1
    if not 1 <= count <= maximum:
        raise UserError(f"asked for {count} tasks of split '{split}': ask for 1 to {maximum}")
    r = random.Random(f"embedded/{split}/{seed}")
    drawn = _draw(ordinary, count - from_held_out, r) + _draw(held_out, from_held_out, r)
    r.shuffle(drawn)
    return [make_task(template, key, values, seed, language) for template, key, values in drawn]


def make_task(
    template: Template, key: str, values: dict[str, Value], seed: int = 0, language: str = "java"
) -> Task:
    """The task of one key; the seed decides wording, names and test cases."""
    r = random.Random(f"{template.name}:{key}:{seed}")
    return render_task(template.name, values, template.build(**values), r, language)


def _capacity(pool: dict[str, list[Key]]) -> int:
    """How many tasks can be drawn before a template exceeds `LARGEST_SHARE`."""
    sizes = [len(keys) for keys in pool.values()]
    totals = {cap: sum(min(size, cap) for size in sizes) for cap in range(1, max(sizes) + 1)}
    return max(t for cap, t in totals.items() if cap <= LARGEST_SHARE * t / len(sizes))


def _draw(pool: dict[str, list[Key]], count: int, r: random.Random) -> list[Key]:
    """Sample keys as evenly over the templates as their numbers of keys allow."""
    drawn: list[Key] = []
    names = sorted(pool, key=lambda name: (len(pool[name]), name))
    for i, name in enumerate(names):
        left = len(names) - i
        # Those that come last have the most keys and make up for the poorer ones; the odd
        # tasks of the division go to random templates.
        share, odd = divmod(count - len(drawn), left)
        drawn += r.sample(pool[name], min(len(pool[name]), share + (r.randrange(left) < odd)))
    return drawn
