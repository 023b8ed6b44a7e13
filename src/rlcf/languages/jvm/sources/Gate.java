package rlcf.executor.gate;

import java.util.function.IntConsumer;

/**
 * Where the exits of a program and its tests lead: {@link rlcf.executor.ExitGuard} puts these methods
 * in the place of the JDK's.
 *
 * <p>In a package of its own, the only one that classes under test can reach. An exit of the tests'
 * own is their end and comes back as an error that ends the run; any other ends the process.
 */
public final class Gate {
    private static volatile IntConsumer exits;

    private Gate() {}

    /** Once, before anything else: who judges an exit, and throws if it is the tests' own. */
    public static synchronized void install(IntConsumer judge) {
        if (exits != null) {
            throw new IllegalStateException();
        }
        exits = judge;
    }

    /** For {@code System.exit}. */
    public static void exit(int status) {
        exits.accept(status);
        System.exit(status);
    }

    /** For {@code Runtime.exit}. */
    public static void exit(Runtime runtime, int status) {
        exits.accept(status);
        runtime.exit(status);
    }

    /** For {@code Runtime.halt}. */
    public static void halt(Runtime runtime, int status) {
        exits.accept(status);
        runtime.halt(status);
    }

    /** For Scala's {@code sys.exit}, after which its compiler throws what came back. */
    public static Throwable exit(Object sys, int status) {
        exit(status);
        return new IllegalStateException();
    }

    /** The same without a status. */
    public static Throwable exit(Object sys) {
        return exit(sys, 0);
    }
}
