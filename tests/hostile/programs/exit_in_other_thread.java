// expect: error
// ends the process from a thread
class Attack {
    static int run() throws Exception {
        new Thread(() -> System.exit(0)).start();
        Thread.sleep(3_600_000L);
        return 41;
    }
}
