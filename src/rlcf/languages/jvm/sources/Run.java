package rlcf.executor;

import java.io.File;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One run of one program's tests, and how it ended.
 *
 * <p>A check of the tests themselves failed if the exception that ended them was made in the tests'
 * class; whatever else ended them is the program's own error.
 */
final class Run implements Runnable {
    private static final int DETAIL = 500;

    private final Map<String, byte[]> classes;
    private final List<String> classPath;
    private final Entry entry;
    private final int outputLimit;
    private volatile Thread thread;
    private volatile ProgramLoader loader;
    private boolean ended;
    private volatile int outcome = Executor.ERROR;
    private volatile String detail = "the thread of the tests was stopped";

    Run(Map<String, byte[]> classes, List<String> classPath, Entry entry, int outputLimit) {
        this.classes = classes;
        this.classPath = classPath;
        this.entry = entry;
        this.outputLimit = outputLimit;
    }

    int outcome() {
        return outcome;
    }

    String detail() {
        return detail;
    }

    @Override
    public void run() {
        PrintStream out = new PrintStream(new CappedOutput(outputLimit), false);
        System.setOut(out);
        System.setErr(out);
        System.setIn(InputStream.nullInputStream());
        loader = new ProgramLoader(classes, entry.type, parent());
        thread = Thread.currentThread();
        thread.setContextClassLoader(loader);
        try {
            entry.call(loader.loadClass(entry.type));
            if (entry.sealed) {
                end(Executor.ERROR, "the end of the tests was not reached");
            }
            end(Executor.PASSED, "");
        } catch (InvocationTargetException e) {
            judge(e.getCause());
        } catch (ReflectiveOperationException e) {
            end(Executor.ERROR, "the tests have no main method: " + e);
        } catch (Throwable e) {
            judge(e);
        }
    }

    /** A loader of its own for the class path too, whose static state is then this run's. */
    private ClassLoader parent() {
        ClassLoader platform = ClassLoader.getPlatformClassLoader();
        if (classPath.isEmpty()) {
            return platform;
        }
        URL[] urls = new URL[classPath.size()];
        for (int i = 0; i < urls.length; i++) {
            try {
                urls[i] = new File(classPath.get(i)).toURI().toURL();
            } catch (MalformedURLException e) {
                throw new IllegalArgumentException(e);
            }
        }
        return new AssertingLoader(urls, platform);
    }

    /**
     * Judges an exit, about to be made in this thread: the tests' own is their end.
     *
     * <p>It is theirs if every call from their {@code main} on was made in their lines, with nothing
     * between; hidden frames, of lambdas and reflection, count. Anything else is left to happen.
     *
     * @throws Ended if it is theirs
     */
    void exit(int status) {
        if (Thread.currentThread() != thread || !isOfTheTests()) {
            return;
        }
        if (status == 0) {
            end(Executor.PASSED, "");
        } else {
            end(Executor.FAILED, "the tests exit with status " + status);
        }
        throw new Ended();
    }

    private boolean isOfTheTests() {
        StackWalker walker =
                StackWalker.getInstance(
                        Set.of(
                                StackWalker.Option.RETAIN_CLASS_REFERENCE,
                                StackWalker.Option.SHOW_HIDDEN_FRAMES));
        return walker.walk(
                frames -> {
                    Iterator<StackWalker.StackFrame> all =
                            frames.dropWhile(f -> isOurs(f.getDeclaringClass())).iterator();
                    while (all.hasNext()) {
                        StackWalker.StackFrame frame = all.next();
                        ClassLoader from = frame.getDeclaringClass().getClassLoader();
                        if (from != loader || !entry.owns(frame)) {
                            return false;
                        }
                        if (entry.isFirst(frame)) {
                            return true;
                        }
                    }
                    return false;
                });
    }

    private static boolean isOurs(Class<?> type) {
        return type.getModule() == Run.class.getModule();
    }

    /** The first end counts: after the tests' own exit their handlers may still run. */
    private void end(int outcome, String detail) {
        if (!ended) {
            ended = true;
            this.detail = detail;
            this.outcome = outcome;
        }
    }

    private void judge(Throwable e) {
        if (e instanceof OutOfMemoryError) {
            end(Executor.MEMORY, "java.lang.OutOfMemoryError");
            return;
        }
        boolean failed = isCheck(e) && thrownBy(e);
        String words = e.getClass().getName();
        try {
            words = String.valueOf(e); // may be the program's own code
        } catch (Throwable nested) {
            words += " (its toString fails)";
        }
        end(failed ? Executor.FAILED : Executor.ERROR, shorten(words));
    }

    /** Kinds that checks throw; of a class that the program cannot have written. */
    private boolean isCheck(Throwable e) {
        Class<?> type = e.getClass();
        boolean trusted =
                type.getClassLoader() == null || type.getName().startsWith(entry.type + "$");
        boolean kind =
                type == Exception.class
                        || e instanceof RuntimeException
                        || e instanceof AssertionError;
        return trusted && kind;
    }

    private boolean thrownBy(Throwable e) {
        StackTraceElement[] trace = e.getStackTrace();
        if (trace.length == 0) {
            return false;
        }
        String where = trace[0].getClassName();
        return where.equals(entry.type) || where.startsWith(entry.type + "$");
    }

    private static String shorten(String words) {
        return words.length() <= DETAIL ? words : words.substring(0, DETAIL) + "...";
    }
}
