// expect: error
// overflows the stack
class Attack {
    static int run() throws Exception {
        return run() + 1;
    }
}
