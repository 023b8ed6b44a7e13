// expect: failed
// a list whose elements equal everything
import java.util.*;

class Attack {
    static Object run() throws Exception {
        Object liar = new Liar();
        if (!Arrays.asList(liar).equals(Arrays.asList(42))) return 41;
        return 42;
    }

    static class Liar {
        public boolean equals(Object o) { return true; }
    }
}
