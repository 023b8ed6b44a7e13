package rlcf.executor;

import java.io.DataInputStream;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/** Where the tests begin, and which lines of the unit are theirs. */
final class Entry {
    /** The class that has the tests' {@code main}. */
    final String type;

    /** Whether the end of {@code main} says nothing, since the program may have written it. */
    final boolean sealed;

    private final boolean arguments;
    private final int firstLine;
    private final int lastLine;

    Entry(DataInputStream in) throws IOException {
        type = in.readUTF();
        arguments = in.readBoolean();
        sealed = in.readBoolean();
        firstLine = in.readInt();
        lastLine = in.readInt();
    }

    void call(Class<?> loaded) throws ReflectiveOperationException, InvocationTargetException {
        Method main =
                arguments
                        ? loaded.getDeclaredMethod("main", String[].class)
                        : loaded.getDeclaredMethod("main");
        main.setAccessible(true);
        if (arguments) {
            main.invoke(null, (Object) new String[0]);
        } else {
            main.invoke(null);
        }
    }

    /** Whether code of this line is the tests'. */
    boolean owns(StackWalker.StackFrame frame) {
        return frame.getLineNumber() >= firstLine && frame.getLineNumber() <= lastLine;
    }

    /** Whether the tests begin with this call: {@code main}, or what Scala makes of an App's body. */
    boolean isFirst(StackWalker.StackFrame frame) {
        boolean module = frame.getClassName().equals(type + "$");
        return frame.getMethodName().equals("main") && (module || frame.getClassName().equals(type))
                || module && frame.getMethodName().startsWith("delayedEndpoint$");
    }
}
