"""Settings for all tests, and what becomes of a test that asks for a tool which is not here.

One thread a worker, so that workers do not fight for cores. The very last line says how many tests
skipped, and which command brings what they want.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import absent

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session", autouse=True)
def _absent_tools_skip() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        absent.skip_where_asked(patch)
        yield


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    yield
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None:
        reasons = [absent.reason_of(report) for report in terminal.stats.get("skipped", [])]
        if reasons:
            terminal.write_line(absent.summary(reasons))
