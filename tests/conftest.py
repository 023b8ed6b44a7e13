"""Settings for all tests, and what becomes of a test that asks for a tool which is not here.

One thread a worker, so that workers do not fight for cores. The very last line says how many tests
skipped, and which command brings what they want.
"""

from __future__ import annotations

import importlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import absent

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("HF_HUB_OFFLINE", "1")


class _Machine(subprocess.Popen[Any]):
    """Starts what asks for the machine's description, and nothing else."""

    def __init__(self, args: Any, *rest: Any, **options: Any) -> None:
        program = Path(str(args if isinstance(args, str) else args[0])).name
        assert program in ("git", "uname"), f"{program} is started by a module marked in_process"
        super().__init__(args, *rest, **options)


@pytest.fixture(scope="module", autouse=True)
def _modules_in_process_start_no_program(request: pytest.FixtureRequest) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if request.node.get_closest_marker("in_process"):
            patch.setattr(subprocess, "Popen", _Machine)
        yield


@pytest.fixture(scope="session", autouse=True)
def _absent_tools_skip() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        absent.skip_where_asked(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _a_fake_toolchain_stays_in_its_test() -> None:
    """Load what takes `Toolchain` by name: loaded under a fake, it would keep it for good."""
    source = Path(__file__).parents[1] / "src"
    by_name = re.compile(r"^from rlcf\.languages import (\([^)]*|.*)\bToolchain\b", re.MULTILINE)
    for file in sorted(source.rglob("*.py")):
        if by_name.search(file.read_text()):
            importlib.import_module(".".join(file.relative_to(source).with_suffix("").parts))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    yield
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        skipped = terminal.stats.get("skipped", [])
        reasons = [absent.reason_of(report) for report in skipped]
        if reasons:
            terminal.write_line(absent.summary(reasons))
