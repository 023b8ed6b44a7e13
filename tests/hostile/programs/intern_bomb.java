// expect: memory,timeout
// fills the table of interned strings
class Attack {
    static int run() throws Exception {
        Object[] keep = new Object[1 << 24];
        for (int i = 0; ; i++) keep[i & (keep.length - 1)] = ("s" + i).repeat(10).intern();
    }
}
