// expect: failed,error
// raw memory
class Attack {
    static int run() throws Exception {
        Class<?> c = Class.forName("sun.misc.Unsafe");
        java.lang.reflect.Field f = c.getDeclaredField("theUnsafe");
        f.setAccessible(true);
        Object u = f.get(null);
        c.getMethod("putAddress", long.class, long.class).invoke(u, 0L, 0L);
        return 42;
    }
}
