package rlcf.compiler;

import java.nio.ByteBuffer;
import java.util.Map;

/**
 * Finds the {@code main} that was written in the tests' lines of a unit, not in the program's.
 *
 * <p>The compiler notes the line of every instruction, and a program cannot choose its lines. Class
 * file format: The Java Virtual Machine Specification, sections 4.6 and 4.7.12.
 */
final class MainFinder {
    private static final int STATIC = 0x0008;
    private static final String ARGUMENTS = "([Ljava/lang/String;)V";
    private static final String NONE = "()V";

    private final int firstLine;
    private String type = "";
    private boolean arguments;

    private MainFinder(int firstLine) {
        this.firstLine = firstLine;
    }

    /** Adds {@code main}, the class that has it or empty, and whether it takes {@code arguments}. */
    static void add(Map<String, byte[]> classes, Object firstLine, Json answer) {
        MainFinder finder = new MainFinder(((Number) firstLine).intValue());
        classes.forEach(finder::look);
        answer.field("main", finder.type).field("arguments", finder.arguments);
    }

    private void look(String name, byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file);
        ClassScan pool = new ClassScan(file);
        int at = pool.end() + 8 + 2 * u2(in, pool.end() + 6);
        for (int part = 0; part < 2; part++) { // fields, methods
            int n = u2(in, at);
            at += 2;
            for (; n > 0; n--) {
                if (part == 1 && pool.utf8(u2(in, at + 2)).equals("main")) {
                    consider(name, pool, in, at);
                }
                at += 6;
                int attributes = u2(in, at);
                at += 2;
                for (; attributes > 0; attributes--) {
                    at += 6 + in.getInt(at + 2);
                }
            }
        }
    }

    private void consider(String name, ClassScan pool, ByteBuffer in, int method) {
        String descriptor = pool.utf8(u2(in, method + 4));
        boolean takes = descriptor.equals(ARGUMENTS);
        boolean isStatic = (u2(in, method) & STATIC) != 0;
        String found = name;
        if (!isStatic && name.endsWith("$")) {
            found = name.substring(0, name.length() - 1); // Scala's object, whose class forwards
        } else if (!isStatic) {
            return;
        }
        if (!takes && !(isStatic && descriptor.equals(NONE))) {
            return;
        }
        boolean better = rank(found) >= rank(type) && !(found.equals(type) && arguments);
        if (better && lowestLine(pool, in, method) >= firstLine) {
            type = found;
            arguments = takes;
        }
    }

    /** Helpers of the tests may have a {@code main} too; the class that is called so comes first. */
    private static int rank(String name) {
        return name.equals("Main") || name.endsWith(".Main") ? 1 : 0;
    }

    /** The first line of a method's instructions; -1 if none is known. */
    private static int lowestLine(ClassScan pool, ByteBuffer in, int method) {
        int lowest = Integer.MAX_VALUE;
        int at = method + 8;
        for (int n = u2(in, method + 6); n > 0; n--) {
            if (pool.utf8(u2(in, at)).equals("Code")) {
                int handlers = at + 14 + in.getInt(at + 10);
                int inner = handlers + 2 + 8 * u2(in, handlers);
                int m = u2(in, inner);
                for (inner += 2; m > 0; m--) {
                    boolean lines = pool.utf8(u2(in, inner)).equals("LineNumberTable");
                    for (int k = lines ? u2(in, inner + 6) : 0; k > 0; k--) {
                        lowest = Math.min(lowest, u2(in, inner + 6 + 4 * k));
                    }
                    inner += 6 + in.getInt(inner + 2);
                }
            }
            at += 6 + in.getInt(at + 2);
        }
        return lowest == Integer.MAX_VALUE ? -1 : lowest;
    }

    private static int u2(ByteBuffer in, int at) {
        return in.getShort(at) & 0xffff;
    }
}
