// expect: passed
// closes the standard streams
class Attack {
    static int run() throws Exception {
        System.out.close();
        System.err.close();
        System.in.close();
        System.out.println("gone");
        return 42;
    }
}
