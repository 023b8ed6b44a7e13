# ruff: noqa: E501 - a program is easier to read on one line
"""Programs that are hard on a compiler, and ordinary ones; for the tests and the benchmark.

Hostile in what they declare (names of `java.lang`, packages, annotations, cycles), in how
large or deep they are, or in their characters. What the right verdict is, javac says.
"""

from __future__ import annotations

HOSTILE: dict[str, str] = {
    "package": "package foo; class A {}",
    "pkg_lang": "package java.lang; class A {}",
    "pkg_util": "package java.util; public class Main { }",
    "module": "module m {}",
    "own_string": "class String { } class A { String s; }",
    "own_object": "class Object { } class A extends Object { }",
    "own_list": "import java.util.*; class List<T> { T t; } class A { List<String> l = new ArrayList<String>(); }",
    "own_integer": 'class Integer { static int parseInt(Object o) {return 1;} } class A { int x = Integer.parseInt(""); }',
    "own_exception": "class Exception extends java.lang.Exception {} class A { void f() throws Exception { throw new Exception(); } }",
    "own_system": "class System { static class out { static void println(Object o){} } } class A { void f(){ System.out.println(1); } }",
    "own_override": '@interface Override {} class A { @Override public java.lang.String toString(){return "";} }',
    "cyclic": "class A extends B {} class B extends A {}",
    "cyclic_obj": "class A extends A {}",
    "cyclic_iface": "interface I extends J {} interface J extends I {}",
    "escape": "class A { char c = '\\u0041'; }",
    "escape_nl": "class A { // \\u000a int x; \n}",
    "anno": "@interface X { int v() default 1; } @X(v=2) class A {}",
    "anno_rec": "@interface X { X v(); } class A {}",
    "anno_bad": "@Foo class A {}",
    "anno_cyc": "@interface X { Y y(); } @interface Y { X x(); }",
    "deprecated": "class A { @Deprecated void f(){} } class B { void g(){ new A().f(); } }",
    "unchecked": "import java.util.*; class A { List f(){ List l = new ArrayList(); l.add(1); return l; } }",
    "big_method": "class A { void f(){ int x=0;" + "x=x*3+x;" * 9000 + "} }",
    "big_pool": "class A { " + "".join(f'String s{i}="k{i}";' for i in range(34000)) + "}",
    "big_clinit": "class A { static int[] a = {"
    + ",".join(str(i * 7919) for i in range(10000))
    + "}; }",
    "big_string": 'class A { String s = "' + "x" * 70000 + '"; }',
    "many_params": "class A { void f(" + ",".join(f"int a{i}" for i in range(260)) + "){} }",
    "many_locals": "class A { void f(){" + "".join(f"int a{i}=0;" for i in range(4000)) + "} }",
    "dims": "class A { int" + "[]" * 256 + " a; }",
    "nest500": "class A { int x = " + "(" * 500 + "1" + ")" * 500 + "; }",
    "nest50000": "class A { int x = " + "(" * 50000 + "1" + ")" * 50000 + "; }",
    "plus3000": "class A { int f(int x) { return " + "+".join(["x"] * 3000) + "; } }",
    "plus20000": "class A { int f(int x) { return " + "+".join(["x"] * 20000) + "; } }",
    "blocks2000": "class A { void f() { " + "{" * 2000 + "}" * 2000 + " } }",
    "ifelse3000": "class A { int f(int x) { "
    + "".join(f"if(x=={i}) return {i}; else " for i in range(3000))
    + " return 0; } }",
    "classes_nested": "".join(f"class C{i} {{ " for i in range(60)) + "}" * 60,
    "nul": "class A { \0 }",
    "ctrlz": "class A { } \x1a",
    "bom": "\ufeffclass A { }",
    "empty": "",
    "ws": "   \n",
    "semi": ";;;",
    "two_public": "public class Main {} public class B {}",
    "public_other": "public class B {}",
    "import_only": "import java.util.*;",
    "import_bad": "import foo.bar.*; class A {}",
    "import_static": "import static java.lang.Math.*; class A { double x = sqrt(2); }",
    "import_main": "import rlcf.compiler.*; class A { Server s; }",
    "dup": "class A {} class A {}",
    "dup_nested": "class A { class B {} class B {} }",
    "generic_bomb": "class A { static <T> T id(T t){return t;} Object o = "
    + "id(" * 40
    + "1"
    + ")" * 40
    + "; }",
    "lambda_bomb": "import java.util.function.*; class A { static <T> T r(Supplier<T> s){return s.get();} Object o = "
    + "r(() -> " * 7
    + "1"
    + ")" * 7
    + "; }",
    "string_double": 'class A { static final String s0="'
    + "x" * 100
    + '";'
    + "".join(f"static final String s{i}=s{i - 1}+s{i - 1};" for i in range(1, 12))
    + "}",
    "unicode_id": 'class Ä { int ö = 1; String 名 = "😀"; }',
    "text_block": 'class A { String s = """\n  hi\n  """; }',
    "record": "record P(int x, int y) {} class A { int f(){ return new P(1,2).x(); } }",
    "record_bad": "record P(int x) { int y; }",
    "sealed": "sealed interface S permits X, Y {} final class X implements S {} final class Y implements S {}",
    "switch_expr": "class A { int f(int x){ return switch(x){ case 1 -> 2; default -> { yield 3; } }; } }",
    "switch_bad": "enum E {P,Q} class A { int f(E x){ return switch(x){ case P -> 2; }; } }",
    "var": "class A { void f(){ var x = 1; var y = null; } }",
    "var_cls": "class var {}",
    "record_cls": "class record {}",
    "yield_cls": "class yield {}",
    "sneaky": "class A { void f(){ throw new java.io.IOException(); } }",
    "unreach": "class A { int f(){ return 1; int x; } }",
    "loop": "class A { int f(){ while(true){} } }",
    "init": "class A { int f(){ int x; return x; } }",
    "missing_ret": "class A { int f(){ } }",
    "local_cls": 'class A { void f(){ class L { int x; } new L().x = 1; } void g(){ class L { String x; } new L().x = ""; } }',
    "anon": "class A { Object f(){ return new Object(){ int x = 1; }.x; } }",
    "helper_def": "class Helper { static int h(){ return 1; } }",
    "helper_use": "class A { int x = Helper.h(); }",
    "helper_def2": 'class Helper { static String h(){ return ""; } class Inner {} }',
    "helper_inner_use": "class A { Helper.Inner i; }",
    "helper_pkg": "package p; public class Main { public static class Q {} }",
    "helper_pkg_use": "class A { p.Main m; }",
    "p_class": "class p { static class Main {} }",
    "java_class": "class java { static class util {} } class A { java.util u; }",
    "java_pkg": "package java; class A {}",
    "java_lang_use": "class A { java.lang.String s; java.util.List<String> l; }",
    "static_imp_own": "import static A.*; class A { static int x; }",
    "same_name_inner": "class A { class A {} }",
    "exc_generic": "class G<T> extends Exception {}",
    "enum": "enum E { A, B { void f(){} }; void f(){} }",
    "enum_big": "enum E { " + ",".join(f"X{i}" for i in range(3000)) + " }",
    "strictfp": "strictfp class A { }",
    "preview": "class A { void f(Object o){ switch(o){ case String s -> {} default -> {} } } }",
    "native": "class A { native void f(); }",
    "unnamed": "void main() { }",
    "broken1": "class A { void f( { }",
    "broken2": 'class A { String s = "abc; }',
    "broken3": "}",
    "broken4": "class",
    "comment": "class A { /* ",
    "garbage": "asdf qwer zxcv 1234 %$#",
    "python": "def f(x):\n    return x + 1\n",
    "intersection": "import java.util.*; class A { <T extends Comparable<T> & java.io.Serializable> T f(List<? extends T> l){ return Collections.max(l); } }",
    "wild": "import java.util.*; class A { void f(List<?> l){ l.add(1); } }",
    "inner_obj": "class A { class Object {} Object o = new Object(); java.lang.Object p = o; }",
    "shadow_tv": 'class A<String> { String s; void f(){ s = "x"; } }',
    "objects_shadow": "import java.util.*; class Objects { static boolean equals(Object a, Object b){ return true; } } class A { boolean b = Objects.equals(1,2); }",
    "arrays_use": "import java.util.*; class A { boolean b = Objects.equals(1,2); Objects o; int h = Objects.hash(1); }",
    "map_entry": "import java.util.*; class Map { } class A { Map m = new HashMap(); }",
    "main_class": "class Main { public static void main(String[] a) { Iterable<Integer> i = java.util.List.of(1); } }",
    "iter_shadow": "interface Iterable<T> {} class A { void f(Iterable<Integer> i){ for (int x : i) {} } }",
    "auto_shadow": "interface AutoCloseable {} class R implements AutoCloseable {} class A { void f(){ try (R r = new R()) {} } }",
    "throwable_shadow": "class Throwable {} class A { void f(){ throw new Throwable(); } }",
    "serial_lambda": "import java.util.function.*; import java.io.*; class A { Runnable r = (Runnable & Serializable) () -> {}; }",
    "mref": "import java.util.function.*; class A { Function<String,Integer> f = Integer::parseInt; }",
    "amb": "class A { void f(Integer a, Object b){} void f(Object a, Integer b){} void g(){ f(1,2); } }",
    "divzero": "class A { static final int x = 1/0; }",
    "const_big": "class A { static final long X = 99999999999; }",
    "surr_ok": 'class A { String s = "😀😀"; int x = ""; }',
}
"""Name -> program."""


SLOW = frozenset(
    {
        "big_pool",
        "big_method",
        "nest50000",
        "plus3000",
        "plus20000",
        "blocks2000",
        "ifelse3000",
        "nest500",
        "many_locals",
        "enum_big",
    }
)
"""Those that take long or need a `javac` process, for tests that repeat."""
