// expect: passed
// the control: does what the tests ask
class Attack {
    static int run() throws Exception {
        return 42;
    }
}
