// expect: passed
// counts runs in a static field
class Attack {
    static int run() throws Exception {
        return ++count == 1 ? 42 : 41;
    }
    static int count = 0;
}
