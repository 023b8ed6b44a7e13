package rlcf.executor;

/**
 * Holds a program's {@code equals} to its word; defined anew beside each program.
 *
 * <p>Equality is symmetric (the contract of {@link Object#equals}), and what the tests expect is made
 * of the JDK's classes or their own: so a program's object equals one of those only if that one
 * says so too.
 */
public final class Symmetry {
    private Symmetry() {}

    /** What a call of {@code self.equals(other)} may return that said {@code said}. */
    public static boolean holds(Object self, Object other, boolean said) {
        if (!said || other == null) {
            return false;
        }
        return self == other || isOfTheProgram(other) || other.equals(self);
    }

    private static boolean isOfTheProgram(Object other) {
        Class<?> type = other.getClass();
        String name = type.getName();
        return type.getClassLoader() == Symmetry.class.getClassLoader()
                && !name.equals("Main")
                && !name.startsWith("Main$");
    }
}
