package rlcf.compiler;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which of a program's own classes take the place of a class of the JDK.
 *
 * <p>A class of the same package wins over one that is imported on demand, {@code java.lang}
 * included: a program that declares {@code Objects} decides what tests mean by it. Remembers the
 * answers, since a miss is slow. Not thread-safe.
 */
final class Library {
    private static final Pattern ON_DEMAND = Pattern.compile("\\bimport\\s+([\\w.]+)\\.\\*");
    private static final int MOST_REMEMBERED = 20_000;

    private final Map<String, Boolean> known = new HashMap<>();

    /** Those of the classes that a simple name would otherwise have meant a JDK class. */
    List<String> shadowed(String source, Collection<String> classes) {
        List<String> packages = new ArrayList<>(List.of("java.lang"));
        for (Matcher m = ON_DEMAND.matcher(source); m.find(); ) {
            packages.add(m.group(1));
        }
        List<String> found = new ArrayList<>();
        for (String name : classes) {
            if (name.indexOf('$') < 0 && name.indexOf('.') < 0) {
                for (String in : packages) {
                    if (exists(in + "." + name)) {
                        found.add(name);
                        break;
                    }
                }
            }
        }
        return found;
    }

    private boolean exists(String name) {
        if (known.size() > MOST_REMEMBERED) {
            known.clear();
        }
        return known.computeIfAbsent(
                name,
                n -> {
                    try {
                        Class.forName(n, false, ClassLoader.getPlatformClassLoader());
                        return true;
                    } catch (ClassNotFoundException | LinkageError e) {
                        return false;
                    }
                });
    }
}
