// expect: failed,error
// asks for a name
class Attack {
    static int run() throws Exception {
        return java.net.InetAddress.getByName("example.com").getAddress().length > 0 ? 42 : 41;
    }
}
