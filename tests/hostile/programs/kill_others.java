// expect: failed,error
// signals every process that it can see
class Attack {
    static int run() throws Exception {
        ProcessHandle.allProcesses().forEach(p -> { try { p.destroyForcibly(); } catch (RuntimeException e) { } });
        return 41;
    }
}
