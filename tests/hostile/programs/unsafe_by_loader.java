// expect: failed,error
// raw memory, through the platform loader
class Attack {
    static int run() throws Exception {
        Class<?> c = Class.forName("sun.misc.Unsafe", true, ClassLoader.getPlatformClassLoader());
        return c == null ? 41 : 42;
    }
}
