// expect: passed
// changes properties for the next program
class Attack {
    static int run() throws Exception {
        System.setProperty("line.separator", "EVIL");
        System.setProperty("user.dir", "/evil");
        return 42;
    }
}
