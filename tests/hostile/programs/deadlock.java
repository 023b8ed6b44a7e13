// expect: timeout
// two threads wait for each other
class Attack {
    static int run() throws Exception {
        Object a = new Object(), b = new Object();
        Thread t = new Thread(() -> { synchronized (b) { pause(); synchronized (a) { } } });
        t.start();
        synchronized (a) { pause(); synchronized (b) { } }
        return 42;
    }
    static void pause() { try { Thread.sleep(100); } catch (InterruptedException e) { } }
}
