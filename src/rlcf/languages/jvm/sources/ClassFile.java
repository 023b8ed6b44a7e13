package rlcf.executor;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A class file as those who rewrite it read it. Offsets are from its beginning.
 *
 * <p>Class file format: The Java Virtual Machine Specification, chapter 4.
 */
class ClassFile {
    /** Tags of the constant pool. */
    static final int UTF8 = 1;

    static final int LONG = 5;
    static final int DOUBLE = 6;
    static final int CLASS = 7;
    static final int STRING = 8;
    static final int METHOD = 10;
    static final int NAME_AND_TYPE = 12;
    static final int METHOD_HANDLE = 15;
    static final int METHOD_TYPE = 16;
    static final int MODULE = 19;
    static final int PACKAGE = 20;

    final byte[] file;
    final ByteBuffer in;

    /** Where each constant begins, at its tag; 0 for the unused places. */
    final int[] offset;

    /** Where the constant pool ends: at the access flags. */
    final int poolEnd;

    ClassFile(byte[] file) {
        this.file = file;
        in = ByteBuffer.wrap(file);
        offset = new int[u2(8)];
        int at = 10;
        for (int i = 1; i < offset.length; i++) {
            offset[i] = at;
            int tag = file[at];
            at += size(tag, at);
            if (tag == LONG || tag == DOUBLE) {
                i++; // they take two places
            }
        }
        poolEnd = at;
    }

    private int size(int tag, int at) {
        switch (tag) {
            case UTF8:
                return 3 + u2(at + 1);
            case LONG:
            case DOUBLE:
                return 9;
            case CLASS:
            case STRING:
            case METHOD_TYPE:
            case MODULE:
            case PACKAGE:
                return 3;
            case METHOD_HANDLE:
                return 4;
            default: // Integer, Float, members, NameAndType, dynamic
                return 5;
        }
    }

    /** The number of fields; the fields follow. */
    final int fields() {
        return poolEnd + 8 + 2 * u2(poolEnd + 6);
    }

    /** The number of methods; the methods follow. */
    final int methods() {
        int at = fields() + 2;
        for (int n = u2(at - 2); n > 0; n--) {
            at = memberEnd(at);
        }
        return at;
    }

    /** Skips a field or method. */
    final int memberEnd(int at) {
        int end = at + 8;
        for (int n = u2(at + 6); n > 0; n--) {
            end += 6 + in.getInt(end + 2);
        }
        return end;
    }

    final int u2(int at) {
        return in.getShort(at) & 0xffff;
    }

    /** The text of the constant with this index. */
    final String utf8(int i) {
        int at = offset[i];
        return new String(file, at + 3, u2(at + 1), StandardCharsets.UTF_8);
    }

    static void addUtf8(DataOutputStream out, String text) throws IOException {
        out.writeByte(UTF8);
        out.writeUTF(text);
    }

    /** A constant of one index. */
    static void addOne(DataOutputStream out, int tag, int a) throws IOException {
        out.writeByte(tag);
        out.writeShort(a);
    }

    /** A constant of two. */
    static void addPair(DataOutputStream out, int tag, int a, int b) throws IOException {
        addOne(out, tag, a);
        out.writeShort(b);
    }
}
