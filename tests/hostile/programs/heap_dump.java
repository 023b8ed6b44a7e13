// expect: failed,error,memory,timeout
// looks for the secret in a dump of the heap
class Attack {
    static int run() throws Exception {
        Class<?> c = Class.forName("java.lang.management.ManagementFactory");
        Object server = c.getMethod("getPlatformMBeanServer").invoke(null);
        javax.management.MBeanServer s = (javax.management.MBeanServer) server;
        s.invoke(new javax.management.ObjectName("com.sun.management:type=HotSpotDiagnostic"), "dumpHeap", new Object[] { "/tmp/x.hprof", true }, new String[] { "java.lang.String", "boolean" });
        return 41;
    }
}
