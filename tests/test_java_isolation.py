"""The walls of the sandbox, one set at a time, and what is said where some are missing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import absent
from rlcf.languages import Job, Limits, Outcome
from rlcf.languages.java import JavaRunner, RunnerOptions
from rlcf.languages.jvm.risk import reach_beyond
from rlcf.sandbox import isolation
from rlcf.sandbox.isolation import Isolation, IsolationWarning, Plan

sys.path.insert(0, str(Path(__file__).parent / "hostile"))
from suite import TESTS, attacks


def _names(text: str) -> list[str]:
    return text.split()


CHECKED = _names(
    """
        read_passwd read_parent_environment read_environment socket_out socket_local
        process_bomb process_by_runtime write_elsewhere kill_others forge_on_every_descriptor
        native_library exit_0 honest_pass honest_fail
        """
)
LIMITS = Limits(wall_seconds=5.0, cpu_seconds=5.0)
ROOT = os.geteuid() == 0
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the jail is Linux only")

UNPRIVILEGED = """
import json, sys, warnings
from rlcf.languages import Job, Limits
from rlcf.languages.java import JavaRunner
warnings.simplefilter("ignore")
jobs = json.load(sys.stdin)
runner = JavaRunner()
limits = Limits(wall_seconds=5.0, cpu_seconds=5.0)
results = runner.run([Job(*job) for job in jobs], limits)
runner.close()
print(json.dumps([[r.outcome, r.detail] for r in results]))
"""


@pytest.fixture(autouse=True)
def _forget_plans() -> Iterator[None]:
    isolation._isolation.cache_clear()
    yield
    isolation._isolation.cache_clear()


def outcomes(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> dict[str, Outcome]:
    """What becomes of the checked attacks under this plan alone; without walls they are not run."""
    monkeypatch.setattr(isolation, "_candidates", lambda: [plan])
    chosen = [attack for attack in attacks() if attack.name in CHECKED]
    runner = JavaRunner(RunnerOptions(seats=1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IsolationWarning)
        results = runner.run([Job(attack.program, TESTS) for attack in chosen], LIMITS)
    runner.close()
    return {
        attack.name: result.outcome
        for attack, result in zip(chosen, results, strict=True)
        if result.outcome.value not in attack.expected
    }


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(Plan("root", user=True), marks=pytest.mark.skipif(not ROOT, reason="root")),
        pytest.param(Plan("none", user=True), marks=pytest.mark.skipif(not ROOT, reason="root")),
        pytest.param(Plan("none"), marks=pytest.mark.skipif(ROOT, reason="not for root")),
    ],
    ids=lambda plan: f"{plan.namespaces}-{plan.user}",
)
def test_each_set_of_walls_holds(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    assert outcomes(plan, monkeypatch) == {}


def test_without_any_wall_only_harmless_programs_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing hostile may ever run here: what could reach a file must be refused unrun."""
    monkeypatch.setattr(isolation, "_candidates", list)
    loader = "class Attack { static Object run() { return Attack.class.getClassLoader(); } }\n"
    honest = "import java.util.*; class Attack { static int run() { return 42; } }\n"
    runner = JavaRunner(RunnerOptions(seats=1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IsolationWarning)
        results = runner.run([Job("import java.util.*;" + loader, TESTS), Job(honest, TESTS)])
    runner.close()
    assert [r.outcome for r in results] == [Outcome.UNSCORED, Outcome.PASSED]
    assert "file isolation" in results[0].detail


def _is_public(path: Path) -> bool:
    return all(p.stat().st_mode & 0o5 == 0o5 for p in (path, *path.parents))


def _python_for_all() -> str | None:
    """An interpreter that any user may run; ours may lie below root's home."""
    for path in (sys.executable, "/usr/bin/python3"):
        if not Path(path).exists() or not _is_public(Path(path).resolve()):
            continue
        asked = [path, "-c", "import sys; print(sys.version_info >= (3, 11))"]
        if subprocess.run(asked, capture_output=True, check=False).stdout == b"True\n":
            return path
    return None


@absent.needs_jdk
@pytest.mark.skipif(not ROOT, reason="needs root to become somebody else")
def test_an_unprivileged_user_gets_a_sandbox_too(tmp_path: Path) -> None:
    source = Path(isolation.__file__).parents[2]
    python = _python_for_all()
    if python is None or not _is_public(source):
        pytest.skip("the interpreter or the package lies where only root may read")
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents:
        if parent.owner() == "root" and parent != Path("/") and not parent.stat().st_mode & 1:
            parent.chmod(0o755)
    chosen = [attack for attack in attacks() if attack.name in CHECKED]
    done = subprocess.run(
        [python, "-c", UNPRIVILEGED],
        input=json.dumps([[a.program, TESTS] for a in chosen]),
        capture_output=True,
        text=True,
        user=65534,
        group=65534,
        extra_groups=[],
        cwd="/",
        env={
            "PATH": os.environ["PATH"],
            "XDG_CACHE_HOME": str(tmp_path),
            "HOME": str(tmp_path),
            "PYTHONPATH": str(source),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    wrong = {
        attack.name: result
        for attack, result in zip(chosen, results, strict=True)
        if result[0] not in attack.expected
    }
    assert wrong == {}


def test_what_is_missing_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_candidates", list)
    with pytest.warns(IsolationWarning, match=r"docs/safety\.md"):
        first = isolation.isolation(["/bin/true"])
    assert first == Isolation(None, first.missing)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        isolation.isolation(["/bin/true"])


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ({"namespaces": True, "user": True, "seccomp": True}, []),
        ({"namespaces": False, "user": True, "seccomp": True, "landlock": True}, []),
        ({"namespaces": False, "user": False, "seccomp": True, "landlock": True}, ["threads"]),
        ({"namespaces": True, "user": True, "seccomp": False}, ["processes"]),
        (
            {"namespaces": False, "user": False, "seccomp": False, "landlock": False},
            ["file", "network", "processes", "threads"],
        ),
    ],
)
def test_gaps_are_named(report: dict[str, bool], words: list[str]) -> None:
    gaps = isolation._gaps(report)
    assert len(gaps) == len(words)
    assert all(word in gap for word, gap in zip(words, gaps, strict=True))


@pytest.mark.parametrize(
    "name",
    _names(
        """
        java/lang/System.setProperty java/lang/Thread.start java/io/File
        java/nio/file/Files java/net/Socket java/lang/reflect/Method java/lang/ClassLoader
        java/lang/Class.forName java/lang/Class.getClassLoader java/lang/ProcessBuilder
        java/lang/Runtime.exec java/util/Locale.setDefault java/util/Timer
        java/util/ServiceLoader java/util/concurrent/Executors
        java/util/concurrent/CompletableFuture java/util/stream/Stream.parallel
        java/util/List.parallelStream java/util/Arrays.parallelSort
        java/lang/invoke/MethodHandles.lookup java/lang/invoke/MethodHandles$Lookup.findStatic
        java/lang/invoke/MethodHandle.invoke sun/misc/Unsafe jdk/internal/misc/Unsafe
        java/util/logging/Logger java/util/prefs/Preferences [Ljava/io/File; finalize
        java/lang/RuntimeException.setStackTrace java/util/zip/GZIPInputStream
        javax/script/Bindings java/io/PrintStream.<init> java/util/Formatter.<init>
        java/lang/Thread java/lang/ThreadLocal java/util/concurrent/ForkJoinPool
        com/example/Unknown unknown
        """
    ),
)
def test_names_that_forbid_a_shared_process(name: str) -> None:
    assert reach_beyond([name], {"A"}) == ([name] if name != "java/lang/Thread" else [])


@pytest.mark.parametrize(
    "name",
    _names(
        """
        java/lang/String java/lang/String.format java/util/HashMap.put
        java/util/stream/Stream.map java/util/stream/Collectors java/lang/Math.max
        java/math/BigInteger java/util/Map$Entry java/lang/System.out java/lang/System.arraycopy
        java/io/PrintStream.println [I [[D [Ljava/lang/String; A A.parallel$helper A$Inner
        A$Inner.f java/lang/Exception java/lang/invoke/LambdaMetafactory.metafactory
        java/lang/invoke/MethodHandles$Lookup
        java/lang/invoke/StringConcatFactory.makeConcatWithConstants java/util/Scanner.nextInt
        java/util/ConcurrentModificationException java/lang/Object.getClass
        java/util/concurrent/ConcurrentHashMap.merge java/util/regex/Pattern$1
        """
    ),
)
def test_names_that_do_not(name: str) -> None:
    assert reach_beyond([name], {"A", "A$Inner"}) == []
