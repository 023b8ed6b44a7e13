"""Wrong programs in C, C++ and Rust that try to be taken for right ones (see `early_ends`).

Each is three times its argument where the tests want twice. Never run them outside the jail.
"""

from __future__ import annotations

from early_ends import Try

_C = "int twice(int x) { return 3 * x; }\n"
_ASSERT = "#include <assert.h>\n"
_EXIT = "#include <stdlib.h>\n"
_CHECK = "#include <assert.h>\nint main(void) { assert(twice(4) == 8); return 0; }\n"
_PLAIN = "int main(void) { /* one */ if (twice(4) != 8) return 1; /* two */ return 0; }\n"
_ABORT = "#include <stdlib.h>\nint main(void) { if (twice(4) != 8) abort(); return 0; }\n"
_LEAVE = "#include <stdlib.h>\nint main(void) { if (twice(4) != 8) exit(1); exit(0); }\n"
_STRING = (
    "#include <assert.h>\n#include <string.h>\nconst char *say(void);\n"
    'int main(void) { assert(strcmp(say(), "twice") == 0); return 0; }\n'
)
_OWN = "int main(void) { return 0; }\n"
_STARTS = "__attribute__((constructor({}))) static void start(void) {{ {} }}\n"
_SYSTEM = "#include <fcntl.h>\n#include <signal.h>\n#include <unistd.h>\n#include <stdlib.h>\n"
_STOLEN = (
    'char t[64]; int n = read(0, t, 64); int d = open("done", O_CREAT | O_WRONLY, 0600);'
    " write(d, t, n); _exit(0);"
)

C = {
    "none": Try(_C, _CHECK, "failed"),
    "NDEBUG": Try(f"#define NDEBUG\n{_C}", _CHECK, "failed"),
    "NDEBUG included": Try(f"#define NDEBUG\n{_ASSERT}{_C}", _CHECK, "failed"),
    "NDEBUG, tests without the header": Try(
        f"#define NDEBUG\n{_ASSERT}{_C}", _CHECK.replace(_ASSERT, ""), "failed"
    ),
    "assert defined": Try(
        f"{_ASSERT}#undef assert\n#define assert(x)\n{_C}", _CHECK.replace(_ASSERT, ""), "failed"
    ),
    "assert's function defined away": Try(
        f"{_C}#define __assert_fail(a, b, c, d) ((void) 0)\n", _CHECK, "failed"
    ),
    "assert's function replaced": Try(
        f"{_C}void __assert_fail(const char *a, const char *b, unsigned c, const char *d) {{}}\n",
        _CHECK,
    ),
    "assert's function hidden": Try(
        "static void __assert_fail(const char *a, const char *b, unsigned c, const char *d) {}\n"
        + _C,
        _CHECK,
        "failed",
    ),
    "if defined": Try(f"{_C}#define if(x) if (0)\n", _PLAIN),
    "if defined over lines": Try(f"{_C}#de\\\nfine if(x) if (0)\n", _PLAIN),
    "main defined": Try(f"{_OWN}{_C}#define main other\n", _PLAIN),
    "main defined and pushed": Try(
        f'{_OWN}{_C}#define main other\n#pragma push_macro("main")\n', _PLAIN
    ),
    "main by another name": Try(
        'int main(void) __asm__("other");\nint own(void) __asm__("main");\n'
        f"int own(void) {{ return 0; }}\n{_C}",
        _PLAIN,
    ),
    "main weak": Try(f"#pragma weak main = own\nint own(void) {{ return 0; }}\n{_C}", _PLAIN),
    "wrapped main": Try(f"int __wrap_main(void) {{ return 0; }}\n{_C}", _PLAIN),
    "macro that returns": Try("#define twice(x) 8; return 0\n", _PLAIN),
    "macro that returns inside": Try("#define twice(x) ({ return 0; 8; })\n", _CHECK),
    "macro that exits": Try(f"{_EXIT}#define twice(x) (exit(0), 8)\n", _LEAVE),
    "macro that always holds": Try("#define twice(x) 8 || 8\n", _CHECK),
    "#if 0": Try(f"{_C}{_OWN}#if 0\n", _PLAIN, "not_run"),
    "comment": Try(f"{_C}{_OWN}/*", _PLAIN, "not_run"),
    "line comment": Try(f"{_C}{_OWN}//", _PLAIN),
    "line comment that goes on": Try(f"{_C}{_OWN}// \\", _PLAIN),
    "exit at the start": Try(_EXIT + _C + _STARTS.format(101, "exit(0);"), _CHECK),
    "_exit when called": Try(f"{_SYSTEM}int twice(int x) {{ _exit(0); }}\n", _CHECK),
    "quick_exit when called": Try(f"{_EXIT}int twice(int x) {{ quick_exit(0); }}\n", _CHECK),
    "_exit at the exit": Try(
        f"{_SYSTEM}static void end(void) {{ _exit(0); }}\n{_C}"
        + _STARTS.format(200, "atexit(end);"),
        _LEAVE,
    ),
    "signal handler": Try(
        f"{_SYSTEM}static void end(int s) {{ _exit(0); }}\n{_C}"
        + _STARTS.format(200, "signal(SIGABRT, end);"),
        _ABORT,
    ),
    "abort replaced": Try(f"void abort(void) {{}}\n{_C}", _ABORT),
    "abort hidden": Try(f"static void abort(void) {{}}\n{_C}", _ABORT),
    "exit hidden": Try(f"static void exit(int s) {{}}\n{_C}", _LEAVE),
    "exit replaced": Try(f"{_SYSTEM}void exit(int s) {{ _exit(0); }}\n{_C}", _LEAVE),
    "strcmp replaced": Try(
        "int strcmp(const char *a, const char *b) { return 0; }\n"
        'const char *say(void) { return "thrice"; }\n',
        _STRING,
    ),
    "write replaced": Try(
        f"{_SYSTEM}ssize_t write(int f, const void *b, size_t n) {{ _exit(0); }}\n"
        f"ssize_t read(int f, void *b, size_t n) {{ _exit(0); }}\n{_C}",
        _CHECK,
        "failed",
    ),
    "token read first": Try(_SYSTEM + _C + _STARTS.format(101, _STOLEN), _PLAIN),
    "token read before that": Try(
        f"{_SYSTEM}{_C}static void start(void) {{ {_STOLEN} }}\n"
        '__attribute__((section(".preinit_array"), used)) static void (*s)(void) = start;\n',
        _PLAIN,
    ),
    "harness called": Try(
        f"int __wrap_main(int, char **, char **);\n{_C}"
        + _STARTS.format(200, "__wrap_main(0, 0, 0);"),
        _CHECK,
        "failed",
    ),
    "exec": Try(f'{_SYSTEM}int twice(int x) {{ return execl("/bin/true", "true", 0); }}\n', _PLAIN),
    "kill": Try(f"{_SYSTEM}int twice(int x) {{ return raise(SIGKILL); }}\n", _PLAIN),
}

_WHEN = "struct Early {{ {} }} early;\n"
_CPP_CHECK = "#include <cassert>\nint main() { assert(twice(4) == 8); }\n"
_THROW = (
    "#include <stdexcept>\nint main() {\n    if (twice(4) != 8)"
    ' throw std::runtime_error("they are not equal");\n}\n'
)
_STD_EXIT = "#include <cstdlib>\nint main() { if (twice(4) != 8) std::exit(1); std::exit(0); }\n"
_CPP_STRING = (
    '#include <cassert>\n#include <string>\nint main() { assert(say() == std::string("twice")); }\n'
)

CPP = {
    "none": Try(_C, _CPP_CHECK, "failed"),
    "NDEBUG": Try(f"#define NDEBUG\n{_C}", _CPP_CHECK, "failed"),
    "NDEBUG included": Try(f"#define NDEBUG\n#include <cassert>\n{_C}", _CPP_CHECK, "failed"),
    "NDEBUG, all headers": Try(
        f"#define NDEBUG\n#include <bits/stdc++.h>\n{_C}",
        _CPP_CHECK.replace("#include <cassert>\n", ""),
        "failed",
    ),
    "assert defined": Try(
        f"#include <cassert>\n#undef assert\n#define assert(x)\n{_C}",
        _CPP_CHECK.replace("#include <cassert>\n", ""),
        "failed",
    ),
    "throw defined": Try(f"{_C}#define throw (void)\n", _THROW, "failed"),
    "exception defined": Try(f"{_C}#define runtime_error(x) 0\n", _THROW, "failed"),
    "main defined": Try(f"int main() {{}}\n{_C}#define main other\n", _THROW),
    "main by another name": Try(
        'int main() __asm__("other");\nextern "C" int own() __asm__("main");\n'
        f'extern "C" int own() {{ return 0; }}\n{_C}',
        _THROW,
        "failed",
    ),
    "macro that returns": Try("#define twice(x) ({ return 0; 8; })\n", _CPP_CHECK),
    "#if 0": Try(f"{_C}int main() {{}}\n#if 0\n", _THROW, "not_run"),
    "comment": Try(f"{_C}int main() {{}}\n/*", _PLAIN, "not_run"),
    "raw string": Try(f'{_C}int main() {{}}\nauto rest = R"(', _PLAIN, "not_run"),
    "static constructor": Try(
        f"#include <cstdlib>\n{_C}" + _WHEN.format("Early() { std::exit(0); }"), _CPP_CHECK
    ),
    "static initialiser": Try(
        f"#include <cstdlib>\n{_C}static int early = (std::_Exit(0), 0);\n", _CPP_CHECK
    ),
    "destructor": Try(
        f"#include <cstdlib>\n{_C}" + _WHEN.format("~Early() { std::_Exit(0); }"), _STD_EXIT
    ),
    "terminate handler": Try(
        f"#include <exception>\n#include <cstdlib>\n{_C}"
        + _WHEN.format("Early() { std::set_terminate([] { std::_Exit(0); }); }"),
        _THROW,
    ),
    "signal handler": Try(
        f"#include <csignal>\n#include <cstdlib>\n{_C}"
        + _WHEN.format("Early() { std::signal(SIGABRT, [](int) { std::_Exit(0); }); }"),
        _CPP_CHECK,
    ),
    "long jump": Try(
        f"#include <csetjmp>\n#include <csignal>\n#include <cstdlib>\n{_C}static jmp_buf back;\n"
        + _WHEN.format(
            "Early() { if (setjmp(back)) std::exit(0);"
            " std::signal(SIGABRT, [](int) { longjmp(back, 1); }); }"
        ),
        _CPP_CHECK,
    ),
    "exit when called": Try("#include <cstdlib>\nint twice(int x) { std::exit(0); }\n", _STD_EXIT),
    "abort replaced": Try(f'extern "C" void abort() {{}}\n{_C}', _ABORT),
    "assert's function replaced": Try(
        'extern "C" void __assert_fail(const char *, const char *, unsigned, const char *)'
        " noexcept {}\n" + _C,
        _CPP_CHECK,
    ),
    "memcmp replaced": Try(
        '#include <string>\nextern "C" int memcmp(const void *, const void *, size_t) noexcept'
        ' { return 0; }\nstd::string say() { return "other"; }\n',
        _CPP_STRING,
    ),
    "throwing replaced": Try(
        '#include <cstdlib>\nextern "C" void __cxa_throw(void *, void *, void (*)(void *))'
        f" {{ std::_Exit(0); }}\n{_C}",
        _THROW,
    ),
}

_RUST = "fn twice(x: i32) -> i32 {\n    3 * x\n}\n"
_RUST_CHECK = "fn main() {\n    assert_eq!(twice(4), 8);\n}\n"
_RUST_PANIC = (
    "fn main() {\n    /* a */ if twice(4) != 8 {\n"
    '        panic!("they are not equal");\n    } /* b */\n}\n'
)
_RUST_EXIT = (
    "fn main() {\n    if twice(4) != 8 {\n        std::process::exit(1);\n    }\n"
    "    std::process::exit(0);\n}\n"
)
_RUST_STRING = 'fn main() {\n    assert_eq!(say(), "twice");\n}\n'
_UNIT = (
    "#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn test_twice() {\n"
    "        assert_eq!(twice(4), 8);\n    }\n}\n"
)
_RUST_OWN = "fn main() {}\n"
_NOTHING = "macro_rules! {} {{ ($($t:tt)*) => {{}} }}\n"
_INIT = (
    '#[used]\n#[link_section = "{}"]\nstatic EARLY: extern "C" fn() = early;\n'
    'extern "C" fn early() {{ {} }}\n'
)

RUST = {
    "none": Try(_RUST, _RUST_CHECK, "failed"),
    "none, a panic": Try(_RUST, _RUST_PANIC, "failed"),
    "none, a test function": Try(_RUST, _UNIT, "failed"),
    "none, a test function and a main": Try(_RUST_OWN + _RUST, _UNIT, "failed"),
    "assert_eq defined": Try(_NOTHING.format("assert_eq") + _RUST, _RUST_CHECK, "failed"),
    "panic defined": Try(_NOTHING.format("panic") + _RUST, _RUST_PANIC, "failed"),
    "assert_eq imported": Try(
        f"mod m {{\n    {_NOTHING.format('check')}    pub(crate) use check as assert_eq;\n}}\n"
        f"use m::assert_eq;\n{_RUST}",
        _RUST_CHECK,
        "failed",
    ),
    "std replaced": Try(
        "mod std {\n    pub mod process {\n        pub fn exit(_: i32) {}\n    }\n}\n" + _RUST,
        _RUST_EXIT,
    ),
    "no main": Try(
        f'#![no_main]\n#[no_mangle]\npub extern "C" fn main() -> i32 {{\n    0\n}}\n{_RUST}',
        _RUST_CHECK,
    ),
    "no main, a test function": Try(
        f'#![no_main]\n#[no_mangle]\npub extern "C" fn main() -> i32 {{\n    0\n}}\n{_RUST}', _UNIT
    ),
    "crate taken away": Try(f"#![cfg(any())]\n{_RUST_OWN}{_RUST}", _RUST_CHECK),
    "tests taken away": Try(f"{_RUST}{_RUST_OWN}#[cfg(any())]\n", _RUST_CHECK, "not_run"),
    "comment": Try(f"{_RUST}{_RUST_OWN}/*", _RUST_PANIC, "not_run"),
    "line comment": Try(f"{_RUST}{_RUST_OWN}//", _RUST_CHECK),
    "string": Try(f'{_RUST}{_RUST_OWN}const REST: &str = "', _RUST_PANIC, "not_run"),
    "raw string": Try(f'{_RUST}{_RUST_OWN}const REST: &str = r#"', _RUST_PANIC, "not_run"),
    "macro that takes the rest": Try(
        f"{_NOTHING.format('rest')}{_RUST}{_RUST_OWN}rest! {{", _RUST_CHECK, "not_run"
    ),
    "exit when called": Try(
        "fn twice(_: i32) -> i32 {\n    std::process::exit(0)\n}\n", _RUST_EXIT
    ),
    "exit at the start": Try(
        _INIT.format(".init_array", "std::process::exit(0)") + _RUST, _RUST_CHECK
    ),
    "exit before the start": Try(
        _INIT.format(".preinit_array", "std::process::exit(0)") + _RUST, _RUST_CHECK
    ),
    "panic hook": Try(
        "fn twice(x: i32) -> i32 {\n"
        "    std::panic::set_hook(Box::new(|_| std::process::exit(0)));\n"
        "    3 * x\n}\n",
        _RUST_CHECK,
    ),
    "token read first": Try(
        _INIT.format(
            ".preinit_array",
            'let mut t = [0u8; 32]; extern "C" { fn read(f: i32, b: *mut u8, n: usize) -> isize; }'
            ' unsafe { read(0, t.as_mut_ptr(), 32); } let _ = std::fs::write("done", t);'
            " std::process::exit(0)",
        )
        + _RUST,
        _RUST_CHECK,
    ),
    "memcmp replaced": Try(
        '#[no_mangle]\npub extern "C" fn memcmp(_: *const u8, _: *const u8, _: usize) -> i32 {\n'
        "    0\n}\n#[no_mangle]\n"
        'pub extern "C" fn bcmp(_: *const u8, _: *const u8, _: usize) -> i32'
        ' {\n    0\n}\nfn say() -> &\'static str {\n    "other"\n}\n',
        _RUST_STRING,
    ),
    "forged": Try(
        'fn twice(_: i32) -> i32 {\n    std::fs::write("done", [48u8; 32]).unwrap();\n'
        "    std::process::exit(0)\n}\n",
        _RUST_CHECK,
    ),
}
