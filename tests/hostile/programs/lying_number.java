// expect: failed
// a number that equals everything
class Attack {
    static Number run() {
        return new java.util.concurrent.atomic.AtomicInteger(41) {
            public boolean equals(Object o) { return true; }
        };
    }
}
