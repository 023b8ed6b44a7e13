// expect: not_run
// declares a class inside the JDK
package java.lang;

class Attack {
    static int run() { return 42; }
}
