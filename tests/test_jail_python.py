# ruff: noqa: E501 - a program is easier to read on one line
"""Python in the jail: a script's own file, and shared memory of the cell's own."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from rlcf.languages import Job, Limits, Outcome, RunResult, Toolchain
from rlcf.languages.outcome import Runner
from rlcf.languages.python import Python
from rlcf.sandbox.cell import Cell, Step, StepLimits
from rlcf.sandbox.isolation import serving_isolation

LIMITS = Limits(wall_seconds=15.0, cpu_seconds=3.0)
TESTS = "\nassert f() == 6\n"


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


def result(runner: Runner, program: str, tests: str = TESTS) -> RunResult:
    """What becomes of one program."""
    return runner.run([Job(program, tests)], LIMITS)[0]


SCRIPTS = {
    "file": "import os\nHERE = os.path.dirname(os.path.abspath(__file__))\n"
    "def f():\n    return 6 if os.path.isabs(__file__) and os.path.isdir(HERE) else 0\n",
    "own text": "def f():\n    return 6 if 'own text' in open(__file__).read() else 0\n",
    "source": "import inspect\ndef f():\n    return 6 if 'inspect' in inspect.getsource(f) else 0\n",
    "source of a class": "import inspect\nclass A:\n    x = 6\n"
    "def f():\n    return int(inspect.getsource(A).split()[-1])\n",
    "trace": "import traceback\ndef f():\n    try:\n        return 1 // 0\n    except ZeroDivisionError:\n"
    "        return 6 if 'return 1 // 0' in traceback.format_exc() else 0\n",
    "lines": "import linecache\ndef f():\n    return 6 if 'def f' in linecache.getline(__file__, 2) else 0\n",
    "import": "open('other.py', 'w').write('x = 6')\nimport other\ndef f():\n    return other.x\n",
    "pickle": "import pickle\nclass A:\n    x = 6\ndef f():\n    return pickle.loads(pickle.dumps(A())).x\n",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_program_is_a_script(name: str, runner: Runner) -> None:
    assert result(runner, SCRIPTS[name]).outcome is Outcome.PASSED, name


def test_the_file_does_not_hold_the_tests(runner: Runner) -> None:
    """A program that reads its own file does not learn what is expected of it."""
    program = (
        "import re\ndef f():\n    return int(re.search(r'== (\\d+)', open(__file__).read())[1])\n"
    )
    assert result(runner, program).outcome is Outcome.ERROR


SHARED = {
    "ThreadPool": "from multiprocessing.pool import ThreadPool\ndef f():\n"
    "    with ThreadPool(2) as pool:\n        return sum(pool.map(int, '123'))\n",
    "Lock": "import multiprocessing\ndef f():\n    with multiprocessing.Lock():\n        return 6\n",
    "Queue": "import multiprocessing\ndef f():\n    q = multiprocessing.Queue()\n    q.put(6)\n"
    "    return q.get()\n",
    "Semaphore": "import multiprocessing\ns = multiprocessing.Semaphore(6)\n"
    "def f():\n    return sum(s.acquire(block=False) for _ in range(9))\n",
    "Value": "import multiprocessing\ndef f():\n    return multiprocessing.Value('i', 6).value\n",
    "SharedMemory": "from multiprocessing import shared_memory\ndef f():\n"
    "    a = shared_memory.SharedMemory(create=True, size=8)\n    a.buf[0] = 6\n"
    "    b = shared_memory.SharedMemory(a.name)\n    x = b.buf[0]\n"
    "    b.close()\n    a.close()\n    a.unlink()\n    return x\n",
    "ShareableList": "from multiprocessing.shared_memory import ShareableList\n"
    "def f():\n    return sum(ShareableList([1, 2, 3]))\n",
}


@pytest.mark.parametrize("name", SHARED)
def test_shared_memory(name: str, runner: Runner) -> None:
    """What needs /dev/shm works, and starts no process."""
    if (plan := serving_isolation().plan) is None or plan.namespaces == "none":
        pytest.skip("no namespaces here, so no private /dev/shm")
    found = result(runner, SHARED[name])
    assert found.outcome is Outcome.PASSED, found.detail


@pytest.fixture
def cell() -> Iterator[Cell]:
    """One with a /dev/shm of its own."""
    if (plan := serving_isolation().plan) is None or plan.namespaces == "none":
        pytest.skip("no namespaces here, so no private /dev/shm")
    made = Cell()
    yield made
    made.close()


def shell(command: str, memory_mb: int = 256) -> Step:
    """A step that a shell runs."""
    limits = StepLimits(wall_seconds=20.0, memory_mb=memory_mb)
    return Step(("/bin/sh", "-c", command), processes=True, limits=limits)


def test_shared_memory_is_gone_with_the_program(cell: Cell) -> None:
    first = cell.run(
        [shell("mkdir -p /dev/shm/a/b && echo x > /dev/shm/a/b/c && echo x > /dev/shm/d")]
    )
    assert first.last.ok, first.last
    assert cell.run([shell("ls -A /dev/shm")]).last.out == ""


def test_shared_memory_is_small_and_runs_nothing(cell: Cell) -> None:
    full = cell.run([shell("head -c 30000000 /dev/zero > /dev/shm/x")])
    assert "No space left" in full.last.err
    run = cell.run([shell("cp /bin/true /dev/shm/x && chmod +x /dev/shm/x && /dev/shm/x")])
    assert run.last.status == 126


def test_shared_memory_counts(cell: Cell) -> None:
    """Against the program's limit, mapped or not."""
    fill = shell("head -c 15000000 /dev/zero > /dev/shm/x; sleep 5", memory_mb=12)
    assert cell.run([fill]).last.limit == "memory"
    assert cell.run([shell("sleep 0.1", memory_mb=12)]).last.ok


def test_shared_memory_is_not_the_hosts(cell: Cell) -> None:
    """What a cell writes is not seen outside, nor in another cell."""
    other = Cell()
    try:
        wrote = cell.run([shell("echo x > /dev/shm/rlcf-test && sleep 0.1; ls /dev/shm")])
        assert "rlcf-test" in wrote.last.out
        assert other.run([shell("ls -A /dev/shm")]).last.out == ""
    finally:
        other.close()
