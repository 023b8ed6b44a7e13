"""The templates' Java in other languages: read once, written by a printer for each language.

One description of a task, several languages. The subset of Java is what the templates use; the
rest raises. That a translation is right is shown by running it: every reference has to pass the
tests, whose expected values come from an oracle that knows no Java.
"""

from __future__ import annotations

from generator.layout import Drawn
from generator.translate.cpp import CppPrinter
from generator.translate.parser import parse
from generator.translate.printer import Printer
from generator.translate.python import PythonPrinter
from generator.translate.syntax import Method, UntranslatableError

__all__ = ["CppPrinter", "PythonPrinter", "UntranslatableError", "translated"]


def translated(drawn: Drawn, printer: type[Printer]) -> str:
    """The body of a task in the printer's language.

    Raises:
        UntranslatableError: it uses what is not in the subset, or has no words there.
    """
    method = Method(drawn.method, drawn.parameters, drawn.returns, parse(drawn.body))
    return printer(method, drawn.renamed).body()
