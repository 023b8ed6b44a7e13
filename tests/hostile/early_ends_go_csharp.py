"""Wrong programs in Go and C# that try to be taken for right ones (see `early_ends`).

Each is three times its argument where the tests want twice. Never run them outside the jail.
"""

from __future__ import annotations

from early_ends import Try

_HEAD = 'package main\n\nimport "os"\n\nvar _ = os.Args\n\n'
_GO = "func twice(x int) int { return 3 * x }\n"
_GO_CHECK = '\nfunc main() {\n\tif twice(4) != 8 {\n\t\tpanic("they are not equal")\n\t}\n}\n'
_GO_EXIT = "\nfunc main() {\n\tif twice(4) != 8 {\n\t\tos.Exit(1)\n\t}\n\tos.Exit(0)\n}\n"
_GO_HELPER = (
    "\nfunc same(a, b int) {\n\t/* one */\n\tif a != b {\n"
    '\t\tpanic("they are not equal")\n\t}\n}\n\nfunc main() { same(twice(4), 8) }\n'
)
_GO_OWN = "func main() {}\n"
_IMPORTS = (
    'package main\n\nimport (\n\t"io"\n\t"os"\n\t"os/signal"\n\t"runtime"\n\t"syscall"\n)\n\n'
)
_IMPORTS += "var _, _, _, _ = io.EOF, signal.Stop, runtime.GC, syscall.Getpid\nvar _ = os.Args\n\n"
_STEAL = (
    "func steal() int {\n\tt, _ := io.ReadAll(os.Stdin)\n"
    '\tos.WriteFile("done", t, 0600)\n\tos.Exit(0)\n\treturn 0\n}\n'
)

GO = {
    "none": Try(_HEAD + _GO, _GO_CHECK, "failed"),
    "none, exit": Try(_HEAD + _GO, _GO_EXIT),
    "exit in init": Try(_HEAD + _GO + "func init() { os.Exit(0) }\n", _GO_EXIT),
    "exit in a variable": Try(
        _HEAD + _GO + "var early = func() int { os.Exit(0); return 0 }()\n", _GO_EXIT
    ),
    "exit when called": Try(_HEAD + "func twice(x int) int { os.Exit(0); return 8 }\n", _GO_EXIT),
    "exit of a goroutine": Try(
        _IMPORTS + "func twice(x int) int { go os.Exit(0); select {} }\n", _GO_EXIT
    ),
    "exit in a defer": Try(
        _HEAD + "func twice(x int) int { defer os.Exit(0); panic(1) }\n", _GO_CHECK
    ),
    "goroutine ended": Try(
        _IMPORTS + "func twice(x int) int { go os.Exit(0); runtime.Goexit(); return 8 }\n",
        _GO_CHECK,
    ),
    "system call": Try(
        _IMPORTS + "func twice(x int) int { syscall.Exit(0); return 8 }\n", _GO_CHECK
    ),
    "exec": Try(
        _IMPORTS + 'func twice(x int) int { syscall.Exec("/bin/true", nil, nil); return 0 }\n',
        _GO_CHECK,
    ),
    "panic declared": Try(_HEAD + _GO + "func panic(x any) {}\n", _GO_CHECK),
    "true declared": Try(
        _HEAD + _GO + "const false = true\n",
        "\nfunc main() {\n\tif (twice(4) == 8) == false {\n"
        '\t\tpanic("they are not equal")\n\t}\n}\n',
    ),
    "os declared": Try(
        "package main\n\ntype system struct{}\n\nfunc (system) Exit(int) {}\n\n"
        f"var os system\n\n{_GO}",
        _GO_EXIT,
    ),
    "own main": Try(_HEAD + _GO + _GO_OWN, _GO_CHECK),
    "own main, build constraint": Try("//go:build ignore\n\n" + _HEAD + _GO, _GO_CHECK, "failed"),
    "comment": Try(
        f"{_HEAD}{_GO}func same(a, b int) {{}}\n\nfunc rest() {{ if false {{\n/*",
        _GO_HELPER,
        "not_run",
    ),
    "line comment": Try(f"{_HEAD}{_GO}{_GO_OWN}//", "func main() { panic(twice(4)) }\n"),
    "raw string": Try(f"{_HEAD}{_GO}{_GO_OWN}var rest = `", _GO_CHECK, "not_run"),
    "method named main": Try(
        f"{_HEAD}{_GO}{_GO_OWN}type t struct{{}}\n\nfunc (t) ",
        "main() { panic(twice(4)) }\n",
        "not_run",
    ),
    "token read in init": Try(_IMPORTS + _GO + _STEAL + "func init() { steal() }\n", _GO_CHECK),
    "token read in a variable": Try(_IMPORTS + _GO + _STEAL + "var stolen = steal()\n", _GO_CHECK),
    "forged": Try(
        _HEAD + "func twice(x int) int {\n"
        '\tos.WriteFile("done", make([]byte, 32), 0600)\n\tos.Exit(0)\n\treturn 8\n}\n',
        _GO_CHECK,
    ),
}

_CLASS = (
    "using System;\nusing System.Collections.Generic;\nusing System.Linq;\n"
    "using KellermanSoftware.CompareNetObjects;\n\nnamespace Solution {\n  public class P {\n"
)
_CS = "    static int Twice(int x) { return 3 * x; }\n"
_CS_CHECK = (
    "\n    public static void Main(string[] args) {\n"
    '      if (Twice(4) != 8) throw new Exception("they are not equal");\n    }\n  }\n}\n'
)
_CS_COMPARE = (
    "\n    static void Main() { /* one */\n"
    "      CompareLogic logic = new CompareLogic();\n"
    '      if (!logic.Compare(Twice(4), 8).AreEqual) throw new Exception("they are not equal");\n'
    "      /* two */\n    }\n  }\n}\n"
)
_CS_EXIT = (
    "\n    public static void Main() {\n      if (Twice(4) != 8) Environment.Exit(1);\n"
    "      Environment.Exit(0);\n    }\n  }\n}\n"
)
_CS_STATUS = "\n    public static int Main() { return Twice(4) == 8 ? 0 : 1; }\n  }\n}\n"
_CS_CODE = (
    "\n    public static void Main() { if (Twice(4) != 8) Environment.ExitCode = 1; }\n  }\n}\n"
)
_LEAVE = "static P() {{ {} }}\n"


def _beside(text: str) -> str:
    """The wrong program with another type beside its class."""
    return _CLASS.replace("  public class P", f"  {text}\n  public class P") + _CS


_LIBRARY = "using KellermanSoftware.CompareNetObjects;\n"
_ALWAYS = "class Same { public bool AreEqual = true; }\n  "
_SAME = " { public Same Compare(object a, object b) { return new Same(); } }"

CSHARP = {
    "none": Try(_CLASS + _CS, _CS_CHECK, "failed"),
    "none, a comparison": Try(_CLASS + _CS, _CS_COMPARE, "failed"),
    "none, exit": Try(_CLASS + _CS, _CS_EXIT),
    "none, a status": Try(_CLASS + _CS, _CS_STATUS),
    "none, an exit code": Try(_CLASS + _CS, _CS_CODE),
    "exit in a static constructor": Try(
        _CLASS + _CS + _LEAVE.format("Environment.Exit(0);"), _CS_EXIT
    ),
    "exit in a static field": Try(
        _CLASS
        + _CS
        + "static int early = new Func<int>(() => { Environment.Exit(0); return 0; })();\n",
        _CS_EXIT,
    ),
    "exit when called": Try(
        _CLASS + "    static int Twice(int x) { Environment.Exit(0); return 8; }\n", _CS_EXIT
    ),
    "exit at an exception": Try(
        _CLASS
        + _CS
        + _LEAVE.format(
            "AppDomain.CurrentDomain.FirstChanceException += (s, e) => Environment.Exit(0);"
            " AppDomain.CurrentDomain.UnhandledException += (s, e) => Environment.Exit(0);"
        ),
        _CS_CHECK,
        "failed",
    ),
    "exit at the exit": Try(
        _CLASS
        + _CS
        + _LEAVE.format("AppDomain.CurrentDomain.ProcessExit += (s, e) => Environment.Exit(0);"),
        _CS_EXIT,
    ),
    "abort of the thread": Try(
        _CLASS
        + "    static int Twice(int x) {\n"
        + "      System.Threading.Thread.CurrentThread.Abort();\n      return 8;\n    }\n",
        _CS_CHECK,
    ),
    "comparison declared": Try(_beside(_ALWAYS + "class CompareLogic" + _SAME), _CS_COMPARE),
    "comparison renamed": Try(
        "using CompareLogic = Solution.Always;\n"
        + _beside(_ALWAYS + "class Always" + _SAME).replace(_LIBRARY, ""),
        _CS_COMPARE,
    ),
    "environment declared": Try(
        _beside("class Environment { public static void Exit(int status) { } }"), _CS_EXIT
    ),
    "environment as a member": Try(
        _CLASS
        + _CS
        + "    class E { public void Exit(int status) { } }\n    static E Environment = new E();\n",
        _CS_EXIT,
    ),
    "own Main, generic class": Try(
        _CLASS.replace(
            "public class P", "class Own { static void Main() { } }\n  public class P<T>"
        )
        + _CS,
        _CS_CHECK,
    ),
    "own Main": Try(_beside("class Own { static void Main() { } }"), _CS_CHECK),
    "#if false": Try(
        _CLASS + _CS + "    static void Main() { }\n  }\n}\n#if false\n", _CS_CHECK, "not_run"
    ),
    "comment": Try(
        _CLASS + _CS + "    static void Main() { int x = 1; \n/*", _CS_COMPARE, "not_run"
    ),
    "string": Try(
        _CLASS + _CS + '    static void Main() { } string rest = @"', _CS_CHECK, "not_run"
    ),
    "line comment": Try(
        _CLASS + _CS + "    static void Main() { } } }\n//",
        'public static void Main() { throw new Exception("they are not equal"); } } }\n',
    ),
    "token read": Try(
        _CLASS
        + _CS
        + _LEAVE.format(
            'System.IO.File.WriteAllText("done", Console.In.ReadToEnd()); Environment.Exit(0);'
        ),
        _CS_CHECK,
    ),
    "exit by its field": Try(
        _CLASS
        + _CS
        + _LEAVE.format(
            "foreach (var f in typeof(P).GetFields((System.Reflection.BindingFlags) 60))"
            " if (f.GetValue(null) is Func<int, int>) ((Func<int, int>) f.GetValue(null))(0);"
            " Environment.Exit(0);"
        ),
        _CS_EXIT,
    ),
}
