// expect: failed,timeout
// reads what the harness would read
class Attack {
    static int run() throws Exception {
        new java.io.FileInputStream(java.io.FileDescriptor.in).read(new byte[64]);
        return 41;
    }
}
