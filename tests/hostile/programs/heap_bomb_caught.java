// expect: memory,timeout
// keeps everything and catches the consequences
import java.util.*;
class Attack {
    static int run() throws Exception {
        List<long[]> keep = new ArrayList<>();
        for (;;) {
            try { keep.add(new long[1 << 16]); } catch (OutOfMemoryError e) { }
        }
    }
}
