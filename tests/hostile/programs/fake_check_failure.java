// expect: error
// dresses its exception as a failed check
class Attack {
    static int run() throws Exception {
        RuntimeException e = new RuntimeException("x");
        e.setStackTrace(new StackTraceElement[] { new StackTraceElement("Main", "main", "Main.java", 1) });
        throw e;
    }
}
