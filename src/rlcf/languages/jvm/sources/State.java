package rlcf.executor;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Properties;
import java.util.TimeZone;

/**
 * What of the process a program can change for the next one, as it was before the first.
 *
 * <p>Covers properties, locales, time zone, standard streams, the default handler of uncaught
 * exceptions, and threads. What it cannot see (a file, a JDK class's static state) is for the owner
 * to rule out by not reusing the process.
 */
final class State {
    private final Locale locale = Locale.getDefault();
    private final Locale display = Locale.getDefault(Locale.Category.DISPLAY);
    private final Locale format = Locale.getDefault(Locale.Category.FORMAT);
    private final TimeZone zone = TimeZone.getDefault();
    // After the time zone, whose first use sets a property.
    private final Properties properties = (Properties) System.getProperties().clone();
    private final InputStream in = System.in;
    private final PrintStream out = System.out;
    private final PrintStream err = System.err;
    private final int threads = threads();

    private State() {}

    static State take() {
        return new State();
    }

    /** Puts the streams back, and says what else is not as it was; empty if all is. */
    String restore(Thread done) {
        System.setIn(in);
        System.setOut(out);
        System.setErr(err);
        if (done.isAlive() || threads() > threads) {
            return "threads";
        }
        if (!properties.equals(System.getProperties())) {
            return "properties";
        }
        if (!locale.equals(Locale.getDefault())
                || !display.equals(Locale.getDefault(Locale.Category.DISPLAY))
                || !format.equals(Locale.getDefault(Locale.Category.FORMAT))
                || !zone.equals(TimeZone.getDefault())) {
            return "locale";
        }
        return Thread.getDefaultUncaughtExceptionHandler() == null ? "" : "exception handler";
    }

    private static int threads() {
        ThreadGroup group = Thread.currentThread().getThreadGroup();
        while (group.getParent() != null) {
            group = group.getParent();
        }
        return group.enumerate(new Thread[256], true);
    }
}
