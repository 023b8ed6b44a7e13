"""How C++ writes the method calls of the templates."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from generator.translate.printer import (
    CHOICE,
    EQUALITY,
    OR,
    POSTFIX,
    PRODUCT,
    SIGN,
    SUM,
    Phrase,
    Printer,
    mentioned,
    separator,
)
from generator.translate.syntax import (
    Binary,
    Call,
    Expr,
    Index,
    Lambda,
    Literal,
    Method,
    Name,
    New,
    UntranslatableError,
)
from generator.translate.types import parts

SIZES = ("length", "size")
CALLS = {
    "Math.abs": Phrase("abs({a})"),
    "String.valueOf": Phrase("to_string({a})"),
    "Character.isDigit": Phrase("isdigit({a})"),
    "Character.isLetter": Phrase("isalpha({a})"),
    "Character.isUpperCase": Phrase("isupper({a})"),
    "Character.isLowerCase": Phrase("islower({a})"),
    "Character.toUpperCase": Phrase("(char) toupper({a})", SIGN),
    "Character.toLowerCase": Phrase("(char) tolower({a})", SIGN),
    "Collections.max": Phrase("*max_element({a}.begin(), {a}.end())", SIGN, POSTFIX),
    "Collections.min": Phrase("*min_element({a}.begin(), {a}.end())", SIGN, POSTFIX),
    "String.charAt": Phrase("{t}[{a}]"),
    "String.toString": Phrase("{t}"),
    "String.equals": Phrase("{t} == {a}", EQUALITY, SUM),
    "String.isEmpty": Phrase("{t}.empty()"),
    "String.contains": Phrase("{t}.find({a}) != string::npos", EQUALITY),
    "String.startsWith": Phrase("{t}.rfind({a}, 0) == 0", EQUALITY),
    "List.get": Phrase("{t}[{a}]"),
    "List.contains": Phrase("find({t}.begin(), {t}.end(), {a}) != {t}.end()", EQUALITY),
    "HashMap.get": Phrase("{t}[{a}]"),
    "HashMap.containsKey": Phrase("{t}.count({a}) > 0", EQUALITY + 1),
}


class CppCalls(Printer):
    """The calls; statements and operators are those of `CppPrinter`."""

    def __init__(self, method: Method, renamed: Mapping[str, str]) -> None:
        """Nothing is written yet."""
        super().__init__(method, renamed)
        self.before: list[str] = []
        """Statements that the current one needs before it."""
        self.nullable: set[str] = set()
        """Variables that may be null: `optional` here."""
        self._taken = {*self.types, *mentioned(method.body)}

    @contextmanager
    def no_statements(self) -> Iterator[None]:
        """Where what is evaluated may depend on what was before, nothing can be put before."""
        held = len(self.before)
        yield
        if len(self.before) != held:
            raise UntranslatableError("several statements in the middle of an expression")

    def fresh(self, wanted: str) -> str:
        """A name that is not taken."""
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}{number}", number + 1
        self._taken.add(name)
        return name

    @abstractmethod
    def string(self, expr: Expr, least: int = 0) -> str:
        """As text: numbers by their digits."""

    @abstractmethod
    def value(self, expr: Expr) -> str:
        """An expression where a size needs no conversion."""

    def target(self, expr: Expr) -> str:
        """What a method is called on, with the dot or arrow."""
        if isinstance(expr, Name) and expr.id in self.nullable:
            return f"{self.name(expr.id)}->"
        return f"{self.text(expr, POSTFIX)}."

    def special(self, call: Call) -> tuple[str, int] | None:
        """Calls that no phrase covers; None for others."""
        match call:
            case Call(Name("Math"), "max" | "min", (one, other)):
                wide = "<long long>" if self.type(one) != self.type(other) else ""
                return f"{call.name}{wide}({self.text(one)}, {self.text(other)})", POSTFIX
            case Call(target, "substring", (first,)):
                return f"{self.target(target)}substr({self.text(first)})", POSTFIX
            case Call(target, "substring", (first, last)):
                words = f"{self.text(first)}, {self._between(first, last)}"
                return f"{self.target(target)}substr({words})", POSTFIX
            case Call(target, "subList", (first, last)):
                return self._slice(target, first, last), POSTFIX
            case Call(target, "charAt", (Binary("-", Call(same, "length", ()), one),)) if (
                same == target and one == Literal("1", "int")
            ):
                return f"{self.target(target)}back()", POSTFIX
            case Call(target, "endsWith", (Literal(text, _),)) if len(text) == 3:
                here = self.text(target, POSTFIX)
                return f"{here}.back() == '{text[1]}'", EQUALITY
            case Call(New("StringBuilder", (source,)) | source, "reverse", ()):
                if not isinstance(source, Name | Index):
                    raise UntranslatableError("a reversed value that has no name")
                here = self.text(source, POSTFIX)
                return f"string({here}.rbegin(), {here}.rend())", POSTFIX
            case Call(target, "getOrDefault", (key, default)):
                here, at = self.text(target, POSTFIX), self.text(key)
                return f"{here}.count({at}) ? {here}[{at}] : {self.text(default, OR)}", CHOICE
        name = {"toUpperCase": "upper", "toLowerCase": "lower", "join": "joined"}.get(call.name)
        if name is None and call.name == "replace":
            name = "text"
        if name is None or call.static.startswith("Character"):
            return None
        name = self.fresh(name)
        self.before += self.several(call, name)
        return name, POSTFIX

    def several(self, call: Call, name: str) -> list[str]:
        """The statements that give a new variable the value of a call; none if one is enough."""
        match call:
            case Call(target, "toUpperCase" | "toLowerCase" as which, ()):
                function = "::toupper" if which == "toUpperCase" else "::tolower"
                ends = f"{name}.begin(), {name}.end(), {name}.begin()"
                source = self.text(target)
                return [f"string {name} = {source};", f"transform({ends}, {function});"]
            case Call(target, "replace", (Literal(old, _), Literal('""', _))) if len(old) == 3:
                ends = f"{name}.begin(), {name}.end()"
                first = self.several(target, name) if isinstance(target, Call) else []
                first = first or [f"string {name} = {self.text(target)};"]
                return [*first, f"{name}.erase(remove({ends}, '{old[1]}'), {name}.end());"]
            case Call(target, "split", _):
                stream, part = self.fresh("stream"), self.fresh("part")
                return [
                    f"vector<string> {name};",
                    f"stringstream {stream}({self.text(target)});",
                    f"string {part};",
                    f"while (getline({stream}, {part}, '{separator(call)}')) {{",
                    f"    {name}.push_back({part});",
                    "}",
                ]
            case Call(Name("String"), "join", (between, items)):
                part = self.fresh("part")
                return [
                    f"string {name};",
                    f"for (const string& {part} : {self.text(items)}) {{",
                    f"    {name} += {name}.empty() ? {part} : {self.text(between)} + {part};",
                    "}",
                ]
        return []

    def done(self, call: Call) -> str:
        """A call as a statement, without the semicolon."""
        arguments = call.arguments
        if call.static in ("Collections.sort", "Collections.reverse"):
            here = self.text(arguments[0])
            held = parts(self.type(arguments[0]))[0].replace("String", "string")
            order = f", greater<{held}>()" if len(arguments) > 1 else ""
            return f"{call.name}({here}.begin(), {here}.end(){order})"
        inner = call.target
        if call.name == "add" and isinstance(inner, Call) and inner.name == "computeIfAbsent":
            group = f"{self.text(inner.target)}[{self.text(inner.arguments[0])}]"
            return f"{group}.push_back({self.text(arguments[0])})"
        here = self.text(inner, POSTFIX)
        match call.name, arguments:
            case "add", (item,):
                return f"{here}.push_back({self.value(item)})"
            case "put", (key, Binary("+", Call(map_, "getOrDefault", (same, zero)), more)) if (
                map_,
                same,
                zero,
            ) == (inner, key, Literal("0", "int")):
                plus = "++" if more == Literal("1", "int") else f" += {self.value(more)}"
                return f"{here}[{self.text(key)}]{plus}"
            case "put", (key, value):
                return f"{here}[{self.text(key)}] = {self.value(value)}"
            case "insert", (Literal("0", _), item):
                return f"{here} = {self.string(item, SUM)} + {here}"
            case "sort", (comparator,):
                return self._sort(here, comparator)
        raise UntranslatableError(f"{call.name} as a statement")

    def _sort(self, here: str, comparator: Expr) -> str:
        """By `Comparator.comparing(...)`, maybe `.reversed()`."""
        less = "<"
        if isinstance(comparator, Call) and comparator.name == "reversed":
            less, comparator = ">", comparator.target
        match comparator:
            case Call(Name("Comparator"), "comparing", (Lambda("String", parameter, body),)):
                self.types[parameter] = "String"
                sides = []
                for name in ("a", "b"):
                    self._renamed[parameter] = name
                    sides.append(self.value(body))
                test = f"return {sides[0]} {less} {sides[1]};"
                compare = f"[](const string& a, const string& b) {{ {test} }}"
                return f"stable_sort({here}.begin(), {here}.end(), {compare})"
        raise UntranslatableError("a comparator")

    def _between(self, first: Expr, last: Expr) -> str:
        """The text of `last - first`."""
        if isinstance(last, Binary) and last.op == "+" and last.left == first:
            return self.text(last.right)
        if isinstance(first, Literal) and isinstance(last, Literal):
            return str(int(last.text) - int(first.text))
        if first == Literal("0", "int"):
            return self.value(last)
        return f"{self.text(last, SUM)} - {self.text(first, PRODUCT)}"

    def _slice(self, target: Expr, first: Expr, last: Expr) -> str:
        here = self.text(target, POSTFIX)
        held = parts(self.type(target))[0].replace("String", "string")
        ends = []
        for end in (first, last):
            size = isinstance(end, Call) and end.name == "size" and end.target == target
            zero = end == Literal("0", "int")
            plus = "" if zero else f" + {self.text(end, SUM)}"
            ends.append(f"{here}.end()" if size else f"{here}.begin(){plus}")
        return f"vector<{held}>({ends[0]}, {ends[1]})"
