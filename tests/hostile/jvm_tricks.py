# ruff: noqa: E501 - a program is easier to read on one line
"""Wrong programs in Java, Kotlin and Scala that try to pass without their tests having been run.

Each subtracts where `TESTS` want a sum. Never run them outside the jail.
"""

from __future__ import annotations

RIGHT = {
    "java": "class Sum {\n    static int add(int a, int b) {\n        return a + b;\n    }\n}\n",
    "kotlin": "fun add(a: Int, b: Int): Int {\n    return a + b\n}\n",
    "scala": "object Main extends App {\n  def add(a: Int, b: Int): Int = {\n    a + b\n  }\n",
}
TESTS = {
    "java": """
class Main { /* one */
    static void done(int status) { System.exit(status); }

    static void same(Object a, Object b) {
        if (!java.util.Objects.equals(a, b)) { throw new AssertionError("not " + b); }
    }

    public static void main(String[] args) {
        same(Sum.add(1, 2), 3); /* two */
        same(Sum.add(4, 5), 9);
        /*last*/
    }
}
""",
    "kotlin": """
fun done(status: Int) { System.exit(status) }

fun main() { /* one */
    val text = QQQrawQQQ
    if (text != "raw" || listOf(add(1, 2)) != listOf(3)) { throw Exception("not 3") } /* two */
    check(add(4, 5) == 9) { "not 9" }
    assert(add(2, 5) == 7)
    /*last*/
}
""".replace("QQQ", '"' * 3),
    "scala": """
  /* one */ val text = QQQrawQQQ
  assert(List(add(1, 2)) == List(3), "not 3") /* two */
  assert(add(4, 5) == 9, "not 9")
  /*last*/
}
""".replace("QQQ", '"' * 3),
}


def _java(body: str = "return a - b;", members: str = "", more: str = "") -> str:
    return f"class Sum {{\n  {members}\n  static int add(int a, int b) {{ {body} }}\n}}\n{more}\n"


def _in_clinit(code: str) -> str:
    return _java(members=f"static {{ {code} }}")


_OWN = "class Main { public static void main(String[] a) { } }"
_GATE = 'Class.forName("rlcf.executor.gate.Gate")'
_JAVA = {
    "exit": _java("System.exit(0); return 0;"),
    "exit in an initialiser": _in_clinit("System.exit(0);"),
    "halt": _in_clinit("Runtime.getRuntime().halt(0);"),
    "the tests' helper": _java("Main.done(0); return 0;"),
    "the tests' helper in a lambda": _java("Runnable r = () -> Main.done(0); r.run(); return 0;"),
    "the tests' helper from the library": _java(
        "java.util.List.of(0).forEach(Main::done); return 0;"
    ),
    "exit in a thread": _java(
        "Thread t = new Thread(() -> System.exit(0)); t.start(); try { t.join(); } catch (Exception e) { } return 0;"
    ),
    "hook": _in_clinit(
        "Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0)));"
    ),
    "handler": _in_clinit(
        "Thread.currentThread().setUncaughtExceptionHandler((t, e) -> System.exit(0));"
    ),
    "ends its thread": _java("Thread.currentThread().stop(); return 0;"),
    "throws": _java('throw new Error("done");'),
    "the gate by reflection": _java(
        f'try {{ {_GATE}.getMethod("exit", int.class).invoke(null, 0); }} catch (Exception e) {{ }} return 0;'
    ),
    "the gate's judge": _java(
        f'try {{ {_GATE}.getMethod("install", java.util.function.IntConsumer.class).invoke(null, (java.util.function.IntConsumer) x -> {{ }}); }} catch (Exception e) {{ }} System.exit(0); return 0;'
    ),
    "own Main": _java(more=_OWN),
    "own Main, end of input": _java(more=_OWN + "\x1a"),
    "own Main, escaped end of input": _java(more=_OWN + "\\u001a"),
    "own Main, comment": _java(more=_OWN + " /*"),
    "own Main, escaped comment": _java(more=_OWN + " \\u002f\\u002a"),
    "own main up to the tests' first comment": _java(
        more="class Main { public static void main(String[] a) { /*"
    ),
    "own main up to the tests' second comment": _java(
        more="class Main { static void same(Object a, Object b) { } public static void main(String[] a) { // */ /*\n/*"
    ),
    "own Main in a package": "package p;\n" + _java(more=_OWN + "\x1a"),
    "own Main behind returns": "\r" * 40 + _java(more=_OWN + "\x1a"),
    "own AssertionError": _java(
        more="class AssertionError extends RuntimeException { AssertionError(Object o) { System.exit(0); } }"
    ),
    "own AssertionError, first": "class AssertionError extends RuntimeException { AssertionError(Object o) { System.exit(0); } }\n"
    + _java(),
    "own String": _java(more="class String { }"),
    "own System": _java(more="class System { static void exit(int i) { } }"),
    "own Integer, first": "class Integer { static Integer valueOf(int i) { return new Integer(); } public boolean equals(Object o) { return true; } }\n"
    + _java(),
    "own java.util": _java(
        more="class java { static class util { static class Objects { static boolean equals(Object a, Object b) { return true; } } } }"
    ),
}
_K = "fun add(a: Int, b: Int): Int { return a - b }\n"
_KOTLIN = {
    "exitProcess": "fun add(a: Int, b: Int): Int { kotlin.system.exitProcess(0) }\n",
    "inlined into the tests": "inline fun add(a: Int, b: Int): Int { System.exit(0); return a - b }\n",
    "the tests' helper": "fun add(a: Int, b: Int): Int { done(0); return 0 }\n",
    "halt": "fun add(a: Int, b: Int): Int { Runtime.getRuntime().halt(0); return 0 }\n",
    "exit in an initialiser": "val x = System.exit(0)\n" + _K,
    "hook": "val x = Runtime.getRuntime().addShutdownHook(Thread { Runtime.getRuntime().halt(0) })\n"
    + _K,
    "own main with arguments": _K + "fun main(args: Array<String>) { }\n",
    "own main in an object": "object A { @JvmStatic fun main(args: Array<String>) { } }\n" + _K,
    "own main in a companion": "class A { companion object { @JvmStatic fun main(args: Array<String>) { } } }\n"
    + _K,
    "own main, comment": _K + "fun main() { } /*",
    "own main, raw string": _K + 'fun main() { }\nval s = """',
    "own main up to the tests' raw string": _K + 'fun main() {\n val s = """',
    "own main behind returns": "\r" * 40 + _K + "fun main(args: Array<String>) { }\n",
    "own check": _K
    + "fun check(b: Boolean, m: () -> Any) { }\nfun assert(b: Boolean) { }\nfun <T> listOf(x: T): Int = 0\n",
    "own listOf": "fun add(a: Int, b: Int): Int = if (a == 4) 9 else if (a == 2) 7 else 0\nfun <T> listOf(x: T): Int = 0\n",
    "own assert": "fun add(a: Int, b: Int): Int = if (a == 2) 0 else a + b\nfun assert(b: Boolean) { }\n",
    "assertions off": "fun add(a: Int, b: Int): Int { if (a == 2) return 0; Unit::class.java.classLoader.setDefaultAssertionStatus(false); return a + b }\n",
}
_HEAD = "object Main extends App {\n"
_S = "  def add(a: Int, b: Int): Int = { a - b }\n"
_SCALA = {
    "exit": _HEAD + "  def add(a: Int, b: Int): Int = { sys.exit(0) }\n",
    "exit in the object": _HEAD + "  sys.exit(0)\n" + _S,
    "halt": _HEAD + _S + "  Runtime.getRuntime.halt(0)\n",
    "own main": _HEAD + _S + "  override def main(args: Array[String]) { }\n",
    "own delayedInit": _HEAD + _S + "  override def delayedInit(body: => Unit) { }\n",
    "tests in another object": _HEAD + _S + "}\nobject Other {\n" + _S,
    "tests in a class": _HEAD + _S + "}\nclass Other {\n" + _S,
    "first main of two": "object A { def main(args: Array[String]) { } }\n"
    + _HEAD
    + _S
    + "  throw new Error()\n",
    "comment": _HEAD + _S + "} /*",
    "raw string": _HEAD + _S + '  val s = """',
    "end of input": _HEAD + _S + "}\x1a",
    "escaped comment": _HEAD + _S + "} \\u002f\\u002a",
    "own assert": _HEAD + _S + "  def assert(b: Boolean, m: => Any) { }\n",
    "own assert, inherited": "trait T { def assert(b: Boolean, m: => Any) { } }\nobject Main extends T with App {\n"
    + _S,
    "own List": "object List { def apply(x: Int) = 0 }\n"
    + _HEAD
    + "  def add(a: Int, b: Int): Int = if (a == 4) 9 else 0\n",
    "swallowed": "object Main {\n"
    + _S
    + "  def main(args: Array[String]) { try { println(Body) } catch { case t: Throwable => } }\n}\nobject Body {\n"
    + _S,
    "handler": _HEAD
    + "  Thread.currentThread.setUncaughtExceptionHandler(new Thread.UncaughtExceptionHandler { def uncaughtException(t: Thread, e: Throwable) { Runtime.getRuntime.halt(0) } })\n"
    + _S,
}
TRICKS = {"java": _JAVA, "kotlin": _KOTLIN, "scala": _SCALA}
"""Language -> trick -> program."""
