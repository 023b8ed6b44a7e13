"""The built-in tasks: a seeded generator of tasks in MBXP's prompt format, in three languages.

Needs no hub and no data set. Every task has a reference solution and at least four tests whose
expected values come from an independent Python oracle. A template's body is Java; Python and C++
are translated from it (`translate`), and each language has its `layouts`. Adding a template: see
`spec` and any module of `families`. Does not cover running the tests (`rlcf.sandbox`).
"""

from __future__ import annotations

from rlcf.tasks.embedded.generator import SPLITS, generate, make_task, split_of, templates
from rlcf.tasks.embedded.spec import Choice, Spec, Template

__all__ = ["SPLITS", "Choice", "Spec", "Template", "generate", "make_task", "split_of", "templates"]
