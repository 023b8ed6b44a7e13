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
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;

/**
 * One worker's javac: the whole pipeline, code generation included, over a program in memory.
 *
 * <p>Compiler contexts are reused, which is three times faster and leaks: a program that is known
 * to leave traces is given a context of its own, and a context is dropped after a compiler crash,
 * after an error of the class {@code limit}, and after so many programs. Not thread-safe.
 */
final class Judge {
    /** Sources that leave traces in a reused context (declared packages and modules, escapes). */
    private static final Pattern RISKY =
            Pattern.compile("\\bpackage\\b|\\bmodule\\b|\\\\u|@\\s*interface");

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
    private final Files files = new Files();
    private JavacTaskPool pool = new JavacTaskPool(1);
    private int used;

    Judge(int retireAfter) {
        this.retireAfter = retireAfter;
    }

    /** Start from a fresh compiler context next time. */
    void forget() {
        pool = new JavacTaskPool(1);
        used = 0;
    }

    void judge(Map<String, Object> request, Json answer) {
        long start = System.nanoTime();
        String source = (String) request.get("source");
        boolean alone =
                Boolean.TRUE.equals(request.get("fresh")) || RISKY.matcher(source).find();
        Verdict verdict = compile(alone ? new JavacTaskPool(1) : pool, source);
        if (!alone && (verdict.soiled || ++used >= retireAfter)) {
            forget();
        }
        if (verdict.crashed && !alone) {
            alone = true;
            verdict = compile(new JavacTaskPool(1), source);
        }
        answer.open().field("id", request.get("id")).field("fresh", alone);
        answer.field("ms", (System.nanoTime() - start) / 1000 / 1000.0);
        if (verdict.crashed) {
            answer.field("crash", verdict.log.length() > 400 ? verdict.log.substring(0, 400) : verdict.log);
        } else {
            answer.field("ok", verdict.ok);
        }
        answer.openList("diagnostics");
        for (Object[] d : verdict.diagnostics) {
            answer.openList();
            for (Object part : d) {
                answer.value(part);
            }
            answer.closeList();
        }
        answer.closeList();
        if (verdict.ok && Boolean.TRUE.equals(request.get("code"))) {
            addCode(answer);
        }
        answer.close();
    }

    private void addCode(Json answer) {
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
    }

    private static final class Verdict {
        boolean ok;
        boolean crashed;
        boolean soiled;
        String log = "";
        final List<Object[]> diagnostics = new ArrayList<>();
    }

    private Verdict compile(JavacTaskPool from, String source) {
        List<Diagnostic<? extends JavaFileObject>> found = new ArrayList<>();
        StringWriter log = new StringWriter();
        files.clear();
        Source unit = new Source("Main.java", source);
        Verdict verdict = new Verdict();
        from.getTask(log, files, found::add, OPTIONS, null, List.of(unit), task -> run(task, found, verdict));
        verdict.log = log.toString();
        if (verdict.crashed) {
            verdict.soiled = true;
        }
        return verdict;
    }

    private static Verdict run(
            JavacTask task, List<Diagnostic<? extends JavaFileObject>> found, Verdict verdict) {
        JavacTaskImpl javac = (JavacTaskImpl) task;
        Log javacLog = Log.instance(javac.getContext());
        Main.Result result = javac.doCall();
        verdict.ok = result == Main.Result.OK;
        verdict.crashed = result != Main.Result.OK && result != Main.Result.ERROR;
        // Messages are made here, before the pool clears the context that they draw on.
        DiagnosticFormatter<JCDiagnostic> words = javacLog.getDiagnosticFormatter();
        for (Diagnostic<? extends JavaFileObject> d : found) {
            if (d.getKind() == Diagnostic.Kind.NOTE) {
                continue;
            }
            boolean error = d.getKind() == Diagnostic.Kind.ERROR;
            verdict.soiled |= d.getCode().startsWith("compiler.err.limit");
            verdict.diagnostics.add(
                    new Object[] {
                        error ? "error" : "warning",
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
