// expect: failed,error
// the JDK's own raw memory
class Attack {
    static int run() throws Exception {
        Class<?> c = Class.forName("jdk.internal.misc.Unsafe");
        return c.getMethod("getUnsafe").invoke(null) == null ? 41 : 42;
    }
}
