"""Which of our language-neutral classes each of javac's error keys belongs to.

Keys as in javac's `compiler.properties` (JDK 11 to 25). What is not listed here and not recognised
by its prefix is OTHER.
"""

from __future__ import annotations

from rlcf.languages.verdict import ErrorClass

_PREFIX = "compiler.err."

_CLASSES: dict[ErrorClass, tuple[str, ...]] = {
    ErrorClass.SYNTAX: (
        "array.dimension.missing",
        "call.must.be.first.stmt.in.ctor",
        "call.must.only.appear.in.ctor",
        "catch.without.try",
        "class.method.or.field.expected",
        "class.not.allowed",
        "class.public.should.be.in.file",
        "else.without.if",
        "empty.char.lit",
        "enum.constant.expected",
        "enum.constant.not.expected",
        "expression.not.allowable.as.annotation.value",
        "finally.without.try",
        "illegal.array.creation.both.dimension.and.initialization",
        "illegal.char",
        "illegal.char.for.encoding",
        "illegal.dot",
        "illegal.esc.char",
        "illegal.line.end.in.char.lit",
        "illegal.nonascii.digit",
        "illegal.start.of.expr",
        "illegal.start.of.stmt",
        "illegal.start.of.type",
        "illegal.text.block.open",
        "illegal.underscore",
        "illegal.unicode.esc",
        "initializer.not.allowed",
        "int.number.too.large",
        "invalid.binary.number",
        "invalid.hex.number",
        "invalid.meth.decl.ret.type.req",
        "malformed.fp.lit",
        "missing.meth.body.or.decl.abstract",
        "not.stmt",
        "orphaned",
        "premature.eof",
        "repeated.modifier",
        "restricted.type.not.allowed",
        "restricted.type.not.allowed.here",
        "this.as.identifier",
        "try.with.resources.expr.needs.var",
        "try.without.catch.finally.or.resource.decls",
        "unclosed.char.lit",
        "unclosed.comment",
        "unclosed.str.lit",
        "unclosed.text.block",
        "underscore.as.identifier",
        "unexpected.mref",
        "variable.not.allowed",
        "varargs.must.be.last",
        "wrong.receiver",
    ),
    ErrorClass.UNRESOLVED_NAME: (
        "cant.ref.non.effectively.final.var",
        "cant.resolve",
        "cant.resolve.args",
        "cant.resolve.args.params",
        "cant.resolve.location",
        "cant.resolve.location.args",
        "cant.resolve.location.args.params",
        "doesnt.exist",
        "encl.class.required",
        "import.requires.canonical",
        "no.encl.instance.of.type.in.scope",
        "non-static.cant.be.ref",
        "not.def.access.class.intf.cant.access",
        "not.def.public.cant.access",
        "not.encl.class",
        "package.not.visible",
        "report.access",
        "undef.label",
    ),
    ErrorClass.TYPE_MISMATCH: (
        "abstract.cant.be.instantiated",
        "array.and.varargs",
        "array.req.but.found",
        "cant.apply.diamond",
        "cant.apply.diamond.1",
        "cant.apply.symbol",
        "cant.apply.symbols",
        "cant.deref",
        "cant.inherit.from.final",
        "cant.infer.local.var.type",
        "does.not.override.abstract",
        "foreach.not.applicable.to.type",
        "generic.array.creation",
        "illegal.initializer.for.type",
        "improperly.formed.type.param.missing",
        "incomparable.types",
        "incompatible.thrown.types.in.mref",
        "instanceof.reifiable.not.safe",
        "invalid.mref",
        "not.within.bounds",
        "operator.cant.be.applied",
        "operator.cant.be.applied.1",
        "override.meth",
        "override.static",
        "prob.found.req",
        "ref.ambiguous",
        "type.doesnt.take.params",
        "type.found.req",
        "unexpected.type",
        "void.not.allowed.here",
        "wrong.number.type.args",
    ),
    ErrorClass.MISSING_RETURN: (
        "lambda.body.neither.value.nor.void.compatible",
        "missing.ret.stmt",
        "switch.expression.completes.normally",
    ),
    ErrorClass.UNINITIALISED: (
        "cant.assign.val.to.var",
        "final.parameter.may.not.be.assigned",
        "var.might.already.be.assigned",
        "var.might.be.assigned.in.loop",
        "var.might.not.have.been.initialized",
        "var.not.initialized.in.default.constructor",
    ),
    ErrorClass.UNREACHABLE: (
        "except.already.caught",
        "except.never.thrown.in.try",
        "initializer.must.be.able.to.complete.normally",
        "unreachable.stmt",
    ),
    ErrorClass.UNREPORTED_EXCEPTION: (
        "unreported.exception.default.constructor",
        "unreported.exception.implicit.close",
        "unreported.exception.need.to.catch.or.throw",
    ),
}

_BY_KEY = {_PREFIX + key: found for found, keys in _CLASSES.items() for key in keys}


def error_class(code: str) -> ErrorClass:
    """The class of one of javac's keys, e.g. `compiler.err.cant.resolve` -> UNRESOLVED_NAME."""
    if code in _BY_KEY:
        return _BY_KEY[code]
    if code.startswith((_PREFIX + "expected", _PREFIX + "illegal.start")):
        return ErrorClass.SYNTAX
    return ErrorClass.OTHER
