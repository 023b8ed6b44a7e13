// expect: output_limit,memory
// one string of 100 MB
class Attack {
    static int run() throws Exception {
        System.out.print("x".repeat(100_000_000));
        return 42;
    }
}
