package rlcf.executor;

import java.io.File;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.List;
import java.util.Map;

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
    private final String mainClass;
    private final int outputLimit;
    private volatile int outcome = Executor.ERROR;
    private volatile String detail = "the thread of the tests was stopped";

    Run(Map<String, byte[]> classes, List<String> classPath, String mainClass, int outputLimit) {
        this.classes = classes;
        this.classPath = classPath;
        this.mainClass = mainClass;
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
        ProgramLoader loader = new ProgramLoader(classes, mainClass, parent());
        Thread.currentThread().setContextClassLoader(loader);
        try {
            Class<?> type = loader.loadClass(mainClass);
            Method main = type.getMethod("main", String[].class);
            main.setAccessible(true);
            main.invoke(null, (Object) new String[0]);
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
        return new URLClassLoader(urls, platform);
    }

    private void end(int outcome, String detail) {
        this.detail = detail;
        this.outcome = outcome;
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
                type.getClassLoader() == null || type.getName().startsWith(mainClass + "$");
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
        return where.equals(mainClass) || where.startsWith(mainClass + "$");
    }

    private static String shorten(String words) {
        return words.length() <= DETAIL ? words : words.substring(0, DETAIL) + "...";
    }
}
