"""The built-in tasks: a seeded generator of Java tasks in MBJP's prompt format.

Needs no hub and no data set. Every task has a reference solution and at least four tests whose
expected values come from an independent Python oracle. Adding a template: see `spec` and any
module of `families`. Does not cover languages other than Java (a spec's body is Java), nor
running the tests (`rlcf.sandbox`).
"""

from __future__ import annotations

from rlcf.tasks.embedded.generator import SPLITS, generate, make_task, split_of, templates
from rlcf.tasks.embedded.spec import Choice, Spec, Template

__all__ = ["SPLITS", "Choice", "Spec", "Template", "generate", "make_task", "split_of", "templates"]
