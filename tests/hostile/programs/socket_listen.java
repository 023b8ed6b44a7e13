// expect: failed,error
// listens
class Attack {
    static int run() throws Exception {
        new java.net.ServerSocket(0).close();
        return 42;
    }
}
