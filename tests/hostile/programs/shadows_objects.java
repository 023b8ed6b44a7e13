// expect: error
// takes the place of a class that the checks use
import java.util.*;

class Attack {
    static Integer run() { return 41; }
}

class Objects {
    static boolean equals(Object a, Object b) { return true; }
}
