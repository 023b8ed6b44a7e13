package rlcf.compiler;

import com.sun.source.util.JavacTask;
import com.sun.tools.javac.api.ClientCodeWrapper.DiagnosticSourceUnwrapper;
import com.sun.tools.javac.api.DiagnosticFormatter;
import com.sun.tools.javac.api.JavacTaskImpl;
import com.sun.tools.javac.api.JavacTaskPool;
import com.sun.tools.javac.main.Main;
import com.sun.tools.javac.util.JCDiagnostic;
import com.sun.tools.javac.util.Log;
import java.io.File;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticListener;
import javax.tools.JavaFileObject;

/**
 * A compiler context for one class path, reused from program to program until it is dropped.
 *
 * <p>Says of each verdict whether the context is still fit for use; who asks decides. Not
 * thread-safe.
 */
final class Context {
    private static final AtomicLong COUNT = new AtomicLong();

    private static final List<String> OPTIONS =
            List.of(
                    "-proc:none",
                    "-Xmaxerrs",
                    "1000",
                    "-Xmaxwarns",
                    "1000",
                    "-XDdiags.layout=%m|%m|%m", // the words alone, without file, line and source
                    "-XDdiags.formatterOptions=-source");

    private final Files files;
    private JavacTaskPool pool;
    private long number;
    private int used;

    Context(List<File> classPath) {
        files = new Files(classPath);
        drop();
    }

    /** Start anew with the next program. */
    void drop() {
        pool = new JavacTaskPool(1);
        number = COUNT.incrementAndGet();
        used = 0;
    }

    /** Tells apart all contexts that this process ever had. */
    long number() {
        return number;
    }

    /** How many programs it has judged. */
    int used() {
        return used;
    }

    /** The class files of the last accepted program: binary name to bytes. */
    Map<String, byte[]> written() {
        return files.written();
    }

    /** Judges in the reused context. */
    Verdict reused(Source source, boolean strict) {
        used++;
        return compile(pool, source, strict);
    }

    /** Judges in a context of its own. */
    Verdict fresh(Source source, boolean strict) {
        return compile(new JavacTaskPool(1), source, strict);
    }

    /** What the compiler said. */
    static final class Verdict {
        boolean ok;
        boolean crashed;
        boolean soiled;
        /** Severity, key, message, position, start, end of each. */
        final List<Object[]> diagnostics = new ArrayList<>();

        /** Same verdict, and the same first diagnostic at the same place. */
        boolean sameAs(Verdict other) {
            if (ok != other.ok || diagnostics.size() != other.diagnostics.size()) {
                return false;
            }
            if (diagnostics.isEmpty()) {
                return true;
            }
            Object[] mine = diagnostics.get(0);
            Object[] theirs = other.diagnostics.get(0);
            return mine[1].equals(theirs[1]) && mine[3].equals(theirs[3]);
        }
    }

    private Verdict compile(JavacTaskPool from, Source source, boolean strict) {
        files.clear();
        Verdict verdict = new Verdict();
        Listener listener = new Listener(source, verdict);
        from.getTask(
                new StringWriter(),
                files,
                listener,
                OPTIONS,
                null,
                List.of(source),
                task -> run(task, source, listener, strict));
        return verdict;
    }

    /** Writes down what javac says, in the words that it has at that moment, as its own log does. */
    private static final class Listener implements DiagnosticListener<JavaFileObject> {
        private final Source source;
        private final Verdict verdict;
        private Log log;

        Listener(Source source, Verdict verdict) {
            this.source = source;
            this.verdict = verdict;
        }

        @Override
        public void report(Diagnostic<? extends JavaFileObject> d) {
            if (d.getKind() == Diagnostic.Kind.NOTE) {
                return;
            }
            verdict.soiled |= Guard.soils(d.getCode());
            // Of a source on the class path: its places are not the program's.
            boolean own = d.getSource() == null || source.is(d.getSource());
            DiagnosticFormatter<JCDiagnostic> words = log.getDiagnosticFormatter();
            String message = words.format(((DiagnosticSourceUnwrapper) d).d, Locale.ENGLISH);
            verdict.diagnostics.add(
                    new Object[] {
                        d.getKind() == Diagnostic.Kind.ERROR ? "error" : "warning",
                        d.getCode(),
                        own ? message : Source.placeOf(d) + message,
                        own ? d.getPosition() : Diagnostic.NOPOS,
                        own ? d.getStartPosition() : Diagnostic.NOPOS,
                        own ? d.getEndPosition() : Diagnostic.NOPOS
                    });
        }
    }

    private static Verdict run(JavacTask task, Source source, Listener listener, boolean strict) {
        List<Object[]> beyond = new ArrayList<>();
        task.addTaskListener(source);
        if (strict) {
            task.addTaskListener(new Strict(beyond, source));
        }
        JavacTaskImpl javac = (JavacTaskImpl) task;
        listener.log = Log.instance(javac.getContext());
        Main.Result result = javac.doCall();
        Verdict verdict = listener.verdict;
        verdict.ok = result == Main.Result.OK && beyond.isEmpty();
        verdict.crashed = result != Main.Result.OK && result != Main.Result.ERROR;
        verdict.soiled |= verdict.crashed;
        if (result == Main.Result.OK) {
            verdict.diagnostics.addAll(beyond);
        }
        return verdict;
    }
}
