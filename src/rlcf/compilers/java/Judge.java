package rlcf.compiler;

import com.sun.source.util.JavacTask;
import com.sun.tools.javac.api.ClientCodeWrapper.DiagnosticSourceUnwrapper;
import com.sun.tools.javac.api.DiagnosticFormatter;
import com.sun.tools.javac.api.JavacTaskImpl;
import com.sun.tools.javac.api.JavacTaskPool;
import com.sun.tools.javac.main.Main;
import com.sun.tools.javac.util.JCDiagnostic;
import com.sun.tools.javac.util.Log;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;

/**
 * One worker's javac: the whole pipeline, code generation included, over a program in memory.
 *
 * <p>Compiler contexts are reused, which is three times faster and may leak: {@link Guard} says when
 * not to, a context is dropped after so many programs, and now and then a verdict is compared with
 * a fresh context's. Not thread-safe.
 */
final class Judge {
    private static final AtomicLong CONTEXTS = new AtomicLong();

    private static final List<String> OPTIONS =
            List.of(
                    "-proc:none",
                    "-Xmaxerrs",
                    "1000",
                    "-Xmaxwarns",
                    "1000",
                    "-XDdiags.layout=%m|%m|%m", // the words alone, without file, line and source
                    "-XDdiags.formatterOptions=-source");

    private final int retireAfter;
    private final int auditEvery;
    private final Files files = new Files();
    private final Library library = new Library();
    private JavacTaskPool pool;
    private long context;
    private int used;
    private int unaudited;

    Judge(int retireAfter, int auditEvery) {
        this.retireAfter = retireAfter;
        this.auditEvery = auditEvery;
        forget();
    }

    /** Start from a fresh compiler context next time. */
    void forget() {
        pool = new JavacTaskPool(1);
        context = CONTEXTS.incrementAndGet();
        used = 0;
    }

    void judge(Map<String, Object> request, Json answer) {
        long start = System.nanoTime();
        String source = (String) request.get("source");
        answer.open().field("id", request.get("id"));
        if (Guard.isDeep(source)) {
            answer.field("ask", "nested deeply").close();
            return;
        }
        if (Boolean.TRUE.equals(request.get("forget"))) {
            forget(); // for tests that look for what a program leaves behind
        }
        boolean alone =
                Boolean.TRUE.equals(request.get("fresh")) || Guard.leavesTraces(source);
        answer.field("context", alone ? 0 : context);
        Verdict verdict = alone ? fresh(source) : pooled(source, answer);
        if (verdict.crashed && !alone) {
            verdict = fresh(source);
        }
        answer.field("ms", (System.nanoTime() - start) / 1000 / 1000.0);
        if (verdict.crashed) {
            answer.field("ask", "compiler crash").close();
            return;
        }
        answer.field("ok", verdict.ok);
        addDiagnostics(verdict, answer);
        if (verdict.ok && Boolean.TRUE.equals(request.get("code"))) {
            addCode(source, answer);
        }
        answer.close();
    }

    private Verdict fresh(String source) {
        return compile(new JavacTaskPool(1), source);
    }

    private Verdict pooled(String source, Json answer) {
        Verdict verdict = compile(pool, source);
        used++;
        unaudited++;
        if (!verdict.soiled && auditEvery > 0 && unaudited >= auditEvery) {
            unaudited = 0;
            Verdict truth = fresh(source);
            if (!truth.crashed && !truth.sameAs(verdict)) {
                answer.field("drift", Boolean.TRUE);
                verdict = truth;
                forget();
            }
        }
        if (verdict.soiled || used >= retireAfter) {
            forget();
        }
        return verdict;
    }

    private static void addDiagnostics(Verdict verdict, Json answer) {
        answer.openList("diagnostics");
        for (Object[] d : verdict.diagnostics) {
            answer.openList();
            for (Object part : d) {
                answer.value(part);
            }
            answer.closeList();
        }
        answer.closeList();
    }

    private void addCode(String source, Json answer) {
        TreeSet<String> reach = new TreeSet<>();
        answer.key("classes").open();
        for (Map.Entry<String, byte[]> c : files.written().entrySet()) {
            answer.field(c.getKey(), Base64.getEncoder().encodeToString(c.getValue()));
            new ClassScan(c.getValue()).collect(reach);
        }
        answer.close();
        answer.openList("reach");
        reach.forEach(answer::value);
        answer.closeList();
        answer.openList("shadows");
        library.shadowed(source, files.written().keySet()).forEach(answer::value);
        answer.closeList();
    }

    private static final class Verdict {
        boolean ok;
        boolean crashed;
        boolean soiled;
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

    private Verdict compile(JavacTaskPool from, String source) {
        List<Diagnostic<? extends JavaFileObject>> found = new ArrayList<>();
        files.clear();
        Verdict verdict = new Verdict();
        from.getTask(
                new StringWriter(),
                files,
                found::add,
                OPTIONS,
                null,
                List.of(new Source("Main.java", source)),
                task -> run(task, found, verdict));
        return verdict;
    }

    private static Verdict run(
            JavacTask task, List<Diagnostic<? extends JavaFileObject>> found, Verdict verdict) {
        JavacTaskImpl javac = (JavacTaskImpl) task;
        Log log = Log.instance(javac.getContext());
        Main.Result result = javac.doCall();
        verdict.ok = result == Main.Result.OK;
        verdict.crashed = result != Main.Result.OK && result != Main.Result.ERROR;
        verdict.soiled = verdict.crashed;
        // Messages are made here, before the pool clears the context that they draw on.
        DiagnosticFormatter<JCDiagnostic> words = log.getDiagnosticFormatter();
        for (Diagnostic<? extends JavaFileObject> d : found) {
            if (d.getKind() == Diagnostic.Kind.NOTE) {
                continue;
            }
            verdict.soiled |= Guard.soils(d.getCode());
            verdict.diagnostics.add(
                    new Object[] {
                        d.getKind() == Diagnostic.Kind.ERROR ? "error" : "warning",
                        d.getCode(),
                        words.format(((DiagnosticSourceUnwrapper) d).d, Locale.ENGLISH),
                        d.getPosition(),
                        d.getStartPosition(),
                        d.getEndPosition()
                    });
        }
        return verdict;
    }
}
