// expect: failed,error
// calls the executor itself
class Attack {
    static int run() throws Exception {
        Class<?> c = ClassLoader.getSystemClassLoader().loadClass("rlcf.executor.Executor");
        c.getMethod("main", String[].class).invoke(null, (Object) new String[] { "1" });
        return 42;
    }
}
