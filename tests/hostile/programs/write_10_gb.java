// expect: error,memory,failed,timeout
// fills the disk
class Attack {
    static int run() throws Exception {
        try (java.io.FileOutputStream out = new java.io.FileOutputStream("/tmp/big")) {
            for (int i = 0; i < 10_000; i++) out.write(new byte[1 << 20]);
        }
        return 42;
    }
}
