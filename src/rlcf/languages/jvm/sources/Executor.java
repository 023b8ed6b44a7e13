package rlcf.executor;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import rlcf.executor.gate.Gate;

/**
 * Runs one program's tests after another, each in a class loader and a thread of its own.
 *
 * <p>A request starts with a secret of two longs, which lives in local variables of the main thread
 * only: no reflection, heap dump or class of the program can read it there, so an answer that
 * carries it was written here. Stopping a program is not done here: the owner kills the process.
 */
public final class Executor {
    static final int PASSED = 0;
    static final int FAILED = 1;
    static final int ERROR = 2;
    static final int MEMORY = 3;

    /** Exit status when the heap is too full even for us. */
    static final int EXIT_MEMORY = 213;

    /** Exit status when a program has written more than it may. */
    static final int EXIT_OUTPUT = 217;

    private static volatile Run current;

    private Executor() {}

    public static void main(String[] args) throws Exception {
        FileInputStream in = new FileInputStream(FileDescriptor.in);
        FileOutputStream out = new FileOutputStream(FileDescriptor.out);
        int outputLimit = Integer.parseInt(args[0]);
        List<String> classPath = List.of(args).subList(1, args.length);
        Gate.install(status -> current.exit(status));
        State clean = State.take();
        try {
            out.write('R');
            while (serve(in, out, clean, classPath, outputLimit)) {
                // one program a turn
            }
        } catch (OutOfMemoryError e) {
            Runtime.getRuntime().halt(EXIT_MEMORY);
        }
        Runtime.getRuntime().halt(0);
    }

    private static boolean serve(
            FileInputStream in,
            FileOutputStream out,
            State clean,
            List<String> classPath,
            int outputLimit)
            throws Exception {
        // Unbuffered, byte by byte, into locals: the secret never lies in an array.
        long secretA = readLong(in);
        long secretB = readLong(in);
        Map<String, byte[]> classes = new LinkedHashMap<>();
        DataInputStream data = new DataInputStream(in);
        int size = data.readInt();
        if (size < 0) {
            return false;
        }
        byte[] request = new byte[size];
        data.readFully(request);
        DataInputStream body = new DataInputStream(new ByteArrayInputStream(request));
        for (int n = body.readInt(); n > 0; n--) {
            String name = body.readUTF();
            classes.put(name, body.readNBytes(body.readInt()));
        }
        Entry entry = new Entry(body);
        long start = System.nanoTime();
        Run run = new Run(classes, classPath, entry, outputLimit);
        current = run;
        Thread thread = new Thread(run, "main");
        thread.start();
        thread.join();
        int micros = (int) Math.min(Integer.MAX_VALUE, (System.nanoTime() - start) / 1000);
        String soiled = run.outcome() == MEMORY ? "memory" : clean.restore(thread);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
        DataOutputStream answer = new DataOutputStream(bytes);
        // Only now, when the run is judged, may the secret lie in the heap.
        answer.writeLong(secretA);
        answer.writeLong(secretB);
        answer.writeByte(run.outcome());
        answer.writeInt(micros);
        answer.writeUTF(soiled);
        answer.writeUTF(run.detail());
        bytes.writeTo(out);
        return true;
    }

    private static long readLong(FileInputStream in) throws IOException {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            int b = in.read();
            if (b < 0) {
                Runtime.getRuntime().halt(0); // the owner is gone
            }
            value = value << 8 | b;
        }
        return value;
    }
}
