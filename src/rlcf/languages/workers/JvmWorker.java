package rlcf.compiler;

import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The warm worker of languages whose compiler runs on the JVM: judges programs, runs none of them.
 *
 * <p>Arguments: the {@link Front}, and its own. Prints a line when it is ready; then one JSON object
 * a line in, one a line out. What came of the program (class files, what they name, the class that
 * has {@code main}) is only in the answer if it is asked for.
 */
public final class JvmWorker {
    private JvmWorker() {}

    /** A compiler. */
    interface Front {
        /** What it says of a program; class files by binary name go to {@code classes}. */
        List<Finding> compile(String source, Map<String, byte[]> classes) throws Exception;
    }

    /** One message, with lines and columns from 1 on, or 0 where there are none. */
    static final class Finding {
        String severity = "error";
        String code = "";
        String message = "";
        int line;
        int column;
        int endLine;
        int endColumn;
    }

    public static void main(String[] args) throws Exception {
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        System.setOut(System.err); // compilers may print
        Front front =
                (Front)
                        Class.forName("rlcf.compiler." + args[0])
                                .getDeclaredConstructor(String[].class)
                                .newInstance((Object) args);
        out.write(new Json().open().field("ready", true).close().line());
        BufferedReader in =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            out.write(answer(front, Json.object(line)).line());
        }
        Runtime.getRuntime().halt(0);
    }

    private static Json answer(Front front, Map<String, Object> request) {
        Map<String, byte[]> classes = new TreeMap<>();
        List<Finding> found = new ArrayList<>();
        Json answer = new Json().open();
        try {
            found = front.compile((String) request.get("source"), classes);
        } catch (Exception | StackOverflowError | AssertionError e) {
            return answer.field("broken", "the compiler failed: " + e).close();
        }
        answer.openList("findings");
        for (Finding f : found) {
            answer.open().field("severity", f.severity).field("code", f.code);
            answer.field("message", f.message).field("line", f.line).field("column", f.column);
            answer.field("end_line", f.endLine).field("end_column", f.endColumn).close();
        }
        answer.closeList();
        if (request.get("first") != null) {
            emit(classes, answer);
            MainFinder.add(classes, request.get("first"), answer);
        }
        return answer.close();
    }

    private static void emit(Map<String, byte[]> classes, Json answer) {
        TreeSet<String> reach = new TreeSet<>();
        answer.key("classes").open();
        for (Map.Entry<String, byte[]> c : classes.entrySet()) {
            answer.field(c.getKey(), Base64.getEncoder().encodeToString(c.getValue()));
            new ClassScan(c.getValue()).collect(reach);
        }
        answer.close().openList("reach");
        reach.forEach(answer::value);
        answer.closeList();
    }
}
