// expect: failed,error
// writes outside the scratch directory
class Attack {
    static int run() throws Exception {
        new java.io.FileOutputStream("/var/tmp/rlcf_hostile").close();
        return 42;
    }
}
