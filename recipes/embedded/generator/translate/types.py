"""The static types of the subset: enough to tell a division of integers from another.

Types are spelt as in Java; boxed ones count as what they box. Does not check anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from generator.translate.syntax import (
    Binary,
    Call,
    Cast,
    Conditional,
    Expr,
    Index,
    Lambda,
    Length,
    Literal,
    Name,
    New,
    Unary,
    UntranslatableError,
)

_BOXED = {"Integer": "int", "Long": "long", "Double": "double", "Character": "char"}
_WIDTH = ("char", "int", "long", "double")
_METHODS = {
    **dict.fromkeys(("length", "size", "indexOf"), "int"),
    **dict.fromkeys(("equals", "isEmpty", "contains", "containsKey"), "boolean"),
    **dict.fromkeys(("startsWith", "endsWith"), "boolean"),
    **dict.fromkeys(("isDigit", "isLetter", "isUpperCase", "isLowerCase"), "boolean"),
    **dict.fromkeys(("substring", "replace", "toString", "valueOf", "join"), "String"),
    "charAt": "char",
    "split": "String[]",
    "toCharArray": "char[]",
}
_OF_TARGET = ("toUpperCase", "toLowerCase", "subList", "reverse", "append", "insert")


def unboxed(type_: str) -> str:
    """`int` for `Integer`."""
    return _BOXED.get(type_, type_)


def parts(type_: str) -> list[str]:
    """What an array, a list or a map holds: one type, or a key's and a value's."""
    if type_.endswith("[]"):
        return [type_[:-2]]
    found = re.fullmatch(r"(?:List|ArrayList|HashMap)<(.*)>", type_)
    if found is None:
        raise UntranslatableError(f"{type_} holds nothing")
    if type_.startswith("HashMap<"):
        return [unboxed(part) for part in found[1].split(", ", 1)]
    return [unboxed(found[1])]


def is_text(type_: str) -> bool:
    """Strings, and what builds them."""
    return type_ in ("String", "StringBuilder")


def type_of(expr: Expr, names: Mapping[str, str]) -> str:
    """The type of an expression, given those of the variables.

    Raises:
        UntranslatableError: it is not known.
    """
    match expr:
        case Literal() | New() | Cast():
            return expr.type
        case Name(id):
            return names.get(id, id)
        case Unary(op, operand):
            return "boolean" if op == "!" else wider(type_of(operand, names), "int")
        case Length():
            return "int"
        case Index(target, _):
            return parts(type_of(target, names))[0]
        case Conditional(_, yes, no):
            return _either(type_of(yes, names), type_of(no, names))
        case Binary(op, left, right):
            return _binary(op, type_of(left, names), type_of(right, names))
        case Call():
            return _call(expr, names)
        case Lambda(type_, parameter, body):
            return type_of(body, {**names, parameter: type_})


def wider(one: str, other: str) -> str:
    """The type of arithmetic on two numbers; at least int.

    Raises:
        UntranslatableError: one is no number.
    """
    if one not in _WIDTH or other not in _WIDTH:
        raise UntranslatableError(f"arithmetic on {one} and {other}")
    return max(one, other, "int", key=_WIDTH.index)


def _either(yes: str, no: str) -> str:
    if yes == no or no == "null":
        return yes
    return no if yes == "null" else wider(yes, no)


def _binary(op: str, left: str, right: str) -> str:
    if op in ("+", "-", "*", "/", "%"):
        if op == "+" and (is_text(left) or is_text(right)):
            return "String"
        return wider(left, right)
    return "boolean"


def _call(call: Call, names: Mapping[str, str]) -> str:
    if call.static in ("Math.max", "Math.min", "Math.abs"):
        return max((wider(type_of(a, names), "int") for a in call.arguments), key=_WIDTH.index)
    if call.static.startswith("Character.to"):
        return "char"
    if call.name in _METHODS:
        return _METHODS[call.name]
    if call.static in ("Collections.max", "Collections.min"):
        return parts(type_of(call.arguments[0], names))[0]
    if call.static:
        raise UntranslatableError(call.static)
    target = type_of(call.target, names)
    if call.name in _OF_TARGET:
        return target
    if call.name in ("get", "getOrDefault", "computeIfAbsent"):
        return parts(target)[-1]
    if call.name in ("keySet", "values"):
        return f"List<{parts(target)[0 if call.name == 'keySet' else 1]}>"
    raise UntranslatableError(f"{target}.{call.name}")
