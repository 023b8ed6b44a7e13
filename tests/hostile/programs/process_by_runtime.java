// expect: error
// starts the one program that it can find
class Attack {
    static int run() throws Exception {
        return Runtime.getRuntime().exec(new String[] { System.getProperty("java.home") + "/bin/java", "-version" }).waitFor() + 42;
    }
}
