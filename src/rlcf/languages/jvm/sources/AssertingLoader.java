package rlcf.executor;

import java.net.URL;
import java.net.URLClassLoader;

/** Loads classes whose assertions are on (the JVM runs with {@code -ea}) and stay on. */
class AssertingLoader extends URLClassLoader {
    AssertingLoader(URL[] urls, ClassLoader parent) {
        super(urls, parent);
    }

    @Override
    public void setDefaultAssertionStatus(boolean enabled) {
        // they stay on
    }

    @Override
    public void setPackageAssertionStatus(String name, boolean enabled) {
        // they stay on
    }

    @Override
    public void setClassAssertionStatus(String name, boolean enabled) {
        // they stay on
    }

    @Override
    public void clearAssertionStatus() {
        // they stay on
    }
}
