package rlcf.compiler;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jetbrains.kotlin.cli.common.ExitCode;
import org.jetbrains.kotlin.cli.common.arguments.K2JVMCompilerArguments;
import org.jetbrains.kotlin.cli.common.messages.CompilerMessageSeverity;
import org.jetbrains.kotlin.cli.common.messages.CompilerMessageSourceLocation;
import org.jetbrains.kotlin.cli.common.messages.MessageCollectorWithDiagnosticId;
import org.jetbrains.kotlin.cli.jvm.K2JVMCompiler;
import org.jetbrains.kotlin.config.Services;

/** Kotlin: {@code kotlinc} as it is, called again and again in one process. */
final class KotlinFront implements JvmWorker.Front {
    private static final Path FOLDER = Path.of(System.getProperty("java.io.tmpdir"), "kotlin");

    private final String library;
    private final String jdk;

    /** Arguments: name of this class, class path with kotlin-stdlib.jar, home of the JDK. */
    KotlinFront(String[] args) throws Exception {
        library = args[1];
        jdk = args[2];
        // The compiler's application environment then outlives a compilation.
        System.setProperty("kotlin.environment.keepalive", "true");
        for (int i = 0; i < 2; i++) {
            compile("fun main() { println(listOf(1, 2).map { it + 1 }) }", new java.util.TreeMap<>());
        }
    }

    @Override
    public List<JvmWorker.Finding> compile(String source, Map<String, byte[]> classes)
            throws IOException {
        clear(FOLDER);
        Path out = Files.createDirectories(FOLDER.resolve("out"));
        Path file = FOLDER.resolve("program.kt");
        Files.write(file, source.getBytes(StandardCharsets.UTF_8));
        K2JVMCompiler compiler = new K2JVMCompiler();
        K2JVMCompilerArguments arguments = compiler.createArguments();
        compiler.parseArguments(
                new String[] {
                    "-no-stdlib", "-no-reflect", "-cp", library, "-jdk-home", jdk,
                    "-d", out.toString(), file.toString()
                },
                arguments);
        Messages messages = new Messages();
        ExitCode code = compiler.exec(messages, Services.EMPTY, arguments);
        if (code != ExitCode.OK && code != ExitCode.COMPILATION_ERROR) {
            throw new IllegalStateException(code + " " + messages.internal);
        }
        if (code == ExitCode.OK) {
            collect(out, classes);
        }
        return messages.found;
    }

    private static void collect(Path out, Map<String, byte[]> classes) throws IOException {
        try (Stream<Path> files = Files.walk(out)) {
            files.filter(path -> path.toString().endsWith(".class"))
                    .forEach(path -> classes.put(name(out, path), bytes(path)));
        }
    }

    private static String name(Path out, Path path) {
        String words = out.relativize(path).toString().replace(File.separatorChar, '.');
        return words.substring(0, words.length() - ".class".length());
    }

    private static byte[] bytes(Path path) {
        try {
            return Files.readAllBytes(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void clear(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
            }
        }
    }

    private static final class Messages implements MessageCollectorWithDiagnosticId {
        final List<JvmWorker.Finding> found = new ArrayList<>();
        String internal = "";

        @Override
        public void report(
                CompilerMessageSeverity severity,
                String message,
                CompilerMessageSourceLocation at,
                String id) {
            if (severity == CompilerMessageSeverity.EXCEPTION) {
                internal = message;
            }
            if (!severity.isError() && !severity.isWarning()) {
                return;
            }
            JvmWorker.Finding f = new JvmWorker.Finding();
            f.severity = severity.isError() ? "error" : "warning";
            f.code = id == null ? "" : id;
            f.message = message;
            if (at != null && at.getPath().endsWith("program.kt")) {
                f.line = Math.max(0, at.getLine());
                f.column = Math.max(0, at.getColumn());
                f.endLine = Math.max(0, at.getLineEnd());
                f.endColumn = Math.max(0, at.getColumnEnd());
            }
            found.add(f);
        }

        @Override
        public void clear() {
            found.clear();
        }

        @Override
        public boolean hasErrors() {
            return found.stream().anyMatch(f -> f.severity.equals("error"));
        }
    }
}
