"""Hostile programs of the languages besides Java, and what must become of them.

Each is a program whose tests would pass if the attack were not there: after `SETUP` come the
language's own tests of `add`. Never run them outside the jail.
"""

from __future__ import annotations

ATTACKS: dict[str, dict[str, str]] = {
    "python": {
        "loop": "while True: pass",
        "memory": "x = []\nwhile True: x.append(bytearray(1 << 24))",
        "exit": "import os; os._exit(0)",
        "sys_exit": "import sys; sys.exit(0)",
        "forged": "open('done', 'w').write('0' * 32); import os; os._exit(0)",
        "passwd": "print(open('/etc/passwd').read())",
        "socket": "import socket; socket.socket()",
        "fork": "import os\nwhile True: os.fork()",
        "flood": "while True: print('x' * 10000)",
    },
    "ruby": {
        "loop": "loop {}",
        "memory": "x = []; loop { x << ('a' * (1 << 24)) }",
        "exit": "exit!(0)",
        "forged": "File.write('done', '0' * 32); exit!(0)",
        "passwd": "puts File.read('/etc/passwd')",
        "socket": "require 'socket'; TCPSocket.new('127.0.0.1', 80)",
        "fork": "loop { fork { sleep } }",
        "flood": "loop { puts 'x' * 10000 }",
    },
    "php": {
        "loop": "while (true) {}",
        "memory": "$x = []; while (true) { $x[] = str_repeat('a', 1 << 24); }",
        "exit": "exit(0);",
        "forged": "file_put_contents('done', str_repeat('0', 32)); exit(0);",
        "passwd": "if (!@file_get_contents('/etc/passwd')) { throw new TypeError('no'); }",
        "socket": "if (!@fsockopen('127.0.0.1', 80)) { throw new TypeError('no'); }",
        "flood": "while (true) { echo str_repeat('x', 10000); }",
    },
    "perl": {
        "loop": "while (1) {}",
        "memory": "my @x; while (1) { push @x, 'a' x (1 << 24); }",
        "exit": "exit(0);",
        "forged": "open(my $d, '>', 'done'); print $d '0' x 32; close $d; exit(0);",
        "passwd": "open(my $f, '<', '/etc/passwd') or die 'no';",
        "fork": "while (1) { defined(fork()) or die 'no'; }",
        "flood": "while (1) { print 'x' x 10000; }",
    },
    "javascript": {
        "loop": "for (;;) {}",
        "memory": "const x = []; for (;;) x.push(Buffer.alloc(1 << 24, 1));",
        "exit": "process.exit(0);",
        "forged": "require('fs').writeFileSync('done', '0'.repeat(32)); process.exit(0);",
        "passwd": "require('fs').readFileSync('/etc/passwd');",
        "fork": "require('child_process').execSync('/bin/true');",
        "flood": "for (;;) require('fs').writeSync(1, 'x'.repeat(10000));",
    },
    "lua": {
        "loop": "while true do end",
        # a block of a page: `string.rep` copies unit by unit, and of one byte takes a CPU second
        "memory": "local a, x = ('a'):rep(4096), {}; while true do x[#x + 1] = a:rep(4096) end",
        "exit": "os.exit(0)",
        "forged": "local d = io.open('done', 'w'); d:write('0'); d:close(); os.exit(0)",
        "passwd": "assert(io.open('/etc/passwd'))",
        "flood": "while true do print(string.rep('x', 10000)) end",
    },
    "c": {
        "loop": "for (;;) {}",
        "exit": "_exit(0);",
        "passwd": 'if (open("/etc/passwd", 0) < 0) kill(0, 11), *(volatile int *)0 = 1;',
        "socket": "if (socket(2, 1, 0) < 0) *(volatile int *)0 = 1;",
        "fork": "for (;;) if (fork() < 0) *(volatile int *)0 = 1;",
        "flood": 'for (;;) write(1, "xxxxxxxxxxxxxxxx", 16);',
        "memory": "for (;;) memset(malloc(1 << 24), 1, 1 << 24);",
    },
    "go": {
        "loop": "for {}",
        "exit": "os.Exit(0)",
        "passwd": 'if _, err := os.ReadFile("/etc/passwd"); err != nil { os.Exit(3) }',
        "forged": 'os.WriteFile("done", []byte("0"), 0600); os.Exit(0)',
    },
    "csharp": {
        "loop": "while (true) {}",
        "exit": "System.Environment.Exit(0);",
        "passwd": 'System.IO.File.ReadAllText("/etc/passwd");',
    },
    "typescript": {
        "loop": "for (;;) {}",
        "exit": "process.exit(0);",
    },
    "kotlin": {
        "loop": "while (true) {}",
        "exit": "kotlin.system.exitProcess(0)",
        "halt": "Runtime.getRuntime().halt(0)",
        "passwd": 'java.io.File("/etc/passwd").readText()',
        "socket": 'java.net.Socket("127.0.0.1", 80)',
        "fork": 'ProcessBuilder("/bin/true").start()',
        "memory": "val x = ArrayList<ByteArray>(); while (true) x.add(ByteArray(1 shl 24))",
        "flood": 'while (true) println("x".repeat(10000))',
    },
    "scala": {
        "loop": "while (true) {}",
        "exit": "sys.exit(0)",
        "passwd": 'println(scala.io.Source.fromFile("/etc/passwd").mkString)',
        "memory": "var x = List[Array[Byte]](); while (true) x ::= new Array[Byte](1 << 24)",
    },
    "rust": {
        "loop": "loop {}",
        "exit": "std::process::exit(0);",
        "forged": 'std::fs::write("done", "0".repeat(32)).unwrap(); std::process::exit(0);',
        "passwd": 'std::fs::read("/etc/passwd").unwrap();',
        "socket": 'std::net::TcpStream::connect("127.0.0.1:80").unwrap();',
        "fork": 'std::process::Command::new("/bin/true").status().unwrap();',
        "memory": "let mut x = Vec::new(); loop { x.push(vec![1u8; 1 << 24]); }",
        "flood": 'loop { println!("{}", "x".repeat(10000)); }',
    },
    "fortran": {
        "loop": "  do\n  end do",
        "exit": "  call exit(0)",
        "forged": "  open (7, file='done')\n  write (7, '(a)') repeat('0', 32)\n  stop",
        "passwd": "  open (7, file='/etc/passwd', status='old', action='read')",
        "fork": "  call execute_command_line('/bin/true')",
        "memory": "  block\n    integer, pointer :: x(:)\n    do\n      allocate (x(4194304))\n"
        "      x = 1\n    end do\n  end block",
        "flood": "  do\n    print '(a)', repeat('x', 10000)\n  end do",
    },
}
"""Language -> attack -> its source."""

EXPECTED = {
    "loop": {"timeout"},
    "memory": {"memory"},
    "exit": {"error"},
    "halt": {"error"},
    "sys_exit": {"error"},
    "forged": {"error"},
    "passwd": {"error"},
    "socket": {"error"},
    "fork": {"error"},
    "flood": {"output_limit"},
}
"""Attack -> outcomes of which any is right; never `passed`."""

_C_HEAD = (
    "#include <fcntl.h>\n#include <unistd.h>\n#include <stdlib.h>\n#include <string.h>\n"
    "#include <signal.h>\n#include <sys/socket.h>\n"
)


def program(language: str, good: str, attack: str) -> str:
    """The right program with the attack where it runs before the tests."""
    if language == "c":
        return f"{_C_HEAD}{good}__attribute__((constructor(200))) void x(void) {{ {attack} }}\n"
    if language == "go":
        return f"{good}\nfunc init() {{ {attack} }}\n"
    if language == "csharp":
        return f"{good}  static P() {{ {attack} }}\n"
    if language == "kotlin":  # the tests call `add`, and so run it
        return good.replace("return", f"{attack}\n    return")
    if language == "fortran":
        return good.replace("  add =", f"{attack}\n  add =")
    if language == "rust":
        return good.replace(
            "    a + b", f"    {attack}\n    #[allow(unreachable_code)]\n    {{ a + b }}"
        )
    return f"{good}\n{attack}\n"


DEEP = {
    "python": "x = " + "(" * 20000 + ")" * 20000,
    "c": "int x = " + "(" * 200000 + "1" + ")" * 200000 + ";",
    "javascript": "x = " + "[" * 200000 + "]" * 200000,
    "ruby": "x = " + "[" * 100000 + "]" * 100000,
    "lua": "x = " + "(" * 100000 + "1" + ")" * 100000,
    "typescript": "let x = " + "[" * 50000 + "]" * 50000,
    "kotlin": "val x = " + "(" * 20000 + "1" + ")" * 20000,
    "scala": "object x { val y = " + "(" * 20000 + "1" + ")" * 20000 + " }",
    "php": "<?php $x = " + "[" * 200000 + "]" * 200000 + ";",
    "perl": "my $x = " + "[" * 200000 + "]" * 200000 + ";",
    "rust": "const X: i32 = " + "(" * 100000 + "1" + ")" * 100000 + ";",
    "fortran": "x = " + "(" * 100 + "1" + ")" * 100 + "\nend\n",
    "go": "package main\nvar x = " + "(" * 200000 + "1" + ")" * 200000,
    "csharp": "class P { int x = " + "(" * 100000 + "1" + ")" * 100000 + "; }",
}
"""Nested too deeply for the compiler: anything but a wait without end is right, and the next
program must be judged as ever."""

COMPILE = {
    "c": '#include "/etc/passwd"\nint x;\n',
    "perl": "BEGIN { exit 0 }\n",
    "fortran": "include '/etc/passwd'\nend\n",
}
"""Attacks on the compiler itself: none may be accepted."""

_DOUBLE = "".join(f"#define A{n} A{n - 1} A{n - 1}\n" for n in range(1, 40))
BOMBS: dict[str, dict[str, str]] = {
    "c": {
        "macro": f'#define A0 "xxxxxxxxxxxxxxxx"\n{_DOUBLE}char *s = A39;\n',
        "device": '#include "/dev/zero"\n',
        "itself": '#include "program.c"\n#include "program.c"\n',
    },
    "cpp": {
        "templates": "template<int N, long M> struct F {\n"
        "  static constexpr long v = F<N - 1, 2 * M>::v + F<N - 1, 2 * M + 1>::v; };\n"
        "template<long M> struct F<0, M> { static constexpr long v = 1; };\n"
        "long x = F<30, 0>::v;\n",
        "recursion": "template<int N> struct F { static constexpr long v = F<N + 1>::v; };\n"
        "long x = F<0>::v;\n",
        "constexpr": "constexpr long f(long n) { return n < 2 ? n : f(n - 1) + f(n - 2); }\n"
        "constexpr long x = f(60);\n",
    },
    "rust": {
        "macro": "macro_rules! m { ($($t:tt)*) => { m!($($t)* $($t)*); } }\nm!(a);\n",
        "device": 'static X: &[u8] = include_bytes!("/dev/zero");\n',
        # An older rustc does not compute a constant that no type needs.
        "constant": "const X: usize = { let mut i = 0usize; loop { i = i.wrapping_add(1); } };\n"
        "pub static Y: [u8; X] = [0; X];\n",
    },
    "typescript": {
        "recursion": "type B<N extends any[]> = N['length'] extends 9999999 ? N : B<[...N, 0]>;\n"
        "let x: B<[]>;\n",
        "union": "type D = 0|1|2|3|4|5|6|7|8|9;\n"
        "type X = `${D}${D}${D}${D}${D}${D}${D}`;\nlet x: X = '0';\n",
    },
    "perl": {
        "loop": "BEGIN { while (1) {} }\n",
        "memory": "BEGIN { my @x; push @x, 'a' x (1 << 24) while 1; }\n",
    },
    "scala": {
        "implicits": "object M { trait A[T]; implicit def f[T](implicit a: A[A[T]]): A[T] = null\n"
        "  val x = implicitly[A[Int]] }\n",
    },
    "kotlin": {
        "bounds": "interface A<T>\nfun <T : A<T>> f(x: T): T = f(f(f(f(f(f(x.y))))))\n",
    },
}
"""Programs that cost a compiler time or memory without end: rejected or unscored, never accepted,
and the next program is judged as ever."""
