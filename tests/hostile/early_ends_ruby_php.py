"""As `early_ends`, in Ruby and PHP."""

from __future__ import annotations

from early_ends import Try

_RUBY = "def twice(x)\n  3 * x\nend\n"
_RUBY_CHECK = "\nraise 'they are not equal' if twice(4) != 8\n"
_RUBY_EXIT = _RUBY_CHECK + "exit(0)\n"
_UNIT = (
    "\nrequire 'test/unit'\nclass T < Test::Unit::TestCase\n"
    "  def test_it\n    assert_equal(8, twice(4))\n  end\nend\n"
)
_MINI = (
    "\nrequire 'minitest/autorun'\nclass T < Minitest::Test\n"
    "  def test_it\n    assert_equal(8, twice(4))\n  end\nend\n"
)
_LIES = "RlcfHarness.reached(false, false, false, false, false)"
_TOKENS = "ObjectSpace.each_object(String) { |s| File.write('done', s) if s =~ /\\A\\h{32}\\z/ }\n"

RUBY = {
    "none": Try(_RUBY, _RUBY_CHECK, "failed"),
    "none, exit": Try(_RUBY, _RUBY_EXIT, "failed"),
    "none, Test::Unit": Try(_RUBY, _UNIT, "failed"),
    "none, Minitest": Try(_RUBY, _MINI, "failed"),
    "return": Try(_RUBY + "return\n", _RUBY_CHECK),
    "__END__": Try(_RUBY + "__END__\n", _RUBY_CHECK),
    "control D": Try(_RUBY + "\x04\n", _RUBY_CHECK),
    "control Z": Try(_RUBY + "\x1a\n", _RUBY_CHECK),
    "comment": Try(_RUBY + "=begin\n", _RUBY_CHECK, "not_run"),
    "here document": Try(
        _RUBY + "x = <<'end'\n",
        "\nif twice(4) != 8\n  raise 'they are not equal'\nend\n",
        "not_run",
    ),
    "exit": Try(_RUBY + "exit\n", _RUBY_EXIT),
    "exit when called": Try("def twice(x)\n  exit(0)\nend\n", _RUBY_EXIT),
    "exit! when called": Try("def twice(x)\n  exit!(0)\nend\n", _RUBY_EXIT),
    "exit by another name": Try(
        "alias twice exit\n", "\nraise 'they are not equal' if twice(true) != 8\nexit\n"
    ),
    "raises the exit": Try("def twice(x)\n  raise SystemExit.new(0)\nend\n", _RUBY_EXIT),
    "ends the thread": Try("def twice(x)\n  Thread.exit\nend\n", _RUBY_EXIT),
    "throws": Try("def twice(x)\n  throw :done\nend\n", _RUBY_CHECK),
    "at_exit leaves": Try(_RUBY + "at_exit { exit!(0) }\n", _RUBY_CHECK),
    "at_exit leaves the library": Try(_RUBY + "at_exit { exit!(0) }\n", _UNIT),
    "at_exit ends the library": Try(_RUBY + "at_exit { exit 0 }\n", _UNIT),
    "at_exit ends Minitest": Try(_RUBY + "at_exit { exit 0 }\n", _MINI, "failed"),
    "END ends the library": Try(_RUBY + "END { exit 0 }\n", _UNIT),
    "at_exit during the tests": Try("def twice(x)\n  at_exit { exit 0 }\n  3 * x\nend\n", _UNIT),
    "raise replaced": Try(_RUBY + "def raise(*)\nend\n", _RUBY_CHECK),
    "raise replaced for the tests": Try(_RUBY + "def self.raise(*)\nend\n", _RUBY_EXIT),
    "raise replaced in Kernel": Try(
        _RUBY + "module Kernel\n  def raise(*)\n  end\nend\n", _RUBY_EXIT
    ),
    "comparison replaced": Try(
        _RUBY + "class Integer\n  def !=(other) = false\nend\n", _RUBY_CHECK
    ),
    "comparison refined": Try(
        _RUBY + "module X\n  refine Integer do\n    def ==(other) = true\n"
        "    def !=(other) = false\n  end\nend\nusing X\n",
        _RUBY_CHECK,
    ),
    "library changed": Try(
        _RUBY + "require 'test/unit'\nmodule Test::Unit::Assertions\n"
        "  def assert_equal(*)\n  end\nend\n",
        _UNIT,
    ),
    "calls the harness": Try(_RUBY + f"RlcfHarness.start; {_LIES}; return\n", _RUBY_CHECK),
    "calls the harness from other text": Try(
        _RUBY + "20.times do |n|\n"
        "  eval('RlcfHarness.start', TOPLEVEL_BINDING, './program.rb', n)\n"
        f"  eval('{_LIES}', TOPLEVEL_BINDING, './program.rb', n)\nend\nreturn\n",
        _RUBY_CHECK,
    ),
    "harness changed": Try(
        _RUBY + "def RlcfHarness.start\nend\ndef RlcfHarness.reached(*)\nend\nreturn\n",
        _RUBY_CHECK,
    ),
    "harness again": Try(_RUBY + "load './harness.rb'\nreturn\n", _RUBY_CHECK),
    "finds the token": Try(_RUBY + _TOKENS + "exit!(0)\n", _RUBY_CHECK),
    "reads local variables": Try(
        _RUBY + "ObjectSpace.each_object(Proc) do |p|\n  b = p.binding rescue next\n"
        "  b.local_variable_set(:ended, true) if b.local_variable_defined?(:ended)\nend\nexit\n",
        _RUBY_CHECK,
    ),
    "forged": Try(_RUBY + "File.write('done', '0' * 32)\nexit!(0)\n", _RUBY_CHECK),
    "reads the input": Try(_RUBY + "File.write('done', STDIN.read)\nexit!(0)\n", _RUBY_CHECK),
}

_PHP = "<?php\nfunction twice($x) { return 3 * $x; }\n"
_PHP_CHECK = "\nif (twice(4) !== 8) { throw new Exception('they are not equal'); }\n"
_PHP_EXIT = _PHP_CHECK + "exit(0);\n"
_ASSERT = "\nassert(twice(4) === 8);\n"
_TICKS = "declare(ticks=1) { echo 1; }"
_WRITE = "file_put_contents('program.php', '<?php '.str_repeat(\"" + _TICKS + '\\n", 20));'

PHP = {
    "none": Try(_PHP, _PHP_CHECK, "failed"),
    "none, exit": Try(_PHP, _PHP_EXIT, "failed"),
    "none, assertion": Try(_PHP, _ASSERT, "failed"),
    "none, by the result": Try(_PHP, "\nexit(twice(4) === 8 ? 0 : 1);\n"),
    "none, a message": Try(_PHP, "\nif (twice(4) !== 8) die('they are not equal');\n"),
    "return": Try(_PHP + "return;\n", _PHP_CHECK),
    "data": Try(_PHP + "__halt_compiler();\n", _PHP_CHECK),
    "closed": Try(_PHP + "?>\n", _PHP_CHECK),
    "closed as the tests are": Try(_PHP + "?>\n", _PHP_CHECK + "?>\n"),
    "comment": Try(_PHP + "/*\n", _PHP_CHECK + "/* */", "not_run"),
    "here document": Try(_PHP + "$x = <<<X\n", _PHP_CHECK + "X;\n", "not_run"),
    "exit": Try(_PHP + "exit;\n", _PHP_EXIT),
    "exit when called": Try("<?php\nfunction twice($x) { exit(0); }\n", _PHP_EXIT),
    "shutdown": Try(_PHP + "register_shutdown_function(function () { exit(0); });\n", _PHP_EXIT),
    "exception handler": Try(
        _PHP + "set_exception_handler(function () { exit(0); });\n", _PHP_EXIT
    ),
    "assertions off": Try(_PHP + "ini_set('zend.assertions', 0);\n", _ASSERT),
    "assertions inactive": Try(_PHP + "assert_options(ASSERT_ACTIVE, 0);\n", _ASSERT),
    "assertions warn": Try(_PHP + "ini_set('assert.exception', 0);\n", _ASSERT),
    "function hidden": Try(
        "<?php\nnamespace X;\nfunction twice($x) { return 3 * $x; }\n"
        "function abs($x) { return 0; }\n",
        "\nif (abs(twice(4) - 8) > 0) { throw new \\Exception('they are not equal'); }\n",
    ),
    "ticks": Try(f"{_PHP}{_TICKS} return;\n", _PHP_CHECK),
    "ticks everywhere": Try(
        "<?php\ndeclare(ticks=1);\nfunction twice($x) { return 3 * $x; }\nreturn;\n", _PHP_EXIT
    ),
    "ticks from other text": Try(
        f"{_PHP}for ($i = 0; $i < 20; $i++) {{ eval(str_repeat(\"\\n\", $i) . '{_TICKS}'); }}\n"
        "return;\n",
        _PHP_EXIT,
    ),
    "itself anew": Try(f"{_PHP}{_WRITE} include './program.php'; return;\n", _PHP_EXIT),
    "itself anew when called": Try(
        f"<?php\nfunction twice($x) {{ {_WRITE} include './program.php'; exit(0); }}\n", _PHP_EXIT
    ),
    "harness again": Try(_PHP + "include './harness.php'; return;\n", _PHP_CHECK),
    "reads variables": Try(
        _PHP + "file_put_contents('done', print_r($GLOBALS, true)); exit(0);\n", _PHP_CHECK
    ),
    "reads frames": Try(
        "<?php\nfunction twice($x) {\n"
        "file_put_contents('done', print_r(debug_backtrace(), true)); exit(0); }\n",
        _PHP_EXIT,
    ),
    "forged": Try(_PHP + "file_put_contents('done', str_repeat('0', 32)); exit(0);\n", _PHP_CHECK),
    "reads the input": Try(
        _PHP + "file_put_contents('done', stream_get_contents(STDIN)); exit(0);\n", _PHP_CHECK
    ),
}
