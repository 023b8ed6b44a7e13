"""A slice as text: the prompt up to the method's opening brace, and the body as its solution.

Lays out, imports, and drops the modifiers that must go (`public` of a class in a file of another
name, `final` of a field that nothing is left to set).
"""

from __future__ import annotations

import re

from rlcf.corpus.candidate import Program
from rlcf.corpus.java_index import interfaces
from rlcf.corpus.java_slice import Slice
from rlcf.corpus.java_syntax import Import, Member, TypeDecl, Unit

INDENT = "    "
_CLASS_ONLY = ("public", "private", "protected", "static", "final")
_BLANKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


def render(piece: Slice, comment: str) -> Program:
    """The program of a slice; `comment` stands before the method, delimiters included."""
    main = piece.main
    extra = [_extra_type(piece, t) for t in sorted(piece.extra, key=_place)]
    helpers = [_member(piece, m, main) for m in sorted(piece.own, key=_member_place)]
    head = _imports(piece)
    context = "".join(text + "\n\n" for text in extra)
    opening = _class_head(piece, main) + " {\n" + _constants(main)
    inner = "".join(_indented(text) + "\n\n" for text in helpers)
    method = _indented(comment + "\n" if comment else "") + _indented(_signature(piece.method))
    prompt = head + context + opening + inner + method + " {\n"
    return Program(prompt, _body(piece.method), len(context) + len(inner))


def _place(declared: TypeDecl) -> tuple[str, int]:
    return declared.unit.path, declared.node.start_byte


def _member_place(member: Member) -> tuple[bool, int, str, int]:
    """Fields first, outer ones before inner ones: initialisers may name what stands above."""
    depth = sum(1 for _ in member.owner.enclosing())
    return member.kind != "field", depth, member.owner.unit.path, member.node.start_byte


def _imports(piece: Slice) -> str:
    chosen: dict[str, None] = {}
    taken = {t.name for t in piece.extra} | {piece.main.name}
    for unit in sorted(piece.words, key=lambda u: (u is not piece.main.unit, u.path)):
        words = piece.words[unit]
        for imported in unit.imports:
            if _kept(piece, imported, unit) and _wanted(imported, words, taken):
                chosen[imported.text] = None
    package = piece.main.unit.package if piece.style.in_package else ""
    lines = [f"package {package};\n"] if package else []
    lines += sorted(chosen)
    return "".join(line + "\n" for line in lines) + "\n" * bool(chosen)


def _kept(piece: Slice, imported: Import, unit: Unit) -> bool:
    """Whether what it names is there when the program is compiled."""
    if imported.from_jdk or piece.style.in_package:
        return True
    return piece.style.libraries and not piece.index.has(imported, unit)


def _wanted(imported: Import, words: set[str], taken: set[str]) -> bool:
    return imported.wildcard or (imported.name in words and imported.name not in taken)


def _class_head(piece: Slice, main: TypeDecl) -> str:
    unit = main.unit
    components = unit.code(main.components) if main.components is not None else ""
    head = f"{main.kind} {main.name}{_type_parameters(main)}{components}"
    abstract = any("abstract" in m.modifiers or _bodiless(m) for m in piece.own)
    if piece.style.supertypes:
        clauses = (main.node.child_by_field_name("superclass"), interfaces(main))
        texts = [" ".join(unit.code(c).split()) for c in clauses if c is not None]
        # Abstract, since what a supertype asks for need not be in the slice.
        abstract = abstract or bool(texts)
        head = " ".join([head, *texts])
    return "abstract " * (abstract and main.kind == "class") + head


def _constants(main: TypeDecl) -> str:
    """What an enum begins with."""
    if main.kind != "enum":
        return ""
    texts = (_tidy(main.unit.code(constant.node)) for constant in main.constants)
    return _indented(",\n".join(texts) + ";") + "\n\n"


def _type_parameters(main: TypeDecl) -> str:
    """Its own and, of an inner class, those of the classes around it."""
    found: list[str] = []
    for around in main.enclosing():
        if around.type_parameters:
            found.insert(0, around.type_parameters[1:-1].strip())
        if around.outer is None or around.kind != "class" or around.outer.kind != "class":
            break
        if any(c.type == "static" for m in around.node.children[:1] for c in m.children):
            break
    return f"<{', '.join(found)}>" if found else ""


def _bodiless(member: Member) -> bool:
    return member.kind == "method" and member.body is None and "native" not in member.modifiers


def _extra_type(piece: Slice, declared: TypeDecl) -> str:
    unit = declared.unit
    if declared in piece.whole:
        drop = _CLASS_ONLY if declared.kind != "class" else _CLASS_ONLY[:4]
        return _tidy(unit.code(declared.node, drop))
    members = piece.extra[declared]
    superclass = declared.node.child_by_field_name("superclass")
    head = f"class {declared.name}{declared.type_parameters}"
    if superclass is not None:
        head += " " + " ".join(unit.code(superclass).split())
    kept = {t.name for t in piece.kept_interfaces(declared)}
    clause = interfaces(declared) if kept else None
    if clause is not None:
        every = (" ".join(unit.code(n).split()) for n in clause.named_children[0].named_children)
        listed = [n for n in every if n.partition("<")[0] in kept]
        head += " implements " * bool(listed) + ", ".join(listed)
    declared_abstract = any(
        c.type == "abstract" for m in declared.node.children[:1] for c in m.children
    )
    if declared_abstract or any(_bodiless(m) or "abstract" in m.modifiers for m in members):
        head = "abstract " + head
    inner = [_indented(_member(piece, m, declared)) for m in sorted(members, key=_member_place)]
    return _tidy(head + " {\n" + "\n\n".join(inner) + "\n}")


def _member(piece: Slice, member: Member, into: TypeDecl) -> str:
    """A member as it stands in `into`, which need not be its owner."""
    unit = member.owner.unit
    drop: tuple[str, ...] = () if into.kind == "interface" else ("default",)
    if member.kind == "field":
        there = piece.own if into is piece.main else piece.extra[into]
        built = any(m.kind == "constructor" and m.owner is member.owner for m in there)
        if not built and b"=" not in unit.source[member.node.start_byte : member.node.end_byte]:
            drop = ("final",)
    if member.kind == "constructor" and into.kind == "record":
        # Access may not be less than the record's own, which has lost its modifiers.
        drop = ("private", "protected")
    text = unit.code(member.node, drop)
    if member.owner.kind == "interface" != into.kind and member.kind == "field":
        text = "static final " + re.sub(r"^(?:(?:public|static|final)\s+)+", "", text)
    return _tidy(text)


def _tidy(text: str) -> str:
    """At most one blank line in a row, none after an opening brace."""
    return re.sub(r"\{\n[ \t]*\n", "{\n", _BLANKS.sub("\n\n", text)).strip()


def _indented(text: str) -> str:
    return "\n".join(INDENT + line if line.strip() else "" for line in text.split("\n"))


def _signature(method: Member) -> str:
    body = method.body
    stop = body.start_byte if body is not None else None
    return method.owner.unit.code(method.node, (), stop).rstrip()


def _body(method: Member) -> str:
    """The method's lines after its opening brace, to the end of the program."""
    body, unit = method.body, method.owner.unit
    assert body is not None
    inside = unit.source[body.start_byte + 1 : body.end_byte - 1].decode("utf-8")
    text = unit.outdented("{" + inside, method.node)[1:].rstrip()
    first, _, rest = text.partition("\n")
    lines = ([INDENT + first.strip()] if first.strip() else []) + (rest.split("\n") if rest else [])
    inner = "".join((INDENT + line if line.strip() else "") + "\n" for line in lines)
    return inner + INDENT + "}\n}\n"
