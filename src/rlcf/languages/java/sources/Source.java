package rlcf.compiler;

import com.sun.source.tree.Tree;
import com.sun.source.util.TaskEvent;
import com.sun.source.util.TaskListener;
import com.sun.tools.javac.code.Flags;
import com.sun.tools.javac.tree.JCTree.JCClassDecl;
import com.sun.tools.javac.tree.JCTree.JCCompilationUnit;
import java.net.URI;
import java.util.HashSet;
import java.util.Set;
import javax.tools.Diagnostic;
import javax.tools.FileObject;
import javax.tools.SimpleJavaFileObject;

/**
 * A source file that exists only in memory, named as its author would have named it.
 *
 * <p>A public type must lie in a file of its own name. Where the name is not given it is that of the
 * public type, which is known once javac has parsed the text; javac asks for it later.
 */
final class Source extends SimpleJavaFileObject implements TaskListener {
    private static final String USUAL = "Main";

    private final String text;
    private final String given;
    private final long testsLine;
    private Set<String> names = Set.of();

    /**
     * {@code given} is the file's name without {@code .java}; null to name it after its public type.
     * From {@code testsLine} on, if there is one, stands what would be in another file.
     */
    Source(String text, String given, Object testsLine) {
        super(URI.create("mem:///Main.java"), Kind.SOURCE);
        this.text = text;
        this.given = given;
        this.testsLine = testsLine == null ? Long.MAX_VALUE : ((Number) testsLine).longValue();
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
    }

    @Override
    public boolean isNameCompatible(String simpleName, Kind kind) {
        return kind == Kind.SOURCE && names.contains(simpleName);
    }

    /** Whether a file is this one, and not a source that javac found on the class path. */
    boolean is(FileObject file) {
        return file.toUri().equals(toUri());
    }

    /** Where in another file something is, as {@code Name.java:1: }. */
    static String placeOf(Diagnostic<? extends FileObject> d) {
        String path = d.getSource().toUri().toString();
        String name = path.substring(path.lastIndexOf('/') + 1);
        return d.getLineNumber() > 0 ? name + ":" + d.getLineNumber() + ": " : name + ": ";
    }

    @Override
    public void finished(TaskEvent event) {
        if (event.getKind() == TaskEvent.Kind.PARSE && is(event.getSourceFile())) {
            names = namesOf((JCCompilationUnit) event.getCompilationUnit());
        }
    }

    private Set<String> namesOf(JCCompilationUnit unit) {
        if (given != null) {
            return Set.of(given);
        }
        if (unit.getModuleDecl() != null) {
            return Set.of("module-info");
        }
        Set<String> ofTests = new HashSet<>();
        String first = null;
        for (Tree tree : unit.getTypeDecls()) {
            if (tree instanceof JCClassDecl
                    && (((JCClassDecl) tree).mods.flags & Flags.PUBLIC) != 0) {
                String found = ((JCClassDecl) tree).name.toString();
                if (unit.getLineMap().getLineNumber(((JCClassDecl) tree).pos) >= testsLine) {
                    ofTests.add(found);
                } else if (first == null || found.equals(USUAL)) {
                    first = found;
                }
            }
        }
        if (first == null) {
            first = unit.getPackageAnnotations().isEmpty() ? USUAL : "package-info";
        }
        ofTests.add(first);
        return ofTests;
    }
}
