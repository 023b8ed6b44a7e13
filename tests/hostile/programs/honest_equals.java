// expect: passed
// the control: classes that are equal as they should be
import java.util.*;

class Attack {
    static Integer run() {
        Set<Pair> pairs = new HashSet<>(List.of(new Pair(1, "a")));
        boolean found = pairs.contains(new Pair(1, "a")) && !pairs.contains(new Pair(2, "a"));
        List<Integer> mine = new MyList();
        mine.add(42);
        boolean lists = mine.equals(List.of(42)) && List.of(42).equals(mine) && !mine.equals(null);
        Map<String, Integer> map = new HashMap<>() {{ put("x", 1); }};
        boolean maps = map.equals(Map.of("x", 1)) && !map.equals(Map.of("x", 2));
        boolean enums = Colour.RED.equals(Colour.RED) && !Colour.RED.equals(Colour.BLUE);
        return found && lists && maps && enums ? 42 : 41;
    }

    static class MyList extends ArrayList<Integer> {
        @Override
        public boolean equals(Object other) { return super.equals(other); }

        @Override
        public int hashCode() { return super.hashCode(); }
    }

    enum Colour { RED, BLUE }

    static class Pair {
        final long number;
        final String text;

        Pair(long number, String text) {
            this.number = number;
            this.text = text;
        }

        @Override
        public boolean equals(Object other) {
            if (this == other) return true;
            if (!(other instanceof Pair)) return false;
            Pair pair = (Pair) other;
            return number == pair.number && text.equals(pair.text);
        }

        @Override
        public int hashCode() { return Objects.hash(number, text); }
    }
}
