// expect: failed,error
// reads the environment of other processes
class Attack {
    static int run() throws Exception {
        java.io.File[] all = new java.io.File("/proc").listFiles();
        String self = String.valueOf(ProcessHandle.current().pid());
        for (java.io.File f : all) {
            if (!f.getName().matches("\\d+") || f.getName().equals(self)) continue;
            try { if (java.nio.file.Files.readAllBytes(f.toPath().resolve("environ")).length > 0) return 42; } catch (java.io.IOException e) { }
        }
        return 41;
    }
}
