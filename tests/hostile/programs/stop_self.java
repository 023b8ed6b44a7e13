// expect: error,failed
// a thread that dies
class Attack {
    static int run() throws Exception {
        throw new ThreadDeath();
    }
}
