package rlcf.executor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.HashMap;
import java.util.Map;
import rlcf.executor.gate.Gate;

/**
 * Defines one program's classes from memory; everything else comes from the parent.
 *
 * <p>Classes of the program, not those of the tests, have their {@code equals} guarded; all have
 * their exits guarded.
 */
final class ProgramLoader extends AssertingLoader {
    private static final String SYMMETRY = "rlcf.executor.Symmetry";
    private static final String GATE = Gate.class.getName();
    private static final byte[] SYMMETRY_FILE = read("Symmetry.class");

    private final Map<String, byte[]> classes;
    private final String tests;

    /** {@code tests} is the name of the tests' class. */
    ProgramLoader(Map<String, byte[]> classes, String tests, ClassLoader parent) {
        super(new URL[0], parent);
        this.classes = new HashMap<>(classes);
        this.tests = tests;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (name.equals(GATE)) {
            return Gate.class;
        }
        if (!name.equals(SYMMETRY)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) { // the parent would find the executor's own
            Class<?> known = findLoadedClass(name);
            return known != null
                    ? known
                    : defineClass(name, SYMMETRY_FILE, 0, SYMMETRY_FILE.length);
        }
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        byte[] bytes = classes.remove(name);
        if (bytes == null) {
            throw new ClassNotFoundException(name);
        }
        if (!name.equals(tests) && !name.startsWith(tests + "$")) {
            bytes = EqualsGuard.guarded(bytes);
        }
        bytes = ExitGuard.guarded(bytes);
        return defineClass(name, bytes, 0, bytes.length);
    }

    private static byte[] read(String name) {
        try (InputStream in = ProgramLoader.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
