// expect: failed
// a set that contains everything
import java.util.*;

class Attack {
    static Object run() throws Exception {
        return new Liar().equals(Set.of(42)) ? 42 : 41;
    }

    static class Liar extends AbstractSet<Object> {
        public int size() { return 1; }

        public boolean containsAll(Collection<?> c) { return true; }

        public Iterator<Object> iterator() { return List.<Object>of(7).iterator(); }
    }
}
