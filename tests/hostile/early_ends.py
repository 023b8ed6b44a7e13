"""Wrong programs that try to be taken for right ones by an end before, or around, their tests.

Each is three times its argument where the tests want twice. Never run them outside the jail.
"""

from __future__ import annotations

from typing import NamedTuple


class Try(NamedTuple):
    """One trick."""

    program: str
    tests: str
    outcome: str = "error"
    """What must become of it."""


_PERL = "sub twice { return 3 * $_[0]; }\n"
_PERL_CHECK = "\ndie 'they are not equal' unless twice(4) == 8;\n"
_PERL_EXIT = _PERL_CHECK + "exit(0);\n"
_COMPARE = (
    "\nuse Data::Compare;\nunless(Compare([twice(4)], [8])) {\n    die 'they are not equal';\n}\n"
)
_MORE = "\nuse Test::More tests => 1;\nis(twice(4), 8, 'two times four');\n"
_FORGE = "print {$done} '0' x 32; close $done; exit 0;"

PERL = {
    "none": Try(_PERL, _PERL_CHECK, "failed"),
    "none, exit": Try(_PERL, _PERL_EXIT, "failed"),
    "none, a module": Try(_PERL, _COMPARE, "failed"),
    "none, at the exit": Try(_PERL, _MORE, "failed"),
    "return": Try(_PERL + "return 1;\n", _PERL_CHECK),
    "__END__": Try(_PERL + "1;\n__END__\n", _PERL_CHECK),
    "__DATA__": Try(_PERL + "__DATA__\n", _PERL_CHECK),
    "pod": Try(_PERL + "\n=head1 NAME\n\ntwice\n", _PERL_CHECK),
    "pod without an empty line": Try(_PERL + "=pod", _PERL_CHECK),
    "control D": Try(_PERL + "\x04\n", _PERL_CHECK),
    "control Z": Try(_PERL + "\x1a\n", _PERL_CHECK),
    "here document": Try(_PERL + "print <<'}';\n", _COMPARE, "not_run"),
    "here document to an empty line": Try(_PERL + "print <<'';\n", _PERL_CHECK + "\n\n"),
    "format": Try(_PERL + "format STDOUT =\n", _PERL_CHECK, "not_run"),
    "exit": Try(_PERL + "exit;\n", _PERL_EXIT),
    "exit when called": Try("sub twice { exit 0 }\n", _PERL_EXIT),
    "exit by goto": Try("sub twice { @_ = (0); goto &CORE::GLOBAL::exit }\n", _PERL_EXIT),
    "exit while compiling": Try(_PERL + "BEGIN { exit 0 }\n", _PERL_CHECK, "not_run"),
    "_exit": Try(_PERL + "use POSIX; POSIX::_exit(0);\n", _PERL_CHECK),
    "exec": Try("exec '/bin/true';\n" + _PERL, _PERL_CHECK),
    "kill": Try("sub twice { kill 9, $$ }\n", _PERL_CHECK, "failed"),
    "END sets the status": Try(_PERL + "END { $? = 0 }\n", _PERL_CHECK),
    "END after the library's": Try(f"use Test::More;\n{_PERL}END {{ $? = 0 }}\n", _MORE, "failed"),
    "END leaves": Try(_PERL + "use POSIX; END { POSIX::_exit(0) }\n", _MORE),
    "die handler": Try(_PERL + "$SIG{__DIE__} = sub { exit 0 };\n", _PERL_EXIT),
    "die replaced": Try(_PERL + "BEGIN { *CORE::GLOBAL::die = sub { 1 } }\n", _PERL_CHECK),
    "die imported": Try(_PERL + "BEGIN { package X; *main::die = sub { 1 } }\n", _PERL_CHECK),
    "library changed": Try(_PERL + "sub Data::Compare::Compare { 1 }\n", _COMPARE),
    "library forged": Try(
        _PERL + "BEGIN { $INC{'Data/Compare.pm'} = 1; package Data::Compare;\n"
        "sub import { *main::Compare = sub { 1 } } }\n",
        _COMPARE,
    ),
    "import changed": Try(_PERL + "*Compare = sub { 1 };\n", _COMPARE),
    "calls the harness": Try(
        _PERL + "RlcfHarness::start(); RlcfHarness::reached(); return 1;\n", _PERL_CHECK
    ),
    "line directives": Try(
        _PERL + "#line 6\nRlcfHarness::start();\n#line 9\nRlcfHarness::reached(); return 1;\n",
        _PERL_CHECK,
    ),
    "line directives in strings": Try(
        _PERL + 'eval qq(#line $_ "program.pl"\nRlcfHarness::start(); RlcfHarness::reached();)\n'
        "for 1..20; return 1;\n",
        _PERL_CHECK,
    ),
    "harness changed": Try(
        _PERL + "sub RlcfHarness::reached { 1 } sub RlcfHarness::start { 1 } return 1;\n",
        _PERL_CHECK,
    ),
    "harness again": Try(_PERL + "do './harness.pl' unless $n++; return 1;\n", _PERL_CHECK),
    "itself again": Try(_PERL + "do './program.pl' unless $n++; return 1;\n", _PERL_CHECK),
    "forged": Try(f"{_PERL}open(my $done, '>', 'done'); {_FORGE}\n", _PERL_CHECK),
    "reads the input": Try(
        f"{_PERL}open(my $done, '>', 'done'); print $done <STDIN>; close $done; exit 0;\n",
        _PERL_CHECK,
    ),
    "reads arguments": Try(
        "sub twice { package DB; my ($i, @r); while (my @c = caller $i++) { push @r, @DB::args }\n"
        "open(my $d, '>', 'done'); print $d @r; close $d; exit 0 }\n",
        _PERL_EXIT,
    ),
    "catches all names": Try(_PERL + "sub UNIVERSAL::AUTOLOAD { 1 }\n", _PERL_CHECK, "failed"),
}

_LUA = "function twice(x) return 3 * x end\n"
_LUA_CHECK = "\nassert(twice(4) == 8)\n"
_LUA_EXIT = _LUA_CHECK + "os.exit(0)\n"
_LUA_LOCALS = (
    "local i = 1\nwhile true do\n  local name, value = debug.getlocal(2, i)\n"
    "  if name == 'token' then io.open('done', 'w'):write(value) os.exit(0) end\n"
    "  i = i + 1\nend\n"
)

LUA = {
    "none": Try(_LUA, _LUA_CHECK, "failed"),
    "none, exit": Try(_LUA, _LUA_EXIT, "failed"),
    "return": Try(_LUA + "do return end\n", _LUA_CHECK),
    "return a value": Try(_LUA + "if true then return twice end\n", _LUA_CHECK),
    "comment": Try(_LUA + "--[[\n", _LUA_CHECK + "-- ]]\n", "not_run"),
    "string": Try(_LUA + "x = [[\n", _LUA_CHECK + "y = x -- ]]\n", "not_run"),
    "exit": Try(_LUA + "os.exit(0)\n", _LUA_EXIT),
    "exit when called": Try("function twice(x) os.exit(0) end\n", _LUA_EXIT),
    "exit by a tail call": Try("function twice(x) return os.exit(0) end\n", _LUA_EXIT),
    "exit by another name": Try("twice = os.exit\n", "\nassert(twice(true) == 8)\nos.exit(0)\n"),
    "exit when collected": Try(
        "setmetatable({}, {__gc = function() os.exit(0) end})\n"
        "function twice(x) collectgarbage() return 3 * x end\n",
        _LUA_EXIT,
    ),
    "assert replaced": Try(_LUA + "assert = function() end\n", _LUA_CHECK),
    "assert hidden": Try(_LUA + "local assert = function() end\n", _LUA_EXIT),
    "error replaced": Try(
        _LUA + "error = function() end\n", "\nif twice(4) ~= 8 then error('unequal') end\n"
    ),
    "other globals": Try(
        _LUA + "_ENV = setmetatable({assert = function() end}, {__index = _ENV})\n", _LUA_CHECK
    ),
    "other local globals": Try(
        _LUA + "local _ENV = setmetatable({assert = function() end}, {__index = _ENV})\n",
        _LUA_CHECK,
    ),
    "library changed": Try(
        _LUA + "string.format = function() return '8' end\n",
        "\nassert(string.format('%d', twice(4)) == '8')\n",
    ),
    "calls the harness": Try(_LUA + "rlcf_start() rlcf_end() do return end\n", _LUA_CHECK),
    "calls the harness from other text": Try(
        _LUA + "for i = 1, 20 do load(('\\n'):rep(i) .. 'rlcf_start() rlcf_end()',"
        " '@program.lua')() end\ndo return end\n",
        _LUA_CHECK,
    ),
    "reads local variables": Try(_LUA + _LUA_LOCALS, _LUA_CHECK),
    "forged": Try(_LUA + "io.open('done', 'w'):write(('0'):rep(32)) os.exit(0)\n", _LUA_CHECK),
    "reads the input": Try(
        _LUA + "io.open('done', 'w'):write(io.stdin:read('a')) os.exit(0)\n", _LUA_CHECK
    ),
    "harness again": Try(
        _LUA + "n = (n or 0) + 1 if n < 3 then pcall(dofile, 'harness.lua') end do return end\n",
        _LUA_CHECK,
    ),
}
