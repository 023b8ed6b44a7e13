// expect: output_limit
// prints without end and catches everything
class Attack {
    static int run() throws Exception {
        for (;;) {
            try { System.out.println("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"); } catch (Throwable t) { }
        }
    }
}
