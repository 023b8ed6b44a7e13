// expect: failed,error
// reads a file of the host
class Attack {
    static int run() throws Exception {
        return new String(java.nio.file.Files.readAllBytes(java.nio.file.Path.of("/etc/passwd"))).contains("root") ? 42 : 41;
    }
}
