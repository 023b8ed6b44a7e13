package rlcf.compiler;

import java.io.File;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * One worker: answers requests about programs, and decides when a compiler context is trusted.
 *
 * <p>Contexts are reused, which is three times faster and may leak: {@link Guard} says when not to,
 * a context is dropped after so many programs, and now and then a verdict is compared with a fresh
 * context's. Not thread-safe.
 */
final class Judge {
    private static final int MOST_CLASS_PATHS = 4;

    private final int retireAfter;
    private final int auditEvery;
    private final Library library = new Library();
    private final Map<String, Context> contexts =
            new LinkedHashMap<>(8, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Context> eldest) {
                    return size() > MOST_CLASS_PATHS;
                }
            };
    private int unaudited;

    Judge(int retireAfter, int auditEvery) {
        this.retireAfter = retireAfter;
        this.auditEvery = auditEvery;
    }

    /** Trust nothing that was used so far. */
    void forget() {
        contexts.clear();
    }

    void judge(Map<String, Object> request, Json answer) {
        long start = System.nanoTime();
        String source = (String) request.get("source");
        answer.open().field("id", request.get("id"));
        if (request.get("classes") != null) { // that javac made in another process
            addClasses(source, decoded(request), request, answer);
            answer.close();
            return;
        }
        if (Guard.isDeep(source)) {
            answer.field("ask", "nested deeply").close();
            return;
        }
        Source file = new Source(source, (String) request.get("name"), request.get("first"));
        Context context = context(request);
        boolean strict = Boolean.TRUE.equals(request.get("strict"));
        boolean alone = Boolean.TRUE.equals(request.get("fresh")) || Guard.leavesTraces(source);
        answer.field("context", alone ? 0 : context.number());
        Context.Verdict verdict =
                alone ? context.fresh(file, strict) : reused(context, file, strict, answer);
        if (verdict.crashed && !alone) {
            verdict = context.fresh(file, strict);
        }
        answer.field("ms", (System.nanoTime() - start) / 1000 / 1000.0);
        if (verdict.crashed) {
            answer.field("ask", "compiler crash").close();
            return;
        }
        answer.field("ok", verdict.ok);
        addDiagnostics(verdict, answer);
        if (verdict.ok && Boolean.TRUE.equals(request.get("code"))) {
            addClasses(source, context.written(), request, answer);
        }
        answer.close();
    }

    private Context context(Map<String, Object> request) {
        Object path = request.get("path");
        Context context =
                contexts.computeIfAbsent(
                        path == null ? "" : (String) path, p -> new Context(entries(p)));
        if (Boolean.TRUE.equals(request.get("forget"))) {
            context.drop(); // for tests that look for what a program leaves behind
        }
        return context;
    }

    private static List<File> entries(String path) {
        List<File> entries = new ArrayList<>();
        for (String entry : path.split(File.pathSeparator)) {
            if (!entry.isEmpty()) {
                entries.add(new File(entry));
            }
        }
        return entries;
    }

    private Context.Verdict reused(Context context, Source source, boolean strict, Json answer) {
        Context.Verdict verdict = context.reused(source, strict);
        unaudited++;
        if (!verdict.soiled && auditEvery > 0 && unaudited >= auditEvery) {
            unaudited = 0;
            Context.Verdict truth = context.fresh(source, strict);
            if (!truth.crashed && !truth.sameAs(verdict)) {
                answer.field("drift", Boolean.TRUE);
                context.drop();
                return truth;
            }
        }
        if (verdict.soiled || context.used() >= retireAfter) {
            context.drop();
        }
        return verdict;
    }

    private static void addDiagnostics(Context.Verdict verdict, Json answer) {
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

    private void addClasses(
            String source, Map<String, byte[]> classes, Map<String, Object> request, Json answer) {
        TreeSet<String> reach = new TreeSet<>();
        answer.key("classes").open();
        for (Map.Entry<String, byte[]> c : classes.entrySet()) {
            answer.field(c.getKey(), Base64.getEncoder().encodeToString(c.getValue()));
            new ClassScan(c.getValue()).collect(reach);
        }
        answer.close();
        answer.openList("reach");
        reach.forEach(answer::value);
        answer.closeList();
        answer.openList("shadows");
        library.shadowed(source, classes.keySet()).forEach(answer::value);
        answer.closeList();
        if (request.get("first") != null) {
            MainFinder.add(classes, request.get("first"), answer);
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, byte[]> decoded(Map<String, Object> request) {
        Map<String, byte[]> classes = new LinkedHashMap<>();
        ((Map<String, Object>) request.get("classes"))
                .forEach((name, code) -> classes.put(name, Base64.getDecoder().decode((String) code)));
        return classes;
    }
}
