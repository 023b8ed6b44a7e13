// expect: failed
// replaces the standard streams
class Attack {
    static int run() throws Exception {
        System.setOut(new java.io.PrintStream(new java.io.ByteArrayOutputStream()));
        return 41;
    }
}
