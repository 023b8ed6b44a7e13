// expect: memory,timeout
// keeps everything
import java.util.*;
class Attack {
    static int run() throws Exception {
        List<long[]> keep = new ArrayList<>();
        for (;;) keep.add(new long[1 << 16]);
    }
}
