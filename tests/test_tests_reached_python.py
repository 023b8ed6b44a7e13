"""Python: a pass is said after the last check, by what the program can neither reach nor skip."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from rlcf.languages import Job, Limits, Outcome, Toolchain
from rlcf.languages.outcome import Runner
from rlcf.languages.python import Python

LIMITS = Limits(wall_seconds=15.0, cpu_seconds=3.0)
WRONG = "def twice(x):\n    return 3 * x\n"
RIGHT = "def twice(x):\n    return 2 * x\n"
ASSERT = "\nassert twice(4) == 8\n"
CHECK = "\ndef check(candidate):\n    assert candidate(4) == 8\n"
UNITTEST = """
import unittest

class TestTwice(unittest.TestCase):
    def test_twice(self):
        self.assertEqual(twice(4), 8)

if __name__ == "__main__":
    unittest.main()
"""


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    """One for all: its cell is warm."""
    if missing := Python().missing():
        pytest.skip(missing)
    if sys.platform != "linux":
        pytest.skip("the jail is Linux only")
    made = Toolchain("python", seats=1)
    yield made
    made.close()


def outcome(runner: Runner, program: str, tests: str) -> Outcome:
    """What becomes of one program."""
    (result,) = runner.run([Job(program, tests, "twice")], LIMITS)
    return result.outcome


READS_FRAMES = """
import os, sys
frame, found = sys._getframe(), []
def look(x, depth):
    if isinstance(x, (str, bytes)):
        found.append(x)
    elif depth and isinstance(x, dict):
        [look(y, depth - 1) for y in list(x.values())]
    elif depth and isinstance(x, (list, tuple)):
        [look(y, depth - 1) for y in x]
while frame:
    look(dict(frame.f_locals), 6)
    frame = frame.f_back
import re
for text in found:
    text = text if isinstance(text, str) else text.decode('latin-1')
    for token in re.findall(r'\\b[0-9a-f]{32}\\b', text):
        open('done', 'w').write(token)
        os._exit(0)
"""
READS_DESCRIPTORS = """
import os
for fd in range(256):
    try:
        os.set_blocking(fd, False)
        token = os.read(fd, 4096)
    except OSError:
        continue
    if len(token) == 32:
        open('done', 'wb').write(token)
        os._exit(0)
"""
JUMPS = """
import sys
def trace(frame, event, arg):
    frame.f_trace = trace
    if event == 'line' and frame.f_code.co_name == '<module>':
        try:
            frame.f_lineno = 6
        except ValueError:
            pass
    return trace
"""
TRICKS = {
    "exit": "import sys\nsys.exit(0)\n",
    "system exit": "raise SystemExit\n",
    "quit": "quit()\n",
    "os._exit": "import os\nos._exit(0)\n",
    "exit in the function": "def twice(x):\n    raise SystemExit(0)\n",
    "exit is the function": "from sys import exit as twice\n",
    "exit, bound": "import functools, sys\ntwice = functools.partial(sys.exit, 0)\n",
    "exit hook": "import atexit, os\natexit.register(os._exit, 0)\n",
    "exception hook": "import os, sys\nsys.excepthook = lambda *_: os._exit(0)\n",
    "thread": "import os, threading, time\n"
    "threading.Thread(target=lambda: (time.sleep(0.05), os._exit(0))).start()\n",
    "thread that waits": "import os, threading, time\n"
    "def wait():\n    while not os.path.exists('done'):\n        pass\n    os._exit(0)\n"
    "threading.Thread(target=wait).start()\n",
    "forged": "open('done', 'w').write('0' * 32)\nimport os\nos._exit(0)\n",
    "open string": 'x = """\n',
    "open comment": "x = 1 #",
    "continued": "x = 1 \\",
    "builtins": "import builtins\nbuiltins.AssertionError = type('E', (Exception,), {})\n",
    "exec": "import builtins\nbuiltins.exec = lambda *_: None\n",
    "import": "import builtins\nbuiltins.__import__ = lambda *_: __import__('sys')\n",
    "class": "import builtins\nbuiltins.__build_class__ = lambda *_, **__: object\n",
    "name": "__name__ = 'program'\n",
    "module": "import sys, types\nsys.modules['unittest'] = types.ModuleType('unittest')\n"
    "sys.modules['unittest'].TestCase = object\nsys.modules['unittest'].main = lambda: None\n",
    "main": "import unittest\nunittest.main = lambda *_, **__: None\n",
    "assertEqual": "import unittest\nunittest.TestCase.assertEqual = lambda *_: None\n",
    "late": "import unittest\ndef twice(x):\n"
    "    unittest.TestCase.assertEqual = lambda *_: None\n    return 3 * x\n",
    "skip": "import unittest\ndef twice(x):\n    raise unittest.SkipTest\n",
    "stop": "import unittest.case\ndef twice(x):\n    raise unittest.case._ShouldStop\n",
    "load_tests": "import unittest\nload_tests = lambda *_: unittest.TestSuite()\n",
    "setUpModule": "import unittest\ndef setUpModule():\n    raise unittest.SkipTest\n",
    "result": "import unittest\nunittest.TestResult.wasSuccessful = lambda _: True\n",
    "frames": READS_FRAMES,
    "frames, later": "def twice(x):\n" + READS_FRAMES.replace("\n", "\n    ") + "\n    return 3\n",
    "descriptors": READS_DESCRIPTORS,
    "collector": "import gc, os\nfor x in gc.get_objects():\n"
    "    if isinstance(x, (list, tuple)) and any(type(y) is str and len(y) == 32 for y in x):\n"
    "        open('done', 'w').write(next(y for y in x if type(y) is str and len(y) == 32))\n"
    "        os._exit(0)\n",
    "trace": JUMPS + "sys.settrace(trace)\nsys._getframe().f_trace = trace\n",
    "trace, later": JUMPS + "def twice(x):\n    sys.settrace(trace)\n"
    "    sys._getframe(1).f_trace = trace\n    return 3\n",
    "profile": "import os, sys\nsys.setprofile(lambda *_: os._exit(0))\n",
    "steps": "import sys\nframe = sys._getframe()\nwhile frame:\n"
    "    for x in list(frame.f_locals.values()):\n"
    "        try:\n            next(x), x.clear()\n        except Exception:\n            pass\n"
    "    frame = frame.f_back\n",
    "write": "import os\nos.write = lambda fd, data: 0\n",
}


@pytest.mark.parametrize("tests", [ASSERT, CHECK, UNITTEST], ids=["assert", "check", "unittest"])
@pytest.mark.parametrize("name", TRICKS)
def test_no_trick_passes(name: str, tests: str, runner: Runner) -> None:
    """A wrong program, whatever it does to end early or to be believed."""
    assert outcome(runner, WRONG + TRICKS[name], tests) is not Outcome.PASSED


LEGIT = {
    "a reader of its own frames": "import inspect\ndef twice(x):\n"
    "    assert inspect.currentframe().f_code.co_name == 'twice'\n    return 2 * x\n",
    "another folder": RIGHT + "import os\nos.mkdir('x')\nos.chdir('x')\n",
    "postponed annotations": "from __future__ import annotations\n"
    "def twice(x: Later) -> Later:\n    return 2 * x\n",
    "closed output": RIGHT + "import sys\nsys.stdout.close()\n",
    "caught output": RIGHT + "import io, sys\nsys.stdout = io.StringIO()\n",
    "no newline": RIGHT.rstrip(),
    "own tests": RIGHT + "if __name__ == '__main__':\n    assert twice(1) == 2\n",
    "profiled": "import cProfile\ndef twice(x):\n"
    "    return cProfile.Profile().runcall(lambda: 2 * x)\n",
    "other names": RIGHT + "list_ = list\nimport builtins\nbuiltins.answer = 42\n",
}


@pytest.mark.parametrize("tests", [ASSERT, CHECK, UNITTEST], ids=["assert", "check", "unittest"])
@pytest.mark.parametrize("name", LEGIT)
def test_right_programs_pass(name: str, tests: str, runner: Runner) -> None:
    assert outcome(runner, LEGIT[name], tests) is Outcome.PASSED


ENDINGS = {
    "sys.exit": "import sys\nassert twice(4) == 8\nsys.exit(0)\n",
    "sys.exit, no status": "import sys\nassert twice(4) == 8\nsys.exit()\n",
    "renamed": "from sys import exit as leave\nassert twice(4) == 8\nleave(0)\n",
    "main": "import sys\ndef main():\n    assert twice(4) == 8\n    return 0\nsys.exit(main())\n",
    "branch": "import sys\nif twice(4) != 8:\n    sys.exit(1)\nsys.exit(0)\n",
    "status": "import sys\nsys.exit(\n    twice(4) != 8\n)\n",
    "in a function": "def main():\n    assert twice(4) == 8\n    raise SystemExit(0)\nmain()\n",
    "SystemExit": "assert twice(4) == 8\nraise SystemExit\n",
    "quit": "assert twice(4) == 8\nquit()\n",
    "exit": "if twice(4) != 8:\n    exit('wrong')\nexit(0)\n",
    "unittest": UNITTEST,
    "unittest, imported": UNITTEST.replace(
        "import unittest", "import unittest\nfrom unittest import main"
    ).replace("unittest.main()", "main(verbosity=2)"),
    "unittest, no exit": UNITTEST.replace("main()", "main(exit=False)"),
    "unittest, runner": UNITTEST.replace(
        "unittest.main()",
        "import sys\n    suite = unittest.defaultTestLoader.loadTestsFromTestCase(TestTwice)\n"
        "    sys.exit(not unittest.TextTestRunner().run(suite).wasSuccessful())",
    ),
    "unittest, its checks alone": "import unittest\nunittest.TestCase().assertEqual(twice(4), 8)\n",
    "unittest, decorators": UNITTEST.replace(
        "    def",
        "    @unittest.skip('later')\n    def test_skipped(self):\n        self.fail()\n\n"
        "    @unittest.expectedFailure\n    def test_wrong(self):\n        self.fail()\n\n"
        "    def test_sub(self):\n        for i in range(3):\n"
        "            with self.subTest(i=i):\n                self.assertEqual(twice(i), 2 * i)\n\n"
        "    def",
    ),
    "unittest, mocks": UNITTEST.replace(
        "        self",
        "        from unittest.mock import patch\n"
        "        with patch('time.time', return_value=1):\n"
        "            import time\n            self.assertEqual(time.time(), 1)\n"
        "        self",
    ),
    "replaced input": "import builtins\nbuiltins.input = lambda *_: '4'\n"
    "assert twice(int(input())) == 8\n",
}


@pytest.mark.parametrize("name", ENDINGS)
def test_exits_of_the_tests_are_their_end(name: str, runner: Runner) -> None:
    """Status 0 is a pass, another is a check that does not hold."""
    tests = "\n" + ENDINGS[name]
    assert outcome(runner, RIGHT, tests) is Outcome.PASSED
    assert outcome(runner, WRONG, tests) is Outcome.FAILED


def test_an_error_in_unittest_is_an_error(runner: Runner) -> None:
    program = "def twice(x):\n    return x.missing\n"
    assert outcome(runner, program, UNITTEST) is Outcome.ERROR


def test_exits_in_the_program_are_not_the_tests(runner: Runner) -> None:
    """Not even where the tests have an exit that the program calls."""
    tests = "\nimport sys\ndef leave():\n    sys.exit(0)\nassert twice(4) == 8\nleave()\n"
    assert outcome(runner, RIGHT, tests) is Outcome.PASSED
    assert outcome(runner, "def twice(x):\n    globals()['leave']()\n", tests) is Outcome.ERROR


def test_a_loop_that_the_program_stops_is_no_pass(runner: Runner) -> None:
    """Tests that wait by `asyncio.run` go on or fail."""
    tests = "\nasync def main():\n    assert await twice(1) == 2\nasyncio.run(main())\n"
    stops = "    asyncio.get_running_loop().stop()\n    await asyncio.sleep(9)\n"
    cancels = "    asyncio.current_task().cancel()\n    await asyncio.sleep(9)\n"
    bodies = [stops, cancels, "    return 3\n", "    return 2 * x\n"]
    jobs = [Job(f"import asyncio\nasync def twice(x):\n{b}", tests, "twice") for b in bodies]
    found = [result.outcome for result in runner.run(jobs, LIMITS)]
    assert found == [Outcome.ERROR, Outcome.ERROR, Outcome.FAILED, Outcome.PASSED]
