// expect: failed,error
// looks for the executor among the loaded classes
class Attack {
    static int run() throws Exception {
        Class<?> c = ClassLoader.getSystemClassLoader().loadClass("rlcf.executor.Run");
        for (java.lang.reflect.Field f : c.getDeclaredFields()) f.setAccessible(true);
        return 42;
    }
}
