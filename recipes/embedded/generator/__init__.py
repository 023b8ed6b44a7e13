"""What made the embedded tasks: templates in MBXP's prompt format, written in three languages.

Every task has a solution and at least four tests whose expected values come from an independent
Python oracle. A template's body is Java; `translate` makes Python and C++ of it, and each language
has its `layouts`. To add a template, see `spec` and any module of `families`.
"""

from __future__ import annotations

from generator.generator import PARTS, keys_of, make_task, part_of, templates
from generator.spec import Choice, Spec, Template

__all__ = ["PARTS", "Choice", "Spec", "Template", "keys_of", "make_task", "part_of", "templates"]
