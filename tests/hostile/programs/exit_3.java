// expect: error,memory
// an exit status with a meaning of ours
class Attack {
    static int run() throws Exception {
        System.exit(3);
        return 41;
    }
}
