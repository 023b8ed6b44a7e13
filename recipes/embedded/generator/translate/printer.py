"""What writing the tree in any language shares: levels of binding, renaming, phrases for calls.

A printer of a language says how it writes expressions and statements. Does not know any language.
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from generator.translate.syntax import (
    Assign,
    Block,
    Call,
    Declare,
    Do,
    Expr,
    ForEach,
    Literal,
    Method,
    Name,
    Stmt,
    UntranslatableError,
)
from generator.translate.types import type_of

INDENT = "    "
CHOICE, OR, AND, NOT, EQUALITY, ORDER, SUM, PRODUCT, SIGN, POSTFIX = range(1, 11)
"""How tightly the forms bind, loosest first."""
OPERATORS = {
    "||": OR,
    "&&": AND,
    **dict.fromkeys(("==", "!="), EQUALITY),
    **dict.fromkeys(("<", ">", "<=", ">="), ORDER),
    **dict.fromkeys("+-", SUM),
    **dict.fromkeys("*/%", PRODUCT),
}
COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")
CHANGING = ("add", "append", "insert", "put", "sort", "reverse")
"""Methods that change what they are called on."""


@dataclass(frozen=True)
class Phrase:
    """How a method call is written: `{t}` is its target, `{a}` and `{b}` its arguments."""

    text: str
    level: int = POSTFIX
    """How tightly the whole binds."""
    operands: int = 0
    """How tightly target and arguments must bind."""


class Printer(ABC):
    """Writes one method."""

    calls: ClassVar[Mapping[str, Phrase]]
    """By `String.charAt`, `List.size`, `HashMap.get`, `Math.max`."""

    def __init__(self, method: Method, renamed: Mapping[str, str]) -> None:
        """Nothing is written yet.

        Args:
            method: what to write.
            renamed: other names for some of its variables.
        """
        self.method = method
        self.types = {name: type_ for type_, name in method.parameters}
        self._renamed = dict(renamed)

    def body(self) -> str:
        """The body, one level deep.

        Raises:
            UntranslatableError: the language has no words for something in it.
        """
        return "\n".join(self.block(self.method.body, 1))

    def block(self, statements: Block, depth: int) -> list[str]:
        """The lines of some statements."""
        lines: list[str] = []
        for statement in statements:
            if isinstance(statement, Declare | ForEach):
                self.types[statement.name] = statement.type
            lines += self.statement(statement, depth)
        return lines

    def text(self, expr: Expr, least: int = 0) -> str:
        """An expression, in parentheses where it binds less tightly than asked."""
        text, level = self.write(expr)
        return f"({text})" if level < least else text

    def type(self, expr: Expr) -> str:
        """Its Java type."""
        return type_of(expr, self.types)

    def name(self, name: str) -> str:
        """A variable's name in this language."""
        return self._renamed.get(name, name)

    def call(self, call: Call) -> tuple[str, int]:
        """A call for which there is a phrase."""
        key = call.static or f"{kind_of(self.type(call.target))}.{call.name}"
        phrase = self.calls.get(key)
        if phrase is None:
            raise UntranslatableError(f"{key} has no translation")
        words = {"t": "" if call.static else self.text(call.target, POSTFIX)}
        for letter, argument in zip("abc", call.arguments, strict=False):
            words[letter] = self.text(argument, phrase.operands)
        return phrase.text.format(**words), phrase.level

    @abstractmethod
    def write(self, expr: Expr) -> tuple[str, int]:
        """An expression, and how tightly it binds."""

    @abstractmethod
    def statement(self, statement: Stmt, depth: int) -> list[str]:
        """The lines of a statement."""


def kind_of(type_: str) -> str:
    """`List` for `List<String>`; what builds strings counts as a string."""
    return "String" if type_ == "StringBuilder" else type_.partition("<")[0]


def separator(split: Call) -> str:
    """What `split` splits at, between quotes; Java takes a pattern, in which it is escaped.

    Raises:
        UntranslatableError: it is a pattern that stands for more than itself.
    """
    argument = split.arguments[0]
    if isinstance(argument, Literal):
        plain = argument.text[1:-1].replace("\\\\", "")
        if len(plain) == 1 and (
            plain.isalnum() or plain in " ,;:/-_" or plain != argument.text[1:-1]
        ):
            return plain
    raise UntranslatableError("split at a pattern")


def chained(call: Expr, name: str) -> list[Call]:
    """`a.append(x).append(y)` as two calls on `a`; empty if it is none of that."""
    if not isinstance(call, Call) or call.name != name:
        return []
    before = chained(call.target, name)
    if before:
        return [*before, dataclasses.replace(call, target=before[0].target)]
    return [call]


def walk(node: Any) -> Iterator[Any]:
    """All nodes below one, itself first."""
    if isinstance(node, tuple):
        for item in node:
            yield from walk(item)
    elif dataclasses.is_dataclass(node):
        yield node
        for field in dataclasses.fields(node):
            yield from walk(getattr(node, field.name))


def changed(block: Block) -> set[str]:
    """Names of the variables that a block assigns or changes."""
    names = set()
    for node in walk(block):
        if isinstance(node, Assign) and isinstance(node.target, Name):
            names.add(node.target.id)
        if isinstance(node, Do):
            names |= {
                n.target.id
                for n in walk(node.call)
                if isinstance(n, Call) and n.name in CHANGING and isinstance(n.target, Name)
            }
    return names


def mentioned(node: Any) -> set[str]:
    """Names that occur in a node."""
    return {n.id for n in walk(node) if isinstance(n, Name)}
