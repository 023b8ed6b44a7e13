// expect: error,output_limit
// an exit status with a meaning of ours
class Attack {
    static int run() throws Exception {
        System.exit(7);
        return 41;
    }
}
