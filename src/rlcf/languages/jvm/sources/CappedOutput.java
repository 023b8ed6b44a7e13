package rlcf.executor;

import java.io.OutputStream;

/** Counts what a program prints, keeps none of it, and ends the process when it is too much. */
final class CappedOutput extends OutputStream {
    private final long limit;
    private long count;

    CappedOutput(long limit) {
        this.limit = limit;
    }

    @Override
    public void write(int b) {
        add(1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        add(length);
    }

    private synchronized void add(int more) {
        count += more;
        if (count > limit) {
            // An exception would be the program's to catch.
            Runtime.getRuntime().halt(Executor.EXIT_OUTPUT);
        }
    }
}
