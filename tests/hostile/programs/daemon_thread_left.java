// expect: passed
// leaves a daemon thread behind
class Attack {
    static int run() throws Exception {
        Thread t = new Thread(() -> { for (;;) { } });
        t.setDaemon(true);
        t.start();
        return 42;
    }
}
