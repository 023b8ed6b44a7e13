"""What made the embedded tasks: templates in MBXP's prompt format, written in three languages.

Every task has a reference solution and at least four tests whose expected values come from an
independent Python oracle. A template's body is Java; Python and C++ are translated from it
(`translate`), and each language has its `layouts`. Adding a template: see `spec` and any module of
`families`. Does not cover running the tests (`rlcf.sandbox`) nor the files (`make_tasks.py`).
"""

from __future__ import annotations

from generator.generator import PARTS, keys_of, make_task, part_of, templates
from generator.spec import Choice, Spec, Template

__all__ = ["PARTS", "Choice", "Spec", "Template", "keys_of", "make_task", "part_of", "templates"]
