// expect: output_limit
// the other stream
class Attack {
    static int run() throws Exception {
        for (;;) System.err.println("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    }
}
