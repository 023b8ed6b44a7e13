"""What languages share whose programs run on the JVM: the JDK, and where tests run."""
