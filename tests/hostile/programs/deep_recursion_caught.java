// expect: error,failed,passed,timeout
// overflows the stack again and again and catches it
class Attack {
    static int run() throws Exception {
        try { return run(); } catch (StackOverflowError e) { return 41; }
    }
}
