// Linked with every native program whose tests are run: states that the tests reached their end.
// Its names end in zeros, which each run replaces in the object by a random word, so that nothing
// in a program can name them. It calls the system itself: a program may replace `write` and `open`.
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMED(name) name##_00000000000000000000000000000000

#ifdef REAL_MAIN // the tests are a library's `main`
#define tests_main __real_main
#else
#define tests_main NAMED(rlcf_main)
#endif
int tests_main(int, char **, char **) __attribute__((weak));
int NAMED(rlcf_lax)(void) __attribute__((weak)); // whether the program may replace comparisons

static char token[64];
static long size;
static int refused;

#if defined __x86_64__
static long call(long number, long a, long b, long c, long d) {
    register long fourth __asm__("r10") = d;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(fourth)
                     : "rcx", "r11", "memory");
    return number;
}
#elif defined __aarch64__
static long call(long number, long a, long b, long c, long d) {
    register long n __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c, x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(n), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
}
#else
#define call(number, a, b, c, d) syscall(number, a, b, c, d)
#endif

// Before every constructor of the program: the linker gets this object first.
static void take(void) {
    size = call(SYS_read, 0, (long)token, sizeof token, 0);
    long empty = call(SYS_openat, AT_FDCWD, (long)"/dev/null", O_RDONLY, 0);
    call(SYS_dup3, empty, 0, 0, 0);
    call(SYS_close, empty, 0, 0, 0);
}
__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = take;

extern const char __executable_start, _end;

static int ours(const void *function) {
    return (const char *)function >= &__executable_start && (const char *)function < &_end;
}

// Whether the program has put a function of its own where tests end or compare.
static int replaced(void) {
    if (ours(abort) || ours(exit) || ours(_exit) || ours(quick_exit) || ours(__assert_fail)) return 1;
    if (NAMED(rlcf_lax) && NAMED(rlcf_lax)()) return 0;
    return ours(memcmp) || ours(bcmp) || ours(strcmp) || ours(strncmp);
}

// The tests end with this status. Says 0 on only if they may.
int NAMED(rlcf_seal)(int status) {
    if (status != 0 || size <= 0 || replaced()) refused = 1;
    long done = call(SYS_openat, AT_FDCWD, (long)"done", O_CREAT | O_WRONLY | O_TRUNC, 0600);
    if (!refused) call(SYS_write, done, (long)token, size, 0);
    call(SYS_close, done, 0, 0, 0);
    return status;
}

void NAMED(rlcf_fail)(const char *said, const char *file, unsigned line, const char *function) {
    refused = 1;
    __assert_fail(said, file, line, function);
}

int __wrap_main(int count, char **words, char **environment) {
    return NAMED(rlcf_seal)(tests_main(count, words, environment));
}
