// expect: failed,error,passed
// installs a manager that forbids everything
class Attack {
    static int run() throws Exception {
        System.setSecurityManager(new SecurityManager() { public void checkPermission(java.security.Permission p) { throw new SecurityException(); } });
        return 41;
    }
}
