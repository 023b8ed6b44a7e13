// expect: passed
// leaves a thread behind
class Attack {
    static int run() throws Exception {
        new Thread(() -> { for (;;) { } }).start();
        return 42;
    }
}
