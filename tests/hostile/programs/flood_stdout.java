// expect: output_limit
// prints without end
class Attack {
    static int run() throws Exception {
        for (;;) System.out.println("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    }
}
