// expect: failed,error
// opens a connection
class Attack {
    static int run() throws Exception {
        new java.net.Socket("1.1.1.1", 80).close();
        return 42;
    }
}
