// expect: memory,timeout
// starts threads without end
class Attack {
    static int run() throws Exception {
        for (;;) {
            Thread t = new Thread(() -> { for (;;) { } });
            t.setDaemon(true);
            t.start();
        }
    }
}
