// expect: failed,error
// looks for secrets in the environment
class Attack {
    static int run() throws Exception {
        return System.getenv().keySet().stream().anyMatch(k -> k.contains("HOME") || k.contains("TOKEN") || k.contains("USER")) ? 42 : 41;
    }
}
