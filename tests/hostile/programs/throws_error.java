// expect: error
// an error of the virtual machine
class Attack {
    static int run() throws Exception {
        throw new InternalError("x");
    }
}
