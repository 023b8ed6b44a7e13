"""Two processes train as one does; on one host and, as root, on two (network namespaces)."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from rlcf.training.distributed import Processes

WORKER = str(Path(__file__).with_name("distributed_worker.py"))
LAUNCH = [sys.executable, "-m", "torch.distributed.run"]
SECONDS = 120


def run(command: list[str]) -> None:
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=env)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def rows(folder: Path) -> list[dict[str, float]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(x).items() if "seconds" not in k} for x in lines]


def weights(folder: Path, rank: int = 0) -> dict[str, torch.Tensor]:
    return dict(torch.load(folder / f"weights_{rank}.pt"))


def assert_same_run(one: Path, two: Path) -> None:
    """The same update within what the order of sums allows."""
    for a, b in zip(rows(one), rows(two), strict=True):
        assert a == pytest.approx(b, rel=1e-3, abs=1e-5)
    first, other = weights(one), weights(two)
    for name in first:
        torch.testing.assert_close(first[name], other[name], rtol=1e-3, atol=1e-5)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "one"
    run([sys.executable, WORKER, str(out)])
    assert rows(out)[-1]["grad_norm"] > 0
    return out


def test_two_processes_train_as_one(alone: Path, tmp_path: Path) -> None:
    out = tmp_path / "two"
    run([*LAUNCH, "--standalone", "--nproc-per-node", "2", WORKER, str(out)])
    assert_same_run(alone, out)
    for name, value in weights(out, 0).items():
        assert torch.equal(value, weights(out, 1)[name]), name
    # The first one alone wrote the run; a resumed run of one process takes it up.
    run([sys.executable, WORKER, str(out), "--resume"])
    assert [r["step"] for r in rows(out)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.skipif(
    importlib.util.find_spec("accelerate") is None, reason="accelerate is not installed"
)
def test_accelerate_launches_it(alone: Path, tmp_path: Path) -> None:
    out = tmp_path / "two"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = ["--main_process_port", str(probe.getsockname()[1])]
    # Its word for "several processes without MPI"; no GPU is needed.
    how = ["--multi_gpu", "--num_processes", "2", "--num_machines", "1", *port]
    plain = ["--mixed_precision", "no", "--dynamo_backend", "no"]
    run([sys.executable, "-m", "accelerate.commands.launch", *how, *plain, WORKER, str(out)])
    assert_same_run(alone, out)


@pytest.fixture
def hosts() -> Iterator[tuple[str, str]]:
    """Two network namespaces joined by a cable: hosts 10.231.0.1 and 10.231.0.2."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("making network namespaces needs root and iproute2")
    tag = uuid.uuid4().hex[:6]
    names = (f"rlcf-a-{tag}", f"rlcf-b-{tag}")
    made = subprocess.run(["ip", "netns", "add", names[0]], capture_output=True, text=True)
    if made.returncode != 0:
        pytest.skip(f"this host does not let us make network namespaces: {made.stderr.strip()}")
    try:
        subprocess.run(["ip", "netns", "add", names[1]], check=True)
        cable = ["type", "veth", "peer", "name", "cable", "netns", names[1]]
        command = ["ip", "-n", names[0], "link", "add", "cable", *cable]
        if (linked := subprocess.run(command, capture_output=True, text=True)).returncode != 0:
            pytest.skip(f"this host has no virtual network cables: {linked.stderr.strip()}")
        for number, name in enumerate(names, 1):
            for words in (
                ["addr", "add", f"10.231.0.{number}/24", "dev", "cable"],
                ["link", "set", "cable", "up"],
                ["link", "set", "lo", "up"],
            ):
                subprocess.run(["ip", "-n", name, *words], check=True)
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)


def test_two_hosts_train_as_one(alone: Path, tmp_path: Path, hosts: tuple[str, str]) -> None:
    env = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "cable"}
    folders = [tmp_path / name for name in "ab"]  # no shared file system
    started = []
    for number, (host, folder) in enumerate(zip(hosts, folders, strict=True)):
        options = ["--nnodes", "2", "--nproc-per-node", "1", "--node-rank", str(number)]
        meet = ["--master-addr", "10.231.0.1", "--master-port", "29555"]
        folder.mkdir()
        command = ["ip", "netns", "exec", host, *LAUNCH, *options, *meet, WORKER, str(folder / "r")]
        log = (tmp_path / f"{number}.log").open("w")
        started.append(subprocess.Popen(command, stdout=log, stderr=log, env=env))
    (folders[1] / "r").mkdir()
    codes = [process.wait(SECONDS) for process in started]
    logs = "".join((tmp_path / f"{n}.log").read_text()[-3000:] for n in (0, 1))
    assert codes == [0, 0], logs
    assert_same_run(alone, folders[0] / "r")
    for name, value in weights(folders[0] / "r", 0).items():
        assert torch.equal(value, weights(folders[1] / "r", 1)[name]), name


def test_shares_and_order() -> None:
    items = list(range(7))
    shares = [Processes(rank, 3).share(items) for rank in range(3)]
    assert shares == [[0, 3, 6], [1, 4], [2, 5]]
    assert Processes().share(items) == items
    assert Processes().gather(items) == items
    assert Processes().total([1.0, 2.0]) == [1.0, 2.0]
