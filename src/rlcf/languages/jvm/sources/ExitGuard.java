package rlcf.executor;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * Rewrites a class so that its calls of {@code exit} and {@code halt} go to the {@code Gate}.
 *
 * <p>Each call becomes a static one of the same length that takes the receiver, if there was one, as
 * its first argument; so nothing moves, and stack maps stay as they are. Instructions: The Java
 * Virtual Machine Specification, chapter 6.
 */
final class ExitGuard extends ClassFile {
    private static final String GATE = "rlcf/executor/gate/Gate";
    private static final int INVOKEVIRTUAL = 0xb6;
    private static final int INVOKESTATIC = 0xb8;
    private static final int TABLESWITCH = 0xaa;
    private static final int LOOKUPSWITCH = 0xab;
    private static final int WIDE = 0xc4;
    private static final int IINC = 0x84;
    private static final int CODE_LENGTH_AT = 10;

    /** What is replaced, and the descriptor of what takes its place under the same name. */
    private static final Map<String, String> EXITS =
            Map.of(
                    "java/lang/System.exit(I)V", "(I)V",
                    "java/lang/Runtime.exit(I)V", "(Ljava/lang/Runtime;I)V",
                    "java/lang/Runtime.halt(I)V", "(Ljava/lang/Runtime;I)V",
                    "scala/sys/package$.exit(I)Lscala/runtime/Nothing$;",
                            "(Ljava/lang/Object;I)Ljava/lang/Throwable;",
                    "scala/sys/package$.exit()Lscala/runtime/Nothing$;",
                            "(Ljava/lang/Object;)Ljava/lang/Throwable;");

    /** Index of a call's constant -> index of its replacement. */
    private final Map<Integer, Integer> replaced = new TreeMap<>();

    private ExitGuard(byte[] file) {
        super(file);
    }

    /** The class file to define instead of this one; the same if nothing is to be done. */
    static byte[] guarded(byte[] file) {
        return new ExitGuard(file).rewrite();
    }

    private byte[] rewrite() {
        byte[] constants = replacements();
        if (replaced.isEmpty()) {
            return file;
        }
        byte[] changed = file.clone();
        int at = methods() + 2;
        for (int n = u2(at - 2); n > 0; n--) {
            int attribute = at + 8;
            for (int m = u2(at + 6); m > 0; m--) {
                if (utf8(u2(attribute)).equals("Code")) {
                    redirect(changed, attribute + CODE_LENGTH_AT);
                }
                attribute += 6 + in.getInt(attribute + 2);
            }
            at = attribute;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(file.length + constants.length);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.write(changed, 0, 8);
            out.writeShort(offset.length + 2 + 4 * replaced.size());
            out.write(changed, 10, poolEnd - 10);
            out.write(constants);
            out.write(changed, poolEnd, changed.length - poolEnd);
        } catch (IOException e) {
            throw new IllegalStateException(e); // not from memory
        }
        return bytes.toByteArray();
    }

    /** The constants to add; notes which calls they replace. */
    private byte[] replacements() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            addUtf8(out, GATE);
            addOne(out, CLASS, offset.length);
            int next = offset.length + 2;
            for (int i = 1; i < offset.length; i++) {
                if (offset[i] == 0 || file[offset[i]] != METHOD) {
                    continue;
                }
                int pair = offset[u2(offset[i] + 3)];
                String name = utf8(u2(pair + 1));
                String owner = utf8(u2(offset[u2(offset[i] + 1)] + 1));
                String descriptor = EXITS.get(owner + "." + name + utf8(u2(pair + 3)));
                if (descriptor != null) {
                    addUtf8(out, name);
                    addUtf8(out, descriptor);
                    addPair(out, NAME_AND_TYPE, next, next + 1);
                    addPair(out, METHOD, offset.length + 1, next + 2);
                    replaced.put(i, next + 3);
                    next += 4;
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e); // not from memory
        }
        return bytes.toByteArray();
    }

    /** Walks a method's instructions; {@code start} is where the length of its code stands. */
    private void redirect(byte[] changed, int start) {
        int first = start + 4;
        int end = first + in.getInt(start);
        for (int at = first; at < end; at = next(at, first)) {
            int op = file[at] & 0xff;
            Integer call = op == INVOKESTATIC || op == INVOKEVIRTUAL ? replaced.get(u2(at + 1)) : null;
            if (call != null) {
                changed[at] = (byte) INVOKESTATIC;
                changed[at + 1] = (byte) (call >> 8);
                changed[at + 2] = (byte) (int) call;
            }
        }
    }

    private int next(int at, int first) {
        int op = file[at] & 0xff;
        if (op == WIDE) {
            return at + ((file[at + 1] & 0xff) == IINC ? 6 : 4);
        }
        if (op == TABLESWITCH || op == LOOKUPSWITCH) {
            int table = at + 4 - (at - first) % 4; // aligned, behind which lies the default
            int size = in.getInt(table + 4);
            return op == LOOKUPSWITCH
                    ? table + 8 + 8 * size
                    : table + 12 + 4 * (in.getInt(table + 8) - size + 1);
        }
        return at + 1 + operands(op);
    }

    private static int operands(int op) {
        if (op == 185 || op == 186 || op >= 200) { // invokeinterface, invokedynamic, goto_w, jsr_w
            return 4;
        }
        if (op == 197) { // multianewarray
            return 3;
        }
        boolean one =
                op == 16 || op == 18 || (op >= 21 && op <= 25) || (op >= 54 && op <= 58)
                        || op == 169 || op == 188; // bipush, ldc, loads, stores, ret, newarray
        if (one) {
            return 1;
        }
        boolean two =
                op == 17 || op == 19 || op == 20 || op == IINC // sipush, ldc_w, ldc2_w
                        || (op >= 153 && op <= 168) // branches
                        || (op >= 178 && op <= 187) // fields, invocations, new
                        || op == 189 || op == 192 || op == 193 // anewarray, checkcast, instanceof
                        || op >= 198; // ifnull, ifnonnull
        return two ? 2 : 0;
    }
}
