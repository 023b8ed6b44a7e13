// expect: timeout
// sleeps for an hour
class Attack {
    static int run() throws Exception {
        Thread.sleep(3_600_000L);
        return 42;
    }
}
