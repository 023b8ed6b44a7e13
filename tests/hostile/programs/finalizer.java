// expect: passed
// code that runs when nobody looks
class Attack {
    static int run() throws Exception {
        new Attack();
        return 42;
    }
    protected void finalize() { for (;;) { } }
}
