"""Settings for all tests, and what becomes of a test that asks for a tool which is not here.

One thread a worker, so that workers do not fight for cores. The very last line says how many tests
skipped, and which command brings what they want.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import absent

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("HF_HUB_OFFLINE", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--wants-to", type=Path, help="write which tests skipped for want of a JDK")
    parser.addoption("--only-from", type=Path, help="run only the tests that such a file names")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    names = config.getoption("--only-from")
    if names is not None:
        wanted = set(names.read_text(encoding="utf-8").splitlines())
        config.hook.pytest_deselected(items=[i for i in items if i.nodeid not in wanted])
        items[:] = [i for i in items if i.nodeid in wanted]


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
        skipped = terminal.stats.get("skipped", [])
        reasons = [absent.reason_of(report) for report in skipped]
        out = session.config.getoption("--wants-to")
        if out is not None:
            lacking = (r.nodeid for r in skipped if absent.JDK in absent.reason_of(r))
            out.write_text("".join(f"{name}\n" for name in lacking), encoding="utf-8")
        if reasons:
            terminal.write_line(absent.summary(reasons))
