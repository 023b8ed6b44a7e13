// expect: failed,error
// attaches a debugger to itself
class Attack {
    static int run() throws Exception {
        Class<?> c = Class.forName("com.sun.tools.attach.VirtualMachine");
        c.getMethod("attach", String.class).invoke(null, String.valueOf(ProcessHandle.current().pid()));
        return 42;
    }
}
