// expect: error
// its own exception
class Attack {
    static int run() throws Exception {
        throw new java.io.IOException("mine");
    }
}
