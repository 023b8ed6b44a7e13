// expect: timeout
// waits for a notification that never comes
class Attack {
    static int run() throws Exception {
        Object o = new Object();
        synchronized (o) { o.wait(); }
        return 42;
    }
}
