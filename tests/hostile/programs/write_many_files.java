// expect: error,timeout
// as many files as will fit
class Attack {
    static int run() throws Exception {
        for (int i = 0; ; i++) new java.io.FileOutputStream("/tmp/f" + i).close();
    }
}
