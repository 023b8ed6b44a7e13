package rlcf.executor;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Rewrites a class so that its {@code equals} goes through {@link Symmetry}.
 *
 * <p>A class that declares {@code equals(Object)} has it renamed, and one that inherits it from a
 * class of {@code java.util} (a collection whose other methods the program may have replaced) is
 * given one; the new method passes on what the old one says. It has no branch, so it needs no stack
 * map. Class file format: The Java Virtual Machine Specification, chapter 4.
 */
final class EqualsGuard {
    private static final String NAME = "equals";
    private static final String DESCRIPTOR = "(Ljava/lang/Object;)Z";
    private static final String RENAMED = "equals$guarded";
    private static final int INTERFACE = 0x0200;
    private static final int PUBLIC = 0x0001;
    private static final int ABSTRACT_OR_STATIC = 0x0408;

    private final byte[] file;
    private final ByteBuffer in;
    private final int[] offset;
    private final int poolEnd;

    private EqualsGuard(byte[] file) {
        this.file = file;
        in = ByteBuffer.wrap(file);
        offset = new int[u2(8)];
        int at = 10;
        for (int i = 1; i < offset.length; i++) {
            offset[i] = at;
            int tag = file[at];
            at += size(tag, at);
            if (tag == 5 || tag == 6) {
                i++; // long and double take two places
            }
        }
        poolEnd = at;
    }

    /** The class file to define instead of this one; the same if nothing is to be done. */
    static byte[] guarded(byte[] file) {
        return new EqualsGuard(file).rewrite();
    }

    private int size(int tag, int at) {
        switch (tag) {
            case 1: // Utf8
                return 3 + u2(at + 1);
            case 5: // Long
            case 6: // Double
                return 9;
            case 7: // Class
            case 8: // String
            case 16: // MethodType
            case 19: // Module
            case 20: // Package
                return 3;
            case 15: // MethodHandle
                return 4;
            default: // Integer, Float, members, NameAndType, dynamic
                return 5;
        }
    }

    private byte[] rewrite() {
        int interfaces = u2(poolEnd + 6);
        int at = poolEnd + 8 + 2 * interfaces;
        for (int n = u2(at), i = at += 2; n > 0; n--, i = at) {
            at = memberEnd(i);
        }
        int methods = at;
        int own = -1;
        at += 2;
        for (int n = u2(methods); n > 0; n--) {
            boolean concrete = (u2(at) & ABSTRACT_OR_STATIC) == 0;
            if (concrete && utf8(u2(at + 2)).equals(NAME) && utf8(u2(at + 4)).equals(DESCRIPTOR)) {
                own = at;
            }
            at = memberEnd(at);
        }
        int superClass = u2(poolEnd + 4);
        boolean inherits =
                superClass != 0 && utf8(u2(offset[superClass] + 1)).startsWith("java/util/");
        if ((u2(poolEnd) & INTERFACE) != 0 || (own < 0 && !inherits)) {
            return file;
        }
        return write(own, methods, at, own < 0 ? superClass : u2(poolEnd + 2));
    }

    /** Skips a field or method. */
    private int memberEnd(int at) {
        int end = at + 8;
        for (int n = u2(at + 6); n > 0; n--) {
            end += 6 + in.getInt(end + 2);
        }
        return end;
    }

    private byte[] write(int own, int methods, int methodsEnd, int target) {
        int first = offset.length; // indices of the constants that are added, in this order
        int name = first;
        int descriptor = first + 1;
        int code = first + 2;
        int oldName = first + 3;
        int old = first + 5;
        int holds = first + 11;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(file.length + 256);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.write(file, 0, 8);
            out.writeShort(first + 12);
            out.write(file, 10, poolEnd - 10);
            addUtf8(out, NAME);
            addUtf8(out, DESCRIPTOR);
            addUtf8(out, "Code");
            addUtf8(out, own < 0 ? NAME : RENAMED);
            addPair(out, 12, oldName, descriptor);
            addPair(out, 10, target, first + 4);
            addUtf8(out, "rlcf/executor/Symmetry");
            out.writeByte(7);
            out.writeShort(first + 6);
            addUtf8(out, "holds");
            addUtf8(out, "(Ljava/lang/Object;Ljava/lang/Object;Z)Z");
            addPair(out, 12, first + 8, first + 9);
            addPair(out, 10, first + 7, first + 10);
            out.write(file, poolEnd, methods - poolEnd);
            out.writeShort(u2(methods) + 1);
            if (own < 0) {
                out.write(file, methods + 2, methodsEnd - methods - 2);
            } else {
                out.write(file, methods + 2, own - methods);
                out.writeShort(oldName);
                out.write(file, own + 4, methodsEnd - own - 4);
            }
            addMethod(out, name, descriptor, code, old, holds);
            out.write(file, methodsEnd, file.length - methodsEnd);
        } catch (IOException e) {
            throw new IllegalStateException(e); // not from memory
        }
        return bytes.toByteArray();
    }

    /** {@code return Symmetry.holds(this, other, old(other));} */
    private static void addMethod(
            DataOutputStream out, int name, int descriptor, int code, int old, int holds)
            throws IOException {
        out.writeShort(PUBLIC);
        out.writeShort(name);
        out.writeShort(descriptor);
        out.writeShort(1);
        out.writeShort(code);
        out.writeInt(23);
        out.writeShort(4); // stack
        out.writeShort(2); // locals
        out.writeInt(11);
        out.writeInt(0x2a2b2a2b); // aload_0, aload_1, twice
        out.writeByte(0xb7); // invokespecial
        out.writeShort(old);
        out.writeByte(0xb8); // invokestatic
        out.writeShort(holds);
        out.writeByte(0xac); // ireturn
        out.writeInt(0); // no handlers, no attributes
    }

    private static void addUtf8(DataOutputStream out, String text) throws IOException {
        out.writeByte(1);
        out.writeUTF(text);
    }

    private static void addPair(DataOutputStream out, int tag, int a, int b) throws IOException {
        out.writeByte(tag);
        out.writeShort(a);
        out.writeShort(b);
    }

    private int u2(int at) {
        return in.getShort(at) & 0xffff;
    }

    private String utf8(int i) {
        int at = offset[i];
        return new String(file, at + 3, u2(at + 1), StandardCharsets.UTF_8);
    }
}
