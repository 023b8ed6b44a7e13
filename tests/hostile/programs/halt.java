// expect: error
// ends the process without ceremony
class Attack {
    static int run() throws Exception {
        Runtime.getRuntime().halt(0);
        return 41;
    }
}
