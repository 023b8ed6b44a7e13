// expect: passed
// leaves a timer that would exit later
import java.util.*;
class Attack {
    static int run() throws Exception {
        new Timer().schedule(new TimerTask() { public void run() { System.exit(0); } }, 300);
        return 42;
    }
}
