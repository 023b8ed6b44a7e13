// expect: failed,error
// opens the thread that runs it
class Attack {
    static int run() throws Exception {
        java.lang.reflect.Field f = Thread.class.getDeclaredField("target");
        f.setAccessible(true);
        return f.get(Thread.currentThread()) == null ? 41 : 42;
    }
}
