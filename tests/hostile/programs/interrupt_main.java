// expect: failed,error
// stops the thread that waits for it
class Attack {
    static int run() throws Exception {
        for (Thread t : Thread.getAllStackTraces().keySet()) if (t != Thread.currentThread()) t.interrupt();
        return 41;
    }
}
