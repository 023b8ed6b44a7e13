// expect: memory
// memory outside the heap
import java.util.*;
class Attack {
    static int run() throws Exception {
        List<Object> keep = new ArrayList<>();
        for (;;) keep.add(java.nio.ByteBuffer.allocateDirect(1 << 24));
    }
}
