"""Writes the templates' methods in C++17 (`using namespace std`).

What Java says in one expression and C++ in several statements (splitting, joining, letter case) is
written before the statement that needs it; if that would change what is evaluated, it raises.
"""

from __future__ import annotations

from generator.translate.cpp_calls import CALLS, SIZES, CppCalls
from generator.translate.printer import (
    CHOICE,
    COMPARISONS,
    INDENT,
    OPERATORS,
    OR,
    POSTFIX,
    SIGN,
    SUM,
    chained,
    changed,
    separator,
)
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
from generator.translate.types import is_text, parts

_SIMPLE = {
    "String": "string",
    "StringBuilder": "string",
    "boolean": "bool",
    "long": "long long",
    "Integer": "int",
    "Character": "char",
}


def cpp_type(java: str) -> str:
    """`vector<int>` for `List<Integer>`."""
    if java in ("int", "double", "char"):
        return java
    if java in _SIMPLE:
        return _SIMPLE[java]
    held = ", ".join(map(cpp_type, parts(java)))
    return f"unordered_map<{held}>" if java.startswith("HashMap") else f"vector<{held}>"


class CppPrinter(CppCalls):
    """C++17."""

    calls = CALLS

    # Expressions.

    def write(self, expr: Expr) -> tuple[str, int]:
        """An expression, and how tightly it binds."""
        match expr:
            case Literal(text, _):
                return text, POSTFIX
            case Name(id):
                return (
                    (f"*{self.name(id)}", SIGN) if id in self.nullable else (self.name(id), POSTFIX)
                )
            case Length() | Call(_, "length" | "size", ()):
                return f"(int) {self._size(expr)}", SIGN
            case Index(target, index):
                return f"{self.text(target, POSTFIX)}[{self.text(index)}]", POSTFIX
            case Unary(op, operand):
                return self._unary(op, operand)
            case Cast("double" | "char" as type_, operand):
                return f"({type_}) {self.text(operand, SIGN)}", SIGN
            case Cast("long", operand):
                return f"(long long) {self.text(operand, SIGN)}", SIGN
            case Conditional(test, yes, no):
                first = self.text(test, OR)
                with self.no_statements():
                    return f"{first} ? {self.text(yes, OR)} : {self.text(no, CHOICE)}", CHOICE
            case Binary():
                return self._binary(expr)
            case New(_, (source,)) if not expr.type.endswith("[]"):
                return self.write(source)  # a copy
            case Call():
                return self.special(expr) or self.call(expr)
        raise UntranslatableError(f"{type(expr).__name__} by itself")

    def value(self, expr: Expr) -> str:
        """An expression where a size needs no conversion."""
        if isinstance(expr, Length) or (isinstance(expr, Call) and expr.name in SIZES):
            return self._size(expr)
        return self.text(expr)

    def _size(self, expr: Length | Call) -> str:
        return f"{self.target(expr.target)}size()"

    def _unary(self, op: str, operand: Expr) -> tuple[str, int]:
        text = self.text(operand, SIGN)
        if op == "!" and " != " in text and isinstance(operand, Call):
            return self.text(operand).replace(" != ", " == "), OPERATORS["=="]
        return f"{op}{text}", SIGN

    def _binary(self, expr: Binary) -> tuple[str, int]:
        op, left, right = expr.op, expr.left, expr.right
        level = OPERATORS[op]
        if op in COMPARISONS:
            return self._comparison(op, left, right), level
        if op in ("&&", "||"):
            first = self.text(left, level)
            with self.no_statements():
                return f"{first} {op} {self.text(right, level + 1)}", level
        if op == "+" and self.type(expr) == "String":
            first = self.string(left, SUM)
            if all(isinstance(e, Literal) or self.type(e) == "char" for e in (left, right)):
                first = f"string({first})"
            return f"{first} + {self.string(right, SUM + 1)}", level
        return f"{self.text(left, level)} {op} {self.text(right, level + 1)}", level

    def _comparison(self, op: str, left: Expr, right: Expr) -> str:
        if isinstance(right, Literal) and right.type == "null" and isinstance(left, Name):
            return ("!" if op == "==" else "") + self.name(left.id)
        if isinstance(left, Call) and left.name == "indexOf":
            if (op, right) != (">=", Literal("0", "int")):
                raise UntranslatableError("indexOf")
            found = f"string({self.text(left.target)}).find({self.text(left.arguments[0])})"
            return f"{found} != string::npos"
        sides = []
        for side in (left, right):
            sized = isinstance(side, Length) or (isinstance(side, Call) and side.name in SIZES)
            sides.append(self.value(side) if sized else self.text(side, SUM))
        return f"{sides[0]} {op} {sides[1]}"

    def string(self, expr: Expr, least: int = 0) -> str:
        """As text: numbers by their digits."""
        if is_text(self.type(expr)) or self.type(expr) == "char":
            return self.text(expr, least)
        return f"to_string({self.value(expr)})"

    # Statements.

    def statement(self, statement: Stmt, depth: int) -> list[str]:
        """The lines of a statement, after those that it needs before it."""
        outer, self.before = self.before, []
        lines = self._lines(statement, depth)
        lines = [INDENT * depth + line for line in self.before] + lines
        self.before = outer
        return lines

    def _lines(self, statement: Stmt, depth: int) -> list[str]:
        pad = INDENT * depth
        match statement:
            case Declare(type_, name, value):
                return [f"{pad}{line}" for line in self._declare(type_, name, value)]
            case Assign():
                return [f"{pad}{self._assign(statement)};"]
            case Do(call):
                return [f"{pad}{line};" for line in self._do(call)]
            case Return(value):
                return [f"{pad}return {self.value(value)};"]
            case Jump(word):
                return [f"{pad}{word};"]
            case If():
                return self._if(statement, depth)
            case While(test, body):
                with self.no_statements():
                    head = f"{pad}while ({self.text(test)}) {{"
                return [head, *self.block(body, depth + 1), f"{pad}}}"]
            case For():
                return self._for(statement, depth)
            case ForEach():
                return self._for_each(statement, depth)
            case Switch():
                return self._switch(statement, depth)

    def _declare(self, java: str, name: str, value: Expr) -> list[str]:
        here, typed = self.name(name), cpp_type(java)
        if isinstance(value, Literal) and value.type == "null":
            self.nullable.add(name)
            return [f"optional<{typed}> {here};"]
        if isinstance(value, Call) and (lines := self.several(value, here)):
            return lines
        if isinstance(value, Call) and value.name == "subList":
            typed = "auto"  # the slice names its type itself
        if isinstance(value, New):
            if java.endswith("[]"):
                return [f"{typed} {here}({self.value(value.arguments[0])});"]
            if not value.arguments:
                return [f"{typed} {here};"]
            return self._declare(java, name, value.arguments[0])
        return [f"{typed} {here} = {self.value(value)};"]

    def _assign(self, statement: Assign) -> str:
        target, op, value = statement.target, statement.op, statement.value
        here = self.name(target.id) if isinstance(target, Name) else self.text(target)
        if value == Literal("1", "int") and op in ("+=", "-="):
            return here + ("++" if op == "+=" else "--")
        if op == "+=" and is_text(self.type(target)):
            return f"{here} += {self.string(value)}"
        return f"{here} {op} {self.value(value)}"

    def _do(self, call: Expr) -> list[str]:
        if not isinstance(call, Call):
            raise UntranslatableError("a statement that does nothing")
        if appended := chained(call, "append"):
            target = self.text(appended[0].target)
            return [f"{target} += {self.string(c.arguments[0])}" for c in appended]
        return [self.done(call)]

    def _if(self, statement: If, depth: int) -> list[str]:
        pad = INDENT * depth
        lines = [f"{pad}if ({self.text(statement.test)}) {{"]
        lines += self.block(statement.then, depth + 1)
        match statement.otherwise:
            case ():
                return [*lines, f"{pad}}}"]
            case (If() as other,):
                with self.no_statements():
                    first, *more = self._if(other, depth)
                return [*lines, f"{pad}}} else {first.lstrip()}", *more]
        otherwise = self.block(statement.otherwise, depth + 1)
        return [*lines, f"{pad}}} else {{", *otherwise, f"{pad}}}"]

    def _switch(self, statement: Switch, depth: int) -> list[str]:
        otherwise: Block = statement.default
        for value, body in reversed(statement.cases):
            otherwise = (If(Binary("==", statement.subject, value), body, otherwise),)
        return self.block(otherwise, depth)

    def _for(self, loop: For, depth: int) -> list[str]:
        pad = INDENT * depth
        self.types[loop.start.name] = loop.start.type
        with self.no_statements():
            (start,) = self._declare(loop.start.type, loop.start.name, loop.start.value)
            head = f"{pad}for ({start} {self.text(loop.test)}; {self._assign(loop.step)}) {{"
        return [head, *self.block(loop.body, depth + 1), f"{pad}}}"]

    def _for_each(self, loop: ForEach, depth: int) -> list[str]:
        pad, name, typed = INDENT * depth, self.name(loop.name), cpp_type(loop.type)
        items = loop.items
        body = self.block(loop.body, depth + 1)
        if isinstance(items, Call) and items.name == "split":
            stream = self.fresh("stream")
            head = [
                f"stringstream {stream}({self.text(items.target)});",
                f"{typed} {name};",
                f"while (getline({stream}, {name}, '{separator(items)}')) {{",
            ]
        elif isinstance(items, Call) and items.name in ("keySet", "values"):
            entry = self.fresh("entry")
            field = "first" if items.name == "keySet" else "second"
            head = [f"for (const auto& {entry} : {self.text(items.target)}) {{"]
            body = [f"{pad}{INDENT}{typed} {name} = {entry}.{field};", *body]
        else:
            whole = (
                items.target if isinstance(items, Call) and items.name == "toCharArray" else items
            )
            if typed == "string" and loop.name not in changed(loop.body):
                typed = "const string&"
            head = [f"for ({typed} {name} : {self.text(whole)}) {{"]
        return [*(pad + line for line in head), *body, f"{pad}}}"]
