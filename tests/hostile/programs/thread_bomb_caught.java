// expect: timeout
// starts threads without end and ignores that it cannot
class Attack {
    static int run() throws Exception {
        for (;;) {
            try { new Thread(() -> { try { Thread.sleep(3_600_000L); } catch (InterruptedException e) { } }).start(); } catch (Throwable e) { }
        }
    }
}
