// expect: failed,error
// loads a library that it has written
class Attack {
    static int run() throws Exception {
        java.nio.file.Path p = java.nio.file.Files.createTempFile("x", ".so");
        java.nio.file.Files.write(p, new byte[] { 0x7f, 0x45, 0x4c, 0x46 });
        System.load(p.toString());
        return 42;
    }
}
