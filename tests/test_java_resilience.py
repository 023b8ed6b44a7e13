"""Killed, hung, forked, closed and hostile: every program still gets its verdict or none."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rlcf.languages import Job, Limits, Outcome, Verdict, check
from rlcf.languages.java import JavaCompiler, JavaOptions, JavaRunner

GOOD = "class A { int f() { return 1; } }"
BAD = "class A { int f() { return x; } }"
SUM = "class Sum {{ static int sum(int a, int b) {{ return a {} b; }} }}\n"
TESTS = """
class Main {
    public static void main(String[] args) throws Exception {
        if (Sum.sum(2, 3) != 5) { throw new Exception("no"); }
    }
}
"""


def children() -> list[int]:
    """Processes that this one started, and theirs."""
    found, todo = [], [os.getpid()]
    while todo:
        pid = todo.pop()
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                mine = [int(word) for word in task.read_text().split()]
            except OSError:
                continue
            found += mine
            todo += mine
    return found


class Killer:
    """Kills a random child now and then while it is open."""

    def __init__(self, pause: float, choose: Callable[[], list[int]] = children) -> None:
        self._pause, self._choose = pause, choose
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.kills = 0

    def __enter__(self) -> Killer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        draw = random.Random(0)
        while not self._stop.wait(self._pause):
            victims = self._choose()
            if victims:
                try:
                    os.kill(draw.choice(victims), signal.SIGKILL)
                except ProcessLookupError:
                    continue
                self.kills += 1


def test_a_killed_compile_server_costs_no_verdict() -> None:
    compiler = JavaCompiler(JavaOptions(workers=2))
    compiler.check([GOOD])

    def server() -> list[int]:
        return [compiler._link.pid] if compiler._link.pid else []

    programs = [GOOD if i % 3 else BAD for i in range(1500)]
    with Killer(2.5, server) as killer:
        results = compiler.check(programs)
        while killer.kills == 0:
            results = compiler.check(programs)
    compiler.close()
    expected = [Verdict.ACCEPTED if i % 3 else Verdict.REJECTED for i in range(1500)]
    wrong = [r for r, e in zip(results, expected, strict=True) if r.verdict not in (e, "unscored")]
    assert wrong == []
    assert sum(r.verdict is Verdict.UNSCORED for r in results) < 300


@pytest.mark.parametrize("kills", [1, 5])
def test_a_compile_server_killed_while_it_starts_is_started_again(
    kills: int, tmp_path: Path
) -> None:
    """Killed once it costs nothing; killed again and again the programs are unscored."""
    compiler = JavaCompiler(JavaOptions(workers=1))
    counter = tmp_path / "starts"
    words = 'echo x >> "$0"; [ $(wc -l < "$0") -le "$1" ] && kill -9 $$; shift; exec "$@"'
    link = compiler._link
    link._command = ["sh", "-c", words, str(counter), str(kills), *link._command]
    (result,) = compiler.check([GOOD])
    compiler.close()
    assert result.verdict is (Verdict.ACCEPTED if kills == 1 else Verdict.UNSCORED)


@pytest.mark.slow
def test_children_killed_at_random_cost_no_outcome() -> None:
    runner = JavaRunner()
    kinds = [(Outcome.PASSED, SUM.format("+")), (Outcome.FAILED, SUM.format("-"))]
    kinds += [(Outcome.ERROR, SUM.format("/ 0 +")), (Outcome.NOT_RUN, "class Sum {")]
    jobs = [kinds[i % 4] for i in range(600)]
    runner.run([Job(kinds[0][1], TESTS)])
    with Killer(0.7) as killer:
        results = runner.run([Job(program, TESTS) for _, program in jobs])
    runner.close()
    wrong = [
        (expected, result)
        for (expected, _), result in zip(jobs, results, strict=True)
        if result.outcome not in (expected, Outcome.UNSCORED)
    ]
    assert wrong == []
    assert killer.kills > 0
    assert sum(r.outcome is Outcome.UNSCORED for r in results) < 100


def test_many_threads_share_one_compiler_and_runner() -> None:
    runner = JavaRunner()
    jobs = [Job(SUM.format("+"), TESTS), Job(SUM.format("-"), TESTS)] * 5

    def outcomes(_: int) -> list[Outcome]:
        return [r.outcome for r in runner.run(jobs)]

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(outcomes, range(4)))
    runner.close()
    assert found == [[Outcome.PASSED, Outcome.FAILED] * 5] * 4


def test_closed_ones_start_again() -> None:
    before = set(children())
    runner = JavaRunner()
    for _ in range(2):
        assert runner.run([Job(SUM.format("+"), TESTS)])[0].outcome is Outcome.PASSED
        assert set(children()) - before != set()
        runner.close()
        assert set(children()) - before == set()


def test_closing_while_running_answers_everything() -> None:
    runner = JavaRunner()
    loop = "class Sum { static int sum(int a, int b) { for (;;) { } } }\n"
    limits = Limits(wall_seconds=60.0, cpu_seconds=60.0)
    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(runner.run, [Job(loop, TESTS)] * 6, limits)
        while not runner._pools:
            time.sleep(0.05)
        time.sleep(1.0)
        runner.close()
        results = future.result(timeout=60)
    runner.close()
    assert {r.outcome for r in results} == {Outcome.UNSCORED}


def test_a_fork_gets_a_server_of_its_own() -> None:
    assert check([GOOD])[0].verdict is Verdict.ACCEPTED
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = 0 if check([BAD])[0].verdict is Verdict.REJECTED else 2
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert check([BAD])[0].verdict is Verdict.REJECTED


def test_a_program_that_takes_too_long_is_unscored_and_alone() -> None:
    compiler = JavaCompiler(JavaOptions(workers=2, deadline_seconds=2.0))
    compiler.check([GOOD])
    nested = "f(" * 24 + "null" + ")" * 24
    overloads = "".join(f"static <T> T f(C{i}<T> x) {{ return null; }}" for i in range(24))
    bomb = (
        "".join(f"interface C{i}<T> {{ }} " for i in range(24))
        + f"class A {{ {overloads} Object o = {nested}; }}"
    )
    results = compiler.check([GOOD, bomb, BAD, GOOD])
    again = compiler.check([GOOD])
    compiler.close()
    verdicts = [r.verdict for r in results]
    assert [verdicts[0], *verdicts[2:]] == [Verdict.ACCEPTED, Verdict.REJECTED, Verdict.ACCEPTED]
    assert verdicts[1] in (Verdict.UNSCORED, Verdict.REJECTED)
    assert again[0].verdict is Verdict.ACCEPTED


def test_a_huge_source_and_odd_characters_are_answered() -> None:
    compiler = JavaCompiler(JavaOptions(workers=1, deadline_seconds=60.0))
    huge = "class A {\n" + "// 0123456789 0123456789 0123456789 0123456789\n" * 220_000 + "}"
    results = compiler.check([huge, "class A { \0 }", "", "\ufeffclass A { }", GOOD])
    compiler.close()
    assert len(huge) > 10_000_000
    accepted, rejected = Verdict.ACCEPTED, Verdict.REJECTED
    assert [r.verdict for r in results] == [accepted, rejected, accepted, rejected, accepted]
