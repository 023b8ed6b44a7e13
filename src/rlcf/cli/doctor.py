"""`rlcf doctor`: is this installation whole? JDK, languages, isolation, threads, torch.

Looks and tries; changes nothing. What a model is, and what training it takes, is `doctor_model`.
"""

from __future__ import annotations

import os
import platform
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from rlcf.errors import UserError
from rlcf.install import install_hint
from rlcf.settings import Need, leaves
from rlcf.training.config import TrainConfig


@dataclass(frozen=True)
class Args(TrainConfig):
    """Check the whole installation, or a model on it, and say line by line what works.

    With --model: what the model is, whether its tokenizer keeps the tasks, and how much memory and
    time a training step takes, measured on a few tokens. Takes the flags of `rlcf train`, with the
    same defaults. Exit code 0: the job has all that it needs. 1: something is missing.

    Examples:
      rlcf doctor
      rlcf doctor --model path/to/model --tasks tasks.jsonl
      rlcf doctor --model smollm2 --lora-rank 16 --prompts-per-step 8 --max-new-tokens 160
    """

    NEEDS: ClassVar[tuple[Need, ...]] = (
        *TrainConfig.NEEDS,
        Need(
            tuple(name for name in leaves(TrainConfig) if name != "model"),
            lambda args: args.model,
            "--model",
        ),
    )

    model: str = ""
    """Model to look at: hub name, short name (smollm2, qwen2.5-coder-0.5b, ...), folder or GGUF
    file, run directory, or adapters; without one, the installation is checked."""


@dataclass(frozen=True)
class Line:
    """One thing that was looked at."""

    what: str
    good: bool
    words: str
    needed: bool = True
    """Whether the main job needs it."""


def main(args: Args) -> int:
    """Print the findings."""
    failed = False
    for line in _of_model(args) if args.model else examine():
        mark = "ok  " if line.good else "FAIL" if line.needed else "note"
        print(f"{mark}  {line.what:<10}  {line.words}", flush=True)
        failed = failed or (line.needed and not line.good)
    return 1 if failed else 0


def _of_model(args: Args) -> Iterator[Line]:
    from rlcf.cli.doctor_model import examine_model  # torch

    return examine_model(args)


def examine() -> Iterator[Line]:
    """All findings, as they are made."""
    yield Line("python", sys.version_info >= (3, 11), platform.python_version())
    checks: tuple[Callable[[], Line], ...] = (
        _cache,
        _java,
        _isolation,
        _languages,
        _threads,
        _torch,
    )
    for check in checks:
        yield check()


def _cache() -> Line:
    from rlcf.builds import cache, try_to_write

    try:
        found = cache()
        try_to_write(found.folder)
    except UserError as e:
        return Line("cache", False, str(e))
    why = f"; {found.trouble}: set XDG_CACHE_HOME to keep it elsewhere" if found.trouble else ""
    return Line("cache", not found.trouble, f"{found.folder}{why}", needed=False)


def _java() -> Line:
    from rlcf.languages import Toolchain

    try:
        with Toolchain("java") as toolchain:
            results = toolchain.check(["class A { int x = 1; }", "class A { int x = y; }"])
    except (UserError, RuntimeError) as e:
        return Line("java", False, str(e))
    said = [str(result.verdict) for result in results]
    good = said == ["accepted", "rejected"]
    return Line("java", good, f"a right program: {said[0]}, a wrong one: {said[1]}")


def _isolation() -> Line:
    from rlcf.sandbox.isolation import serving_isolation

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = serving_isolation()
    if found.plan is None or not found.contained:
        words = "no wall around files: programs that could reach them are not run"
        return Line("isolation", False, words, needed=False)
    walls = {"root": "namespaces", "user": "user namespaces", "none": "no namespaces"}
    lack = f"; missing: {', '.join(found.missing)}" if found.missing else ""
    return Line("isolation", not found.missing, walls[found.plan.namespaces] + lack, needed=False)


def _languages() -> Line:
    from rlcf.cli.languages import row
    from rlcf.languages.registry import names

    ready = [name for name in names() if row(name).ready]
    words = f"{len(ready)} of {len(names())} ready: {', '.join(ready)} (rlcf languages)"
    return Line("languages", bool(ready), words, needed=False)


def _threads() -> Line:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    policy = os.environ.get("OMP_WAIT_POLICY", "not set")
    words = f"{cpus} CPUs usable, OMP_WAIT_POLICY={policy}"
    return Line("threads", policy.upper() == "PASSIVE", words, needed=False)


def _torch() -> Line:
    try:
        import torch
    except ModuleNotFoundError:
        words = f"not installed; verdicts do not need it, training does: {install_hint('train')}"
        return Line("torch", False, words)
    except ImportError as e:
        return Line("torch", False, f"cannot be imported: {e}")
    total = float(torch.ones(3) @ torch.ones(3))
    device = "CUDA" if torch.cuda.is_available() else "CPU"
    words = f"{torch.__version__}, {device}, {torch.get_num_threads()} threads"
    return Line("torch", total == 3.0, words)
