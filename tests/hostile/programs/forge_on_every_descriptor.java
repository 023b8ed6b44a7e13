// expect: error
// writes to every descriptor of the process
class Attack {
    static int run() throws Exception {
        for (int fd = 0; fd < 64; fd++) {
            try (java.io.FileOutputStream out = new java.io.FileOutputStream("/proc/self/fd/" + fd)) { out.write(new byte[64]); } catch (java.io.IOException e) { }
        }
        Runtime.getRuntime().halt(0);
        return 41;
    }
}
