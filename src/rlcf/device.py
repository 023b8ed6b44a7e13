"""Where and how precisely torch computes: device, bfloat16, threads.

Settings of one process: also how its memory and threads are used, and weights in half the size for
storing. Models are not spread over devices.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import torch

from rlcf.errors import UserError
from rlcf.settings import Precision, unknown

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_SMALL, _LARGE = 5_000_000, 50_000_000  # parameters
_ROUNDS, _CLEARLY = 5, 0.8


def pick_device(name: str) -> torch.device:
    """The device of that name; "auto" is the GPU where there is one, else the CPU.

    Raises:
        UserError: there is no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise unknown("device", name, ("auto", "cpu", "cuda")) from error
    if device.type == "cuda" and not torch.cuda.is_available():
        raise UserError(f"no CUDA device here for --device {name}: use auto or cpu")
    return device


@contextlib.contextmanager
def precision_context(device: torch.device, autocast: bool) -> Iterator[None]:
    """bfloat16 autocast if asked for, else nothing."""
    if not autocast:
        yield
        return
    with torch.autocast(device.type, torch.bfloat16):
        yield


def resolve_autocast(precision: str, device: torch.device) -> bool:
    """Whether `precision` ("auto", "fp32" or "bf16") means bfloat16 on this device.

    CPUs differ: with AVX-512's instructions for bfloat16 some are faster than in fp32, some slower.
    So both are tried.

    Raises:
        UserError: the word is unknown.
    """
    if precision not in ("auto", "fp32", "bf16"):
        raise unknown("precision", precision, get_args(Precision))
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return _bf16_is_faster()


@cache
def _bf16_is_faster() -> bool:
    """Whether this processor has bfloat16, and multiplies it clearly faster than fp32.

    The best of a few rounds of both in turn (about 30 ms), so that other work here does not decide.
    """
    if not has_bf16_products():
        return False
    best = {torch.float32: float("inf"), torch.bfloat16: float("inf")}
    sides = {dtype: torch.ones(1024, 512, dtype=dtype) for dtype in best}
    for _ in range(_ROUNDS):
        for dtype, side in sides.items():
            start = time.perf_counter()
            torch.mm(side, side.T)
            best[dtype] = min(best[dtype], time.perf_counter() - start)
    return best[torch.bfloat16] < _CLEARLY * best[torch.float32]


def has_bf16_products() -> bool:
    """Whether this processor has instructions for products in bfloat16."""
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, name, lambda: False)() for name in probes)


def keep_memory(parameters: int) -> None:
    """Let the C library keep freed memory instead of giving it back at once, for small models.

    By default glibc maps every large tensor anew, and the kernel clears its pages each time: a
    sixth of a rollout's time on a CPU at 2.75 M parameters. The tensors of large models, of many
    shapes, would leave holes that are never given back: a run of 0.5 B grew to 24 GB so. Does
    nothing with other C libraries.
    """
    if parameters >= _LARGE:
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    for option, value in ((_M_MMAP_THRESHOLD, 1 << 30), (_M_TRIM_THRESHOLD, (1 << 31) - 1)):
        mallopt(option, value)


def return_memory(parameters: int = _LARGE) -> None:
    """Give freed memory back to the system, where batches of many shapes left holes.

    Small models, for which `keep_memory` keeps it on purpose, leave it there.
    """
    if parameters < _LARGE:
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def memory_of(device: torch.device) -> int:
    """Bytes that the device has; of the CPU's, what this container may use."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for file in ("memory.max", "memory/memory.limit_in_bytes"):  # the second and first cgroups
        with contextlib.suppress(OSError, ValueError):  # no such file, or "max"
            whole = min(whole, int((Path("/sys/fs/cgroup") / file).read_text()))
    return whole


def memory_held(device: torch.device) -> int:
    """Bytes that this process holds there now."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device)
    with contextlib.suppress(OSError):
        resident = Path("/proc/self/statm").read_text().split()[1]
        return int(resident) * os.sysconf("SC_PAGE_SIZE")
    return memory_peak(device)  # no /proc here


def memory_peak(device: torch.device) -> int:
    """The most bytes that this process has held there."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def use_threads(count: int | None = None) -> int:
    """Let torch compute on `count` cores (default: all that this process may use)."""
    count = count or len(os.sched_getaffinity(0))
    torch.set_num_threads(count)
    return count


@contextlib.contextmanager
def threads_for_small_steps(device: torch.device, parameters: int) -> Iterator[None]:
    """One thread while a small model draws token by token on a CPU.

    Its products are so small that waking a second thread for each costs more than it brings
    (measured at 2.75 M parameters and 256 rows: 8,700 tokens per second with one, 8,000 with two);
    the other cores are left to the compiler.
    """
    before = torch.get_num_threads()
    if device.type == "cpu" and parameters < _SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def halved(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights as float16; tied weights stay one tensor, so that they are stored once."""
    made: dict[int, torch.Tensor] = {}
    return {
        name: made.setdefault(value.data_ptr(), value.half())
        if value.is_floating_point()
        else value
        for name, value in state.items()
    }


def halve_layers(model: Any) -> None:
    """Hold a frozen model's linear layers in bfloat16, for use under autocast alone.

    Autocast would halve them for every pass, so that results are the same bit by bit. The output
    layer stays: embeddings, which autocast does not halve, may be the same tensor.
    """
    for layer in model.modules():
        if type(layer) is torch.nn.Linear and layer is not model.get_output_embeddings():
            layer.to(torch.bfloat16)
