// expect: error
// starts processes
class Attack {
    static int run() throws Exception {
        for (;;) new ProcessBuilder("/bin/sh", "-c", "sleep 1000").start();
    }
}
