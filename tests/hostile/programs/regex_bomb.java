// expect: timeout,error
// a regular expression that backtracks for ever
class Attack {
    static int run() throws Exception {
        return "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("(a*)*b|(a|aa)+c") ? 41 : slow();
    }
    static int slow() { for (;;) if ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("(a|aa)+$")) return 1; }
}
