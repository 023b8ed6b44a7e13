package rlcf.compiler;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * What a class file reaches for: every class, method and field that its constant pool names.
 *
 * <p>Written {@code java/lang/String} for a class and {@code java/lang/System.exit} for a member.
 * Bytecode can touch nothing else without reflection, whose classes then show up here themselves.
 * Class file format: The Java Virtual Machine Specification, section 4.4.
 */
final class ClassScan {
    private final ByteBuffer in;
    private final int[] offset;
    private final int[] tag;
    private final int end;

    ClassScan(byte[] classFile) {
        in = ByteBuffer.wrap(classFile);
        int count = in.getShort(8) & 0xffff;
        offset = new int[count];
        tag = new int[count];
        int at = 10;
        for (int i = 1; i < count; i++) {
            tag[i] = in.get(at);
            offset[i] = at + 1;
            at += 1 + size(tag[i], at);
            if (tag[i] == 5 || tag[i] == 6) {
                i++; // long and double take two places
            }
        }
        end = at;
    }

    /** Where the constant pool ends: at the access flags. */
    int end() {
        return end;
    }

    private int size(int tag, int at) {
        switch (tag) {
            case 1: // Utf8
                return 2 + (in.getShort(at + 1) & 0xffff);
            case 5: // Long
            case 6: // Double
                return 8;
            case 7: // Class
            case 8: // String
            case 16: // MethodType
            case 19: // Module
            case 20: // Package
                return 2;
            case 15: // MethodHandle
                return 3;
            default: // Integer, Float, members, NameAndType, dynamic
                return 4;
        }
    }

    void collect(Set<String> names) {
        for (int i = 1; i < tag.length; i++) {
            if (tag[i] == 7) {
                names.add(className(i));
            } else if (tag[i] >= 9 && tag[i] <= 11) {
                int nameAndType = u2(offset[i] + 2);
                names.add(className(u2(offset[i])) + "." + utf8(u2(offset[nameAndType])));
            } else if (tag[i] == 1 && u2(offset[i]) == 8 && utf8(i).equals("finalize")) {
                names.add("finalize"); // runs later, beside another program
            }
        }
    }

    private int u2(int at) {
        return in.getShort(at) & 0xffff;
    }

    private String className(int i) {
        return utf8(u2(offset[i]));
    }

    /** The text of the constant with this index. */
    String utf8(int i) {
        return new String(in.array(), offset[i] + 2, u2(offset[i]), StandardCharsets.UTF_8);
    }
}
