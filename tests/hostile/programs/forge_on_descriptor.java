// expect: error
// writes a verdict where ours are read
class Attack {
    static int run() throws Exception {
        java.io.FileOutputStream out = new java.io.FileOutputStream(java.io.FileDescriptor.out);
        out.write(new byte[64]);
        out.flush();
        Thread.sleep(500);
        Runtime.getRuntime().halt(0);
        return 41;
    }
}
