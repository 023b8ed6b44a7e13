// expect: memory,timeout
// defines classes until metaspace is full
import java.util.*;
class Attack {
    static int run() throws Exception {
        List<Object> keep = new ArrayList<>();
        for (;;) keep.add(java.lang.reflect.Proxy.newProxyInstance(new ClassLoader() { }, new Class<?>[] { Runnable.class }, (p, m, x) -> null));
    }
}
