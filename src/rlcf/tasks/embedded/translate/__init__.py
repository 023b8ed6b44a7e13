"""The templates' Java in other languages: read once, written by a printer for each language.

One description of a task, several languages. The subset of Java is what the templates use; the
rest raises. That a translation is right is shown by running it: every reference has to pass the
tests, whose expected values come from an oracle that knows no Java.
"""

from __future__ import annotations

from rlcf.tasks.embedded.layouts.base import Drawn
from rlcf.tasks.embedded.translate.cpp import CppPrinter
from rlcf.tasks.embedded.translate.parser import parse
from rlcf.tasks.embedded.translate.printer import Printer
from rlcf.tasks.embedded.translate.python import PythonPrinter
from rlcf.tasks.embedded.translate.syntax import Method, UntranslatableError

__all__ = ["CppPrinter", "PythonPrinter", "UntranslatableError", "translated"]


def translated(drawn: Drawn, printer: type[Printer]) -> str:
    """The body of a task in the printer's language.

    Raises:
        UntranslatableError: it uses what is not in the subset, or has no words there.
    """
    method = Method(drawn.method, drawn.parameters, drawn.returns, parse(drawn.body))
    return printer(method, drawn.renamed).body()
