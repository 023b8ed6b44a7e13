// expect: timeout
// burns CPU time in many threads
class Attack {
    static int run() throws Exception {
        for (int i = 0; i < 8; i++) new Thread(() -> { for (;;) { } }).start();
        Thread.sleep(3_600_000L);
        return 42;
    }
}
