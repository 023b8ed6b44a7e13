// expect: failed
// a handler that would hide the failure
class Attack {
    static int run() throws Exception {
        Thread.setDefaultUncaughtExceptionHandler((t, e) -> { });
        return 41;
    }
}
