"""Reads the Java of the templates: a recursive descent over the subset in `syntax`.

Whatever is not in the subset raises, so that no template is translated by guessing. Does not
check that the Java is right: javac does, for the Java tasks.
"""

from __future__ import annotations

import re

from generator.translate.syntax import (
    Assign,
    Binary,
    Block,
    Call,
    Cast,
    Conditional,
    Declare,
    Do,
    Expr,
    For,
    ForEach,
    If,
    Index,
    Jump,
    Lambda,
    Length,
    Literal,
    Name,
    New,
    Return,
    Stmt,
    Switch,
    Unary,
    UntranslatableError,
    While,
)

_TOKEN = re.compile(
    r"""\s+|(?P<text>"(?:[^"\\]|\\.)*")|(?P<char>'(?:[^'\\]|\\.)')|(?P<double>\d+\.\d+)"""
    r"""|(?P<int>\d+)|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<op>->|\+\+|--|[-+*/%]=|[<>=!]=|&&|\|\||[-+*/%<>=!?:;,.(){}\[\]])"""
)
_LITERALS = {"text": "String", "char": "char", "double": "double", "int": "int"}
_WORDS = {"true": "boolean", "false": "boolean", "null": "null"}
_PRIMITIVES = ("int", "long", "double", "char", "boolean")
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))


def parse(body: str) -> Block:
    """The statements of a method's body.

    Raises:
        UntranslatableError: it is not in the subset.
    """
    reader = _Reader(body)
    statements = []
    while reader.kind:
        statements.append(reader.statement())
    return tuple(statements)


class _Reader:
    def __init__(self, source: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(source):
            match = _TOKEN.match(source, at)
            if match is None:
                raise UntranslatableError(f"not in the subset: {source[at : at + 20]!r}")
            if match.lastgroup:
                self._tokens.append((match.lastgroup, match[0]))
            at = match.end()
        self._tokens += [("", "")] * 3
        self._at = 0

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def text(self) -> str:
        return self._tokens[self._at][1]

    def _take(self, expected: str = "") -> str:
        text = self.text
        if (expected and text != expected) or not self.kind:
            context = " ".join(text for _, text in self._tokens[self._at : self._at + 5])
            raise UntranslatableError(f"expected {expected or 'more'} at: {context}")
        self._at += 1
        return text

    def _accept(self, *texts: str) -> str:
        if self.text in texts and self.kind == "op":
            return self._take()
        return ""

    # Statements.

    def statement(self) -> Stmt:
        """One statement."""
        special = {
            "if": self._if,
            "for": self._for,
            "while": self._while,
            "switch": self._switch,
            "return": self._return,
            "break": self._jump,
            "continue": self._jump,
        }
        if self.text in special:
            return special[self.text]()
        return self._simple(";")

    def _simple(self, end: str) -> Declare | Assign | Do:
        """A declaration, an assignment or a call, with what ends it."""
        made: Declare | Assign | Do
        start = self._at
        declared = self._type()
        if declared and self.kind == "name":
            name = self._take()
            self._take("=")
            made = Declare(declared, name, self._expression())
        else:
            self._at = start
            target = self._expression()
            if self._accept("++"):
                made = Assign(target, "+=", Literal("1", "int"))
            elif self._accept("--"):
                made = Assign(target, "-=", Literal("1", "int"))
            elif op := self._accept("=", "+=", "-=", "*=", "/=", "%="):
                made = Assign(target, op, self._expression())
            else:
                made = Do(target)
        self._take(end)
        return made

    def _block(self) -> Block:
        self._take("{")
        statements = []
        while not self._accept("}"):
            statements.append(self.statement())
        return tuple(statements)

    def _if(self) -> If:
        self._take("if")
        self._take("(")
        test = self._expression()
        self._take(")")
        then = self._block()
        if self.text != "else":
            return If(test, then)
        self._take("else")
        return If(test, then, (self._if(),) if self.text == "if" else self._block())

    def _for(self) -> Stmt:
        self._take("for")
        self._take("(")
        start = self._at
        declared, name = self._type(), self._take()
        if self._accept(":"):
            items = self._expression()
            self._take(")")
            return ForEach(declared, name, items, self._block())
        self._at = start
        first = self._simple(";")
        test = self._expression()
        self._take(";")
        step = self._simple(")")
        if not (isinstance(first, Declare) and isinstance(step, Assign)):
            raise UntranslatableError("a loop that does not count")
        return For(first, test, step, self._block())

    def _while(self) -> While:
        self._take("while")
        self._take("(")
        test = self._expression()
        self._take(")")
        return While(test, self._block())

    def _switch(self) -> Switch:
        self._take("switch")
        self._take("(")
        subject = self._expression()
        self._take(")")
        self._take("{")
        cases = []
        while self.text == "case":
            self._take()
            value = self._expression()
            self._take(":")
            cases.append((value, (self._return(),)))
        self._take("default")
        self._take(":")
        default = (self._return(),)
        self._take("}")
        return Switch(subject, tuple(cases), default)

    def _return(self) -> Return:
        self._take("return")
        value = self._expression()
        self._take(";")
        return Return(value)

    def _jump(self) -> Jump:
        word = self._take()
        self._take(";")
        return Jump(word)

    # Types and expressions.

    def _type(self) -> str:
        """A type, or the empty string where there is none."""
        if self.kind != "name":
            return ""
        text = self._take()
        if text not in _PRIMITIVES and not text[0].isupper():
            return ""
        if self._accept("<"):
            inner = [] if self.text == ">" else [self._type()]
            while self._accept(","):
                inner.append(self._type())
            if not self._accept(">"):
                return ""
            text += f"<{', '.join(inner)}>"
        while self.text == "[" and self._tokens[self._at + 1][1] == "]":
            self._at += 2
            text += "[]"
        return text

    def _expression(self) -> Expr:
        if self.kind == "name" and self._tokens[self._at + 1][1] == "->":
            parameter = self._take()
            self._take("->")
            return Lambda("", parameter, self._expression())
        test = self._binary(0)
        if not self._accept("?"):
            return test
        yes = self._expression()
        self._take(":")
        return Conditional(test, yes, self._expression())

    def _binary(self, level: int) -> Expr:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while op := self._accept(*_LEVELS[level]):
            left = Binary(op, left, self._binary(level + 1))
        return left

    def _unary(self) -> Expr:
        if op := self._accept("!", "-"):
            return Unary(op, self._unary())
        if self.text == "(" and self._tokens[self._at + 1][1] in _PRIMITIVES:
            self._take("(")
            to = self._type()
            self._take(")")
            return Cast(to, self._unary())
        return self._postfix(self._primary())

    def _primary(self) -> Expr:
        kind, text = self.kind, self._take()
        if kind in _LITERALS:
            return Literal(text, _LITERALS[kind])
        if text in _WORDS:
            return Literal(text, _WORDS[text])
        if text == "new":
            return self._new()
        if kind == "name":
            return Name(text)
        if text != "(":
            raise UntranslatableError(f"no expression starts with {text!r}")
        start = self._at
        declared = self._type()
        if declared and self.kind == "name" and self._tokens[self._at + 1][1] == ")":
            name = self._take()
            self._take(")")
            self._take("->")
            return Lambda(declared, name, self._expression())
        self._at = start
        inner = self._expression()
        self._take(")")
        return inner

    def _new(self) -> Expr:
        made = self._type()
        if self._accept("["):
            size = self._expression()
            self._take("]")
            return New(made + "[]", (size,))
        return New(made, self._arguments())

    def _arguments(self) -> tuple[Expr, ...]:
        self._take("(")
        arguments: list[Expr] = []
        while not self._accept(")"):
            if arguments:
                self._take(",")
            arguments.append(self._expression())
        return tuple(arguments)

    def _postfix(self, expr: Expr) -> Expr:
        while True:
            if self._accept("["):
                expr = Index(expr, self._expression())
                self._take("]")
            elif self._accept("."):
                name = self._take()
                if self.text == "(":
                    expr = Call(expr, name, self._arguments())
                elif name == "length":
                    expr = Length(expr)
                else:
                    raise UntranslatableError(f"the field {name}")
            else:
                return expr
