package rlcf.compiler;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which programs may use a reused compiler context, and which leave it unfit for the next.
 *
 * <p>Both lists were found by running normal and hostile programs in random order against one
 * {@code javac} process each; the second errs on the side of a fresh context, which costs
 * milliseconds. Does not compile anything.
 */
final class Guard {
    /** Sources that leave traces: declared packages, modules and annotations, escapes. */
    private static final Pattern TRACES =
            Pattern.compile("\\bpackage\\b|\\bmodule\\b|\\\\u|@\\s*interface\\b");

    /**
     * Half of what overflows the stack of javac 17 when it starts cold (measured: 2,100 nested
     * parentheses, 825 string concatenations in a row). A warm compiler's frames are smaller, so
     * beyond this a cold one must be asked.
     */
    private static final int DEEP = 400;

    private static final int LONG = 600;

    /** Errors after which a context was never seen to err; after any other it is dropped. */
    private static final Set<String> ORDINARY =
            Set.of(
                    "already.defined",
                    "cant.apply.diamond.1",
                    "cant.apply.symbol",
                    "cant.apply.symbols",
                    "cant.assign.val.to.var",
                    "cant.deref",
                    "cant.ref.non.effectively.final.var",
                    "cant.resolve",
                    "cant.resolve.args",
                    "cant.resolve.location",
                    "cant.resolve.location.args",
                    "class.public.should.be.in.file",
                    "does.not.override.abstract",
                    "dot.class.expected",
                    "doesnt.exist",
                    "else.without.if",
                    "except.never.thrown.in.try",
                    "expected",
                    "expected2",
                    "expected3",
                    "expected4",
                    "foreach.not.applicable.to.type",
                    "illegal.char",
                    "illegal.start.of.expr",
                    "illegal.start.of.stmt",
                    "illegal.start.of.type",
                    "incomparable.types",
                    "incompatible.types",
                    "int.number.too.large",
                    "invalid.meth.decl.ret.type.req",
                    "method.does.not.override.superclass",
                    "missing.ret.stmt",
                    "non-static.cant.be.ref",
                    "not.stmt",
                    "operator.cant.be.applied",
                    "operator.cant.be.applied.1",
                    "orphaned",
                    "premature.eof",
                    "prob.found.req",
                    "unclosed.char.lit",
                    "unclosed.comment",
                    "unclosed.str.lit",
                    "unexpected.type",
                    "unreachable.stmt",
                    "unreported.exception.need.to.catch.or.throw",
                    "var.might.not.have.been.initialized",
                    "variable.not.allowed");

    private static final String ERROR = "compiler.err.";

    private Guard() {}

    /** Whether the source would leave traces in a context. */
    static boolean leavesTraces(String source) {
        // Nearly every source holds none of these, and looking for words is many times faster.
        boolean possible =
                source.contains("package")
                        || source.contains("module")
                        || source.contains("interface")
                        || source.contains("\\u");
        return possible && TRACES.matcher(source).find();
    }

    /** Whether a diagnostic tells that the context is no longer to be trusted. */
    static boolean soils(String code) {
        return code.startsWith(ERROR) && !ORDINARY.contains(code.substring(ERROR.length()));
    }

    /** Whether the nesting is such that a cold compiler's stack might overflow. */
    static boolean isDeep(String source) {
        int depth = 0;
        int operators = 0;
        int elses = 0;
        for (int i = 0; i < source.length(); i++) {
            switch (source.charAt(i)) {
                case '(':
                case '[':
                    operators++;
                    if (++depth > DEEP) {
                        return true;
                    }
                    break;
                case '{':
                    operators = 0;
                    if (++depth > DEEP) {
                        return true;
                    }
                    break;
                case '}':
                    operators = 0;
                    depth--;
                    break;
                case ')':
                case ']':
                    depth--;
                    break;
                case ';':
                case ',':
                    operators = 0;
                    break;
                case 'e':
                    if (source.startsWith("else", i) && ++elses > DEEP) {
                        return true;
                    }
                    break;
                default:
                    if ("+-*/%&|^<>=!?.~:@".indexOf(source.charAt(i)) >= 0 && ++operators > LONG) {
                        return true;
                    }
            }
        }
        return false;
    }
}
