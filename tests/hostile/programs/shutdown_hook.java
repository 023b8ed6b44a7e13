// expect: error,timeout
// a hook that never ends
class Attack {
    static int run() throws Exception {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> { for (;;) { } }));
        System.exit(0);
        return 41;
    }
}
