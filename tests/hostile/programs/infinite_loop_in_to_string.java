// expect: timeout
// loops when the harness asks for its message
class Attack {
    static int run() throws Exception {
        throw new RuntimeException() { public String toString() { for (;;) {} } };
    }
}
