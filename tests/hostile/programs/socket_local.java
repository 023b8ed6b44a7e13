// expect: failed,error
// connects to a service of the host
class Attack {
    static int run() throws Exception {
        new java.net.Socket("127.0.0.1", 22).close();
        return 42;
    }
}
