package rlcf.executor;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/**
 * Rewrites a class so that its {@code equals} goes through {@link Symmetry}.
 *
 * <p>A class that declares {@code equals(Object)} has it renamed, and one that inherits it from a
 * class of {@code java.util} (a collection whose other methods the program may have replaced) is
 * given one; the new method passes on what the old one says. It has no branch, so it needs no stack
 * map. Class file format: The Java Virtual Machine Specification, chapter 4.
 */
final class EqualsGuard extends ClassFile {
    private static final String NAME = "equals";
    private static final String DESCRIPTOR = "(Ljava/lang/Object;)Z";
    private static final String RENAMED = "equals$guarded";
    private static final int INTERFACE = 0x0200;
    private static final int PUBLIC = 0x0001;
    private static final int ABSTRACT_OR_STATIC = 0x0408;

    private EqualsGuard(byte[] file) {
        super(file);
    }

    /** The class file to define instead of this one; the same if nothing is to be done. */
    static byte[] guarded(byte[] file) {
        return new EqualsGuard(file).rewrite();
    }

    private byte[] rewrite() {
        int methods = methods();
        int own = -1;
        int at = methods + 2;
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
            addPair(out, NAME_AND_TYPE, oldName, descriptor);
            addPair(out, METHOD, target, first + 4);
            addUtf8(out, "rlcf/executor/Symmetry");
            addOne(out, CLASS, first + 6);
            addUtf8(out, "holds");
            addUtf8(out, "(Ljava/lang/Object;Ljava/lang/Object;Z)Z");
            addPair(out, NAME_AND_TYPE, first + 8, first + 9);
            addPair(out, METHOD, first + 7, first + 10);
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
}
