"""How each language lays out its tasks: prompt, reference and tests."""

from __future__ import annotations

from generator.layout import Layout
from generator.layouts.cpp import CppLayout
from generator.layouts.java import JavaLayout
from generator.layouts.python import PythonLayout

LAYOUTS: dict[str, Layout] = {"java": JavaLayout(), "python": PythonLayout(), "cpp": CppLayout()}
