// expect: failed,error
// asks for the channel that the process was started with
class Attack {
    static int run() throws Exception {
        Object c = System.inheritedChannel();
        return c == null ? 41 : 43;
    }
}
