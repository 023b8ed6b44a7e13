// expect: failed
// the control: a wrong answer
class Attack {
    static int run() throws Exception {
        return 41;
    }
}
