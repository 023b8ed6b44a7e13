"""Writes the templates' methods in Python.

Counting loops become `range` where their bounds stand still; builders of strings become strings.
"""

from __future__ import annotations

from generator.translate.printer import (
    CHOICE,
    COMPARISONS,
    INDENT,
    NOT,
    OPERATORS,
    OR,
    ORDER,
    POSTFIX,
    SUM,
    Phrase,
    Printer,
    chained,
    changed,
    mentioned,
    separator,
    walk,
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
from generator.translate.types import is_text

_WORDS = {"true": "True", "false": "False", "null": "None"}
_OPERATORS = {"&&": "and", "||": "or"}


CALLS = {
    "Math.max": Phrase("max({a}, {b})"),
    "Math.min": Phrase("min({a}, {b})"),
    "Math.abs": Phrase("abs({a})"),
    "String.valueOf": Phrase("str({a})"),
    "String.join": Phrase("{a}.join({b})", operands=POSTFIX),
    "Character.isDigit": Phrase("{a}.isdigit()", operands=POSTFIX),
    "Character.isLetter": Phrase("{a}.isalpha()", operands=POSTFIX),
    "Character.isUpperCase": Phrase("{a}.isupper()", operands=POSTFIX),
    "Character.isLowerCase": Phrase("{a}.islower()", operands=POSTFIX),
    "Character.toUpperCase": Phrase("{a}.upper()", operands=POSTFIX),
    "Character.toLowerCase": Phrase("{a}.lower()", operands=POSTFIX),
    "Collections.max": Phrase("max({a})"),
    "Collections.min": Phrase("min({a})"),
    "String.length": Phrase("len({t})"),
    "String.toString": Phrase("{t}"),
    "String.toCharArray": Phrase("{t}"),
    "String.reverse": Phrase("{t}[::-1]"),
    "String.equals": Phrase("{t} == {a}", ORDER, SUM),
    "String.isEmpty": Phrase('{t} == ""', ORDER, SUM),
    "String.contains": Phrase("{a} in {t}", ORDER, SUM),
    "String.startsWith": Phrase("{t}.startswith({a})"),
    "String.endsWith": Phrase("{t}.endswith({a})"),
    "String.toUpperCase": Phrase("{t}.upper()"),
    "String.toLowerCase": Phrase("{t}.lower()"),
    "String.replace": Phrase("{t}.replace({a}, {b})"),
    "List.size": Phrase("len({t})"),
    "List.get": Phrase("{t}[{a}]"),
    "List.contains": Phrase("{a} in {t}", ORDER, SUM),
    "HashMap.get": Phrase("{t}[{a}]"),
    "HashMap.getOrDefault": Phrase("{t}.get({a}, {b})"),
    "HashMap.containsKey": Phrase("{a} in {t}", ORDER, SUM),
    "HashMap.keySet": Phrase("{t}"),
    "HashMap.values": Phrase("{t}.values()"),
}


class PythonPrinter(Printer):
    """Python 3."""

    calls = CALLS

    # Expressions.

    def write(self, expr: Expr) -> tuple[str, int]:
        """An expression, and how tightly it binds."""
        match expr:
            case Literal(text, _):
                return _WORDS.get(text, text), POSTFIX
            case Name(id):
                return self.name(id), POSTFIX
            case Length(target):
                return f"len({self.text(target)})", POSTFIX
            case Index(target, index):
                return f"{self.text(target, POSTFIX)}[{self.text(index)}]", POSTFIX
            case Unary(op, operand):
                return self._unary(op, operand)
            case Cast(type_, operand):
                return self._cast(type_, operand)
            case Conditional(test, yes, no):
                words = self.text(yes, OR), self.text(test, OR), self.text(no, CHOICE)
                return "{} if {} else {}".format(*words), CHOICE
            case Binary():
                return self._binary(expr)
            case New():
                return self._new(expr)
            case Call():
                return self._call(expr)
            case Lambda():
                raise UntranslatableError("a lambda by itself")

    def _unary(self, op: str, operand: Expr) -> tuple[str, int]:
        if op == "-":
            return f"-{self.text(operand, POSTFIX)}", POSTFIX - 1
        if isinstance(operand, Call) and operand.name in ("contains", "containsKey"):
            within = self.text(operand.target, SUM)
            return f"{self.text(operand.arguments[0], SUM)} not in {within}", ORDER
        return f"not {self.text(operand, NOT)}", NOT

    def _cast(self, type_: str, operand: Expr) -> tuple[str, int]:
        if type_ == "char":
            return f"chr({self._number(operand)})", POSTFIX
        if type_ == "double":
            return f"float({self.text(operand)})", POSTFIX
        return self.write(operand)

    def _binary(self, expr: Binary) -> tuple[str, int]:
        op, left, right = expr.op, expr.left, expr.right
        if op in COMPARISONS:
            return self._comparison(op, left, right)
        if op in _OPERATORS:
            level = OPERATORS[op]
            return f"{self.text(left, level)} {_OPERATORS[op]} {self.text(right, level)}", level
        if op == "+" and self.type(expr) == "String":
            return f"{self._string(left, SUM)} + {self._string(right, SUM + 1)}", SUM
        if op == "-" and self.type(left) == self.type(right) == "char" and _is_zero(right):
            return f"int({self.text(left)})", POSTFIX
        level = OPERATORS[op]
        written = op
        if op == "/":
            written = "/" if self.type(expr) == "double" else "//"
        if op in ("*", "/"):  # true division needs no conversion
            left, right = _bare(left), _bare(right)
        return f"{self._number(left, level)} {written} {self._number(right, level + 1)}", level

    def _comparison(self, op: str, left: Expr, right: Expr) -> tuple[str, int]:
        if _is_null(right):
            return f"{self.text(left, SUM)} {'is' if op == '==' else 'is not'} None", ORDER
        if isinstance(left, Call) and left.name == "indexOf" and (op, right) == _FOUND:
            return f"{self.text(left.arguments[0], SUM)} in {self.text(left.target, SUM)}", ORDER
        if "char" in (self.type(left), self.type(right)) and self.type(left) != self.type(right):
            return f"{self._number(left, SUM)} {op} {self._number(right, SUM)}", ORDER
        return f"{self.text(left, SUM)} {op} {self.text(right, SUM)}", ORDER

    def _number(self, expr: Expr, least: int = 0) -> str:
        """As a number: characters by their code."""
        if self.type(expr) == "char":
            return f"ord({self.text(expr)})"
        return self.text(expr, least)

    def _string(self, expr: Expr, least: int = 0) -> str:
        """As text: numbers by their digits."""
        if is_text(self.type(expr)) or self.type(expr) == "char":
            return self.text(expr, least)
        return f"str({self.text(expr)})"

    def _new(self, expr: New) -> tuple[str, int]:
        kind = expr.type.partition("<")[0]
        if expr.type.endswith("[]"):
            zero = {"int[]": "0", "String[]": "None"}[expr.type]
            return f"[{zero}] * {self.text(expr.arguments[0], SUM + 1)}", SUM + 1
        if not expr.arguments:
            return {"ArrayList": "[]", "HashMap": "{}", "StringBuilder": '""'}[kind], POSTFIX
        (source,) = expr.arguments
        if kind == "StringBuilder" or (isinstance(source, Call) and source.name == "subList"):
            return self.write(source)
        return f"{'list' if kind == 'ArrayList' else 'dict'}({self.text(source)})", POSTFIX

    def _call(self, call: Call) -> tuple[str, int]:
        if call.name in ("substring", "subList"):
            first = "" if _is(call.arguments[0], "0") else self.text(call.arguments[0])
            last = self.text(call.arguments[1]) if len(call.arguments) > 1 else ""
            return f"{self.text(call.target, POSTFIX)}[{first}:{last}]", POSTFIX
        if call.name == "split":
            return f'{self.text(call.target, POSTFIX)}.split("{separator(call)}")', POSTFIX
        if call.name == "charAt" and _is_last(call):
            return f"{self.text(call.target, POSTFIX)}[-1]", POSTFIX
        if call.name == "charAt":
            return f"{self.text(call.target, POSTFIX)}[{self.text(call.arguments[0])}]", POSTFIX
        return self.call(call)

    # Statements.

    def statement(self, statement: Stmt, depth: int) -> list[str]:
        """The lines of a statement."""
        pad = INDENT * depth
        match statement:
            case Declare(_, name, value):
                return [f"{pad}{self.name(name)} = {self.text(value)}"]
            case Assign(target, op, value):
                return [pad + self._assign(target, op, value)]
            case Do(call):
                return [pad + line for line in self._do(call)]
            case Return(value):
                return [f"{pad}return {self.text(value)}"]
            case Jump(word):
                return [pad + word]
            case If():
                return self._if(statement, depth, "if")
            case While(test, body):
                return [f"{pad}while {self.text(test)}:", *self.block(body, depth + 1)]
            case For():
                return self._for(statement, depth)
            case ForEach(_, name, items, body):
                head = f"{pad}for {self.name(name)} in {self.text(items)}:"
                return [head, *self.block(body, depth + 1)]
            case Switch():
                return self._switch(statement, depth)

    def _assign(self, target: Expr, op: str, value: Expr) -> str:
        if op == "/=" and "double" not in (self.type(target), self.type(value)):
            op = "//="
        text = self.text(value)
        if op == "+=" and is_text(self.type(target)):
            text = self._string(value)
        elif self.type(value) == "char" and self.type(target) != "char":
            text = self._number(value)
        return f"{self.text(target)} {op} {text}"

    def _do(self, call: Expr) -> list[str]:
        if not isinstance(call, Call):
            raise UntranslatableError("a statement that does nothing")
        if appended := chained(call, "append"):
            target = self.text(appended[0].target)
            return [f"{target} += {self._string(c.arguments[0])}" for c in appended]
        arguments = call.arguments
        if call.static == "Collections.sort":
            order = "reverse=True" if len(arguments) > 1 else ""
            return [f"{self.text(arguments[0])}.sort({order})"]
        if call.static == "Collections.reverse":
            return [f"{self.text(arguments[0])}.reverse()"]
        inner = call.target
        if call.name == "add" and isinstance(inner, Call) and inner.name == "computeIfAbsent":
            group = f"{self.text(inner.target)}.setdefault({self.text(inner.arguments[0])}, [])"
            return [f"{group}.append({self.text(arguments[0])})"]
        target = self.text(inner, POSTFIX)
        match call.name:
            case "add":
                return [f"{target}.append({self.text(arguments[0])})"]
            case "put":
                return [f"{target}[{self.text(arguments[0])}] = {self.text(arguments[1])}"]
            case "insert" if _is(arguments[0], "0"):
                return [f"{target} = {self._string(arguments[1], SUM)} + {target}"]
            case "sort":
                return [f"{target}.sort({self._key(arguments[0])})"]
        raise UntranslatableError(f"{call.name} as a statement")

    def _key(self, comparator: Expr) -> str:
        """`Comparator.comparing(...)`, maybe `.reversed()`, as arguments of `sort`."""
        match comparator:
            case Call(inner, "reversed", ()):
                return self._key(inner) + ", reverse=True"
            case Call(Name("Comparator"), "comparing", (Lambda(type_, parameter, body),)):
                self.types[parameter] = type_
                return f"key=lambda {self.name(parameter)}: {self.text(body)}"
        raise UntranslatableError("a comparator")

    def _if(self, statement: If, depth: int, word: str) -> list[str]:
        pad = INDENT * depth
        lines = [f"{pad}{word} {self.text(statement.test)}:"]
        lines += self.block(statement.then, depth + 1)
        match statement.otherwise:
            case ():
                return lines
            case (If() as other,):
                return lines + self._if(other, depth, "elif")
        return [*lines, f"{pad}else:", *self.block(statement.otherwise, depth + 1)]

    def _switch(self, statement: Switch, depth: int) -> list[str]:
        otherwise: Block = statement.default
        for value, body in reversed(statement.cases):
            otherwise = (If(Binary("==", statement.subject, value), body, otherwise),)
        return self.block(otherwise, depth)

    def _for(self, loop: For, depth: int) -> list[str]:
        pad, inside = INDENT * depth, depth + 1
        self.types[loop.start.name] = loop.start.type
        counted = self._range(loop)
        if counted:
            head = f"{pad}for {self.name(loop.start.name)} in range({counted}):"
            return [head, *self.block(loop.body, inside)]
        if any(isinstance(node, Jump) for node in walk(loop.body)):
            raise UntranslatableError("a jump in a loop that is not a range")
        first = self.statement(loop.start, depth)
        lines = [*first, f"{pad}while {self.text(loop.test)}:", *self.block(loop.body, inside)]
        return [*lines, *self.statement(loop.step, inside)]

    def _range(self, loop: For) -> str:
        """The arguments of `range` that count as the loop does, or the empty string."""
        name, step = loop.start.name, loop.step
        if not isinstance(loop.test, Binary) or step.op not in ("+=", "-="):
            return ""
        left, bound, plus = loop.test.left, loop.test.right, 0
        match left:
            case Binary("+", counter, Literal(text, _)):
                left, plus = counter, int(text)
        fixed = {name, *mentioned(bound), *mentioned(step.value)} & changed(loop.body)
        if left != Name(name) or fixed or not isinstance(step.value, Literal):
            return ""
        if step.op == "+=" and loop.test.op in ("<", "<="):
            stop = self._shifted(bound, (loop.test.op == "<=") - plus)
        elif step.op == "-=" and loop.test.op in (">", ">="):
            stop = self._shifted(bound, -(loop.test.op == ">=") - plus)
        else:
            return ""
        by = ("-" if step.op == "-=" else "") + step.value.text
        start = self.text(loop.start.value)
        if by == "1":
            return stop if start == "0" else f"{start}, {stop}"
        return f"{start}, {stop}, {by}"

    def _shifted(self, bound: Expr, by: int) -> str:
        """The text of `bound + by`."""
        if isinstance(bound, Literal):
            return str(int(bound.text) + by)
        if by == 0:
            return self.text(bound)
        return f"{self.text(bound, SUM)} {'+' if by > 0 else '-'} {abs(by)}"


_FOUND = (">=", Literal("0", "int"))


def _is(expr: Expr, text: str) -> bool:
    return isinstance(expr, Literal) and expr.text == text


def _is_null(expr: Expr) -> bool:
    return isinstance(expr, Literal) and expr.type == "null"


def _is_zero(expr: Expr) -> bool:
    return expr == Literal("'0'", "char")


def _is_last(call: Call) -> bool:
    """`s.charAt(s.length() - 1)`."""
    length = Call(call.target, "length", ())
    return call.arguments[0] == Binary("-", length, Literal("1", "int"))


def _bare(expr: Expr) -> Expr:
    return expr.operand if isinstance(expr, Cast) and expr.type == "double" else expr
