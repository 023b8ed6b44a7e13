// expect: timeout
// swallows whatever is thrown at it
class Attack {
    static int run() throws Exception {
        for (;;) {
            try { for (;;) {} } catch (Throwable t) { }
        }
    }
}
