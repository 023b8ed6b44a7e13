// expect: error,output_limit,timeout
// floods the descriptor behind the streams
class Attack {
    static int run() throws Exception {
        java.io.FileOutputStream out = new java.io.FileOutputStream(java.io.FileDescriptor.out);
        for (;;) out.write(new byte[1 << 16]);
    }
}
