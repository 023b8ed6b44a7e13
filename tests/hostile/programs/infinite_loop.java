// expect: timeout
// never returns
class Attack {
    static int run() throws Exception {
        for (;;) {}
    }
}
