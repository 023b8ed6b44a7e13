// expect: memory
// doubles a string for ever
class Attack {
    static int run() throws Exception {
        String s = "x";
        for (;;) s += s;
    }
}
