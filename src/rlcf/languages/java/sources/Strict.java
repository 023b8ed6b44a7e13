package rlcf.compiler;

import com.sun.source.util.TaskEvent;
import com.sun.source.util.TaskListener;
import com.sun.tools.javac.code.Kinds;
import com.sun.tools.javac.code.Symbol;
import com.sun.tools.javac.code.Symbol.VarSymbol;
import com.sun.tools.javac.tree.JCTree;
import com.sun.tools.javac.tree.JCTree.JCAssign;
import com.sun.tools.javac.tree.JCTree.JCAssignOp;
import com.sun.tools.javac.tree.JCTree.JCBlock;
import com.sun.tools.javac.tree.JCTree.JCCase;
import com.sun.tools.javac.tree.JCTree.JCClassDecl;
import com.sun.tools.javac.tree.JCTree.JCCompilationUnit;
import com.sun.tools.javac.tree.JCTree.JCDoWhileLoop;
import com.sun.tools.javac.tree.JCTree.JCExpression;
import com.sun.tools.javac.tree.JCTree.JCExpressionStatement;
import com.sun.tools.javac.tree.JCTree.JCForLoop;
import com.sun.tools.javac.tree.JCTree.JCIdent;
import com.sun.tools.javac.tree.JCTree.JCStatement;
import com.sun.tools.javac.tree.JCTree.JCUnary;
import com.sun.tools.javac.tree.JCTree.JCVariableDecl;
import com.sun.tools.javac.tree.JCTree.JCWhileLoop;
import com.sun.tools.javac.tree.TreeInfo;
import com.sun.tools.javac.tree.TreeScanner;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks beyond the language's own, on programs that javac accepts: local variables that are never
 * used, values that are never read, loops that obviously never end.
 *
 * <p>Only local variables that are declared by a statement count: parameters, loop variables of
 * for-each, resources and caught exceptions have to be there whether used or not. A value is never
 * read if its variable never is; overwriting a value before it was read is not looked for.
 */
final class Strict implements TaskListener {
    private final List<Object[]> found;
    private final Source source;

    /** Collects diagnostics of this source in the layout of {@link Judge}. */
    Strict(List<Object[]> found, Source source) {
        this.found = found;
        this.source = source;
    }

    @Override
    public void finished(TaskEvent event) {
        // After flow analysis of a class: attributed, and not yet rewritten for code generation.
        if (event.getKind() != TaskEvent.Kind.ANALYZE || !source.is(event.getSourceFile())) {
            return;
        }
        for (JCTree tree : ((JCCompilationUnit) event.getCompilationUnit()).defs) {
            if (tree instanceof JCClassDecl && ((JCClassDecl) tree).sym == event.getTypeElement()) {
                Variables variables = new Variables();
                variables.scan(tree);
                variables.report();
                new Loops().scan(tree);
            }
        }
    }

    private void report(String code, String message, int start, int length) {
        found.add(new Object[] {"error", code, message, start, start, start + length});
    }

    /** Which local variables are read, and which only written. */
    private final class Variables extends TreeScanner {
        private final Map<Symbol, JCVariableDecl> declared = new LinkedHashMap<>();
        private final Set<Symbol> read = new HashSet<>();
        private final Set<Symbol> written = new HashSet<>();

        void report() {
            declared.forEach(
                    (symbol, tree) -> {
                        if (read.contains(symbol)) {
                            return;
                        }
                        String name = tree.name.toString();
                        if (written.contains(symbol)) {
                            String words = "the value of variable " + name + " is never read";
                            Strict.this.report(
                                    "rlcf.strict.value.never.read", words, tree.pos, name.length());
                        } else {
                            String words = "variable " + name + " is never used";
                            Strict.this.report(
                                    "rlcf.strict.unused.variable", words, tree.pos, name.length());
                        }
                    });
        }

        @Override
        public void visitBlock(JCBlock tree) {
            declare(tree.stats);
            super.visitBlock(tree);
        }

        @Override
        public void visitCase(JCCase tree) {
            declare(tree.stats);
            super.visitCase(tree);
        }

        @Override
        public void visitForLoop(JCForLoop tree) {
            declare(tree.init);
            super.visitForLoop(tree);
        }

        private void declare(List<JCStatement> statements) {
            if (statements == null) {
                return;
            }
            for (JCStatement statement : statements) {
                if (statement instanceof JCVariableDecl && !isUnnamed((JCVariableDecl) statement)) {
                    JCVariableDecl variable = (JCVariableDecl) statement;
                    declared.put(variable.sym, variable);
                }
            }
        }

        private boolean isUnnamed(JCVariableDecl tree) {
            return tree.name == null || tree.name.isEmpty();
        }

        @Override
        public void visitIdent(JCIdent tree) {
            read.add(tree.sym);
        }

        @Override
        public void visitAssign(JCAssign tree) {
            if (!write(tree.lhs)) {
                scan(tree.lhs);
            }
            scan(tree.rhs);
        }

        @Override
        public void visitExec(JCExpressionStatement tree) {
            JCExpression what = tree.expr;
            if (what instanceof JCAssignOp && write(((JCAssignOp) what).lhs)) {
                scan(((JCAssignOp) what).rhs);
            } else if (!(what instanceof JCUnary && isStep(what) && write(((JCUnary) what).arg))) {
                scan(what);
            }
        }

        private boolean write(JCExpression target) {
            JCTree bare = TreeInfo.skipParens(target);
            if (!(bare instanceof JCIdent)) {
                return false;
            }
            written.add(((JCIdent) bare).sym);
            return true;
        }
    }

    private static boolean isStep(JCExpression tree) {
        switch (tree.getKind()) {
            case PREFIX_INCREMENT:
            case PREFIX_DECREMENT:
            case POSTFIX_INCREMENT:
            case POSTFIX_DECREMENT:
                return true;
            default:
                return false;
        }
    }

    /** Loops without a way out. */
    private final class Loops extends TreeScanner {
        @Override
        public void visitWhileLoop(JCWhileLoop tree) {
            check(tree, tree.cond, List.of(tree.cond, tree.body), tree.body, "while");
            super.visitWhileLoop(tree);
        }

        @Override
        public void visitDoLoop(JCDoWhileLoop tree) {
            check(tree, tree.cond, List.of(tree.cond, tree.body), tree.body, "do");
            super.visitDoLoop(tree);
        }

        @Override
        public void visitForLoop(JCForLoop tree) {
            List<JCTree> turn = new ArrayList<>(tree.step);
            turn.add(tree.body);
            if (tree.cond != null) {
                turn.add(tree.cond);
            }
            check(tree, tree.cond, turn, tree.body, "for");
            super.visitForLoop(tree);
        }

        private void check(
                JCTree loop, JCExpression condition, List<JCTree> turn, JCTree body, String word) {
            boolean always = condition == null || TreeInfo.skipParens(condition).type.isTrue();
            if (!always && !isFixed(condition, turn)) {
                return;
            }
            if (new Exits(loop).isIn(body)) {
                return;
            }
            String words = always ? "this loop never ends" : "nothing in this loop can end it";
            report("rlcf.strict.endless.loop", words, TreeInfo.getStartPos(loop), word.length());
        }

        /** Whether the condition depends on local variables only, none of which a turn changes. */
        private boolean isFixed(JCExpression condition, List<JCTree> turn) {
            Operands operands = new Operands();
            operands.scan(condition);
            if (!operands.simple || operands.variables.isEmpty()) {
                return false;
            }
            Changes changes = new Changes();
            turn.forEach(changes::scan);
            changes.variables.retainAll(operands.variables);
            return changes.variables.isEmpty();
        }
    }

    /** What a condition consists of; simple if it is nothing but local variables and constants. */
    private static final class Operands extends TreeScanner {
        private final Set<Symbol> variables = new HashSet<>();
        private boolean simple = true;

        @Override
        public void scan(JCTree tree) {
            if (tree == null) {
                return;
            }
            if (tree instanceof JCIdent) {
                Symbol symbol = ((JCIdent) tree).sym;
                simple &= symbol instanceof VarSymbol && symbol.owner.kind == Kinds.Kind.MTH;
                variables.add(symbol);
                return;
            }
            switch (tree.getTag()) {
                case PARENS:
                case LITERAL:
                case LT:
                case LE:
                case GT:
                case GE:
                case EQ:
                case NE:
                case AND:
                case OR:
                case NOT:
                case PLUS:
                case MINUS:
                case MUL:
                case DIV:
                case MOD:
                case NEG:
                    super.scan(tree);
                    break;
                default:
                    simple = false;
            }
        }
    }

    /** Variables that are assigned to. */
    private static final class Changes extends TreeScanner {
        private final Set<Symbol> variables = new HashSet<>();

        @Override
        public void visitAssign(JCAssign tree) {
            variables.add(TreeInfo.symbol(tree.lhs));
            super.visitAssign(tree);
        }

        @Override
        public void visitAssignop(JCAssignOp tree) {
            variables.add(TreeInfo.symbol(tree.lhs));
            super.visitAssignop(tree);
        }

        @Override
        public void visitUnary(JCUnary tree) {
            if (isStep(tree)) {
                variables.add(TreeInfo.symbol(tree.arg));
            }
            super.visitUnary(tree);
        }
    }

    /** Ways out of a loop: break, return, throw, continue of an outer one, System.exit. */
    private static final class Exits extends TreeScanner {
        private final JCTree loop;
        private boolean found;

        Exits(JCTree loop) {
            this.loop = loop;
        }

        boolean isIn(JCTree body) {
            scan(body);
            return found;
        }

        @Override
        public void visitBreak(JCTree.JCBreak tree) {
            found |= leaves(tree.target);
        }

        @Override
        public void visitContinue(JCTree.JCContinue tree) {
            found |= tree.target != loop && leaves(tree.target);
        }

        /** Whether a jump to the target ends the loop: it is the loop, or not within it. */
        private boolean leaves(JCTree target) {
            if (target == loop) {
                return true;
            }
            boolean[] inside = {false};
            new TreeScanner() {
                @Override
                public void scan(JCTree tree) {
                    inside[0] |= tree == target;
                    super.scan(tree);
                }
            }.scan(loop);
            return !inside[0];
        }

        @Override
        public void visitReturn(JCTree.JCReturn tree) {
            found = true;
        }

        @Override
        public void visitThrow(JCTree.JCThrow tree) {
            found = true;
        }

        @Override
        public void scan(JCTree tree) {
            // By name, since Java 11 has no such tree; a yield may leave the loop.
            found |= tree != null && tree.getTag().name().equals("YIELD");
            super.scan(tree);
        }

        @Override
        public void visitApply(JCTree.JCMethodInvocation tree) {
            String name = String.valueOf(TreeInfo.name(tree.meth));
            found |= name.equals("exit") || name.equals("halt");
            super.visitApply(tree);
        }

        @Override
        public void visitLambda(JCTree.JCLambda tree) {
            // its returns are its own
        }

        @Override
        public void visitClassDef(JCClassDecl tree) {
            // likewise
        }
    }
}
