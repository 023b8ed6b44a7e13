// expect: passed
// leaves work in the common pool
class Attack {
    static int run() throws Exception {
        java.util.concurrent.CompletableFuture.runAsync(() -> { for (;;) { } });
        return 42;
    }
}
