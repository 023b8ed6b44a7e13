// expect: memory
// asks for more than there is
class Attack {
    static int run() throws Exception {
        return new long[Integer.MAX_VALUE].length;
    }
}
