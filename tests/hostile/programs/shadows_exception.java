// expect: error
// takes the place of the exception that the tests throw
class Attack {
    static int run() { return 41; }
}

class Exception extends RuntimeException {
    Exception(String s) { System.exit(0); }
}
