// expect: timeout
// never returns from the initialiser of the class
class Attack {
    static int run() throws Exception {
        return X.y;
    }
    static class X { static int y; static { while (y == 0) {} } }
}
