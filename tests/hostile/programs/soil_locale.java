// expect: passed
// changes the locale for the next program
import java.util.*;
class Attack {
    static int run() throws Exception {
        Locale.setDefault(new Locale("tr", "TR"));
        TimeZone.setDefault(TimeZone.getTimeZone("Asia/Tokyo"));
        return 42;
    }
}
