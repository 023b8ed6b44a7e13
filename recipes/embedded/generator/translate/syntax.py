"""The Java of the templates as a tree: what a template's body may use, and nothing more.

Nodes are plain data. `children` of nothing is hidden: printers match on the classes. Does not
cover reading (`parser`), types (`types`) or writing (`python`, `cpp`).
"""

from __future__ import annotations

from dataclasses import dataclass, field


class UntranslatableError(ValueError):
    """The body uses Java that is not in the subset, or that a language has no words for."""


@dataclass(frozen=True)
class Literal:
    """`5`, `2.5`, `"text"`, `'c'`, `true`, `null`: as written, with its type."""

    text: str
    type: str


@dataclass(frozen=True)
class Name:
    """A variable, or the class of a static method."""

    id: str


@dataclass(frozen=True)
class Unary:
    """`!e` or `-e`."""

    op: str
    operand: Expr


@dataclass(frozen=True)
class Cast:
    """`(double) e` or `(char) e`."""

    type: str
    operand: Expr


@dataclass(frozen=True)
class Binary:
    """`left op right`."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True)
class Conditional:
    """`test ? yes : no`."""

    test: Expr
    yes: Expr
    no: Expr


@dataclass(frozen=True)
class Call:
    """`target.name(arguments)`."""

    target: Expr
    name: str
    arguments: tuple[Expr, ...]

    @property
    def static(self) -> str:
        """`Math.max` for static methods, else the empty string."""
        if isinstance(self.target, Name) and self.target.id[0].isupper():
            return f"{self.target.id}.{self.name}"
        return ""


@dataclass(frozen=True)
class Length:
    """`array.length`."""

    target: Expr


@dataclass(frozen=True)
class Index:
    """`array[index]`."""

    target: Expr
    index: Expr


@dataclass(frozen=True)
class New:
    """`new Type(arguments)`; of arrays, `new int[size]`."""

    type: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True)
class Lambda:
    """`(String w) -> body`; the type is empty where Java infers it."""

    type: str
    parameter: str
    body: Expr


Expr = Literal | Name | Unary | Cast | Binary | Conditional | Call | Length | Index | New | Lambda


@dataclass(frozen=True)
class Declare:
    """`type name = value;`."""

    type: str
    name: str
    value: Expr


@dataclass(frozen=True)
class Assign:
    """`target op value;`; `x++` is `x += 1`."""

    target: Expr
    op: str
    value: Expr


@dataclass(frozen=True)
class Do:
    """A method call as a statement."""

    call: Expr


@dataclass(frozen=True)
class Return:
    """`return value;`."""

    value: Expr


@dataclass(frozen=True)
class Jump:
    """`break` or `continue`."""

    word: str


@dataclass(frozen=True)
class If:
    """`if`, with what follows `else`."""

    test: Expr
    then: Block
    otherwise: Block = ()


@dataclass(frozen=True)
class While:
    """`while (test)`."""

    test: Expr
    body: Block


@dataclass(frozen=True)
class For:
    """`for (start; test; step)`."""

    start: Declare
    test: Expr
    step: Assign
    body: Block


@dataclass(frozen=True)
class ForEach:
    """`for (type name : items)`."""

    type: str
    name: str
    items: Expr
    body: Block


@dataclass(frozen=True)
class Switch:
    """`switch` of which each case returns."""

    subject: Expr
    cases: tuple[tuple[Expr, Block], ...]
    default: Block = field(default=())


Stmt = Declare | Assign | Do | Return | Jump | If | While | For | ForEach | Switch
Block = tuple[Stmt, ...]


@dataclass(frozen=True)
class Method:
    """A method: its parameters as (type, name), what it returns, and its body."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    returns: str
    body: Block
