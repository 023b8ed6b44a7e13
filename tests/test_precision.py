"""What `--precision auto` comes to: bfloat16 where the processor is faster with it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
import torch

from rlcf import device
from rlcf.errors import UserError

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _anew() -> Iterator[None]:
    device._bf16_is_faster.cache_clear()
    yield
    device._bf16_is_faster.cache_clear()


@pytest.mark.parametrize(("fp32", "bf16", "faster"), [(2.0, 1.0, True), (1.0, 1.5, False)])
def test_the_faster_one_is_taken(
    monkeypatch: pytest.MonkeyPatch, fp32: float, bf16: float, faster: bool
) -> None:
    ticks = itertools.accumulate(itertools.cycle([0.0, fp32, 0.0, bf16]))
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True, raising=False)
    monkeypatch.setattr("rlcf.device.time.perf_counter", lambda: next(ticks))
    assert device.resolve_autocast("auto", CPU) is faster


def test_a_processor_without_bfloat16_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: False, raising=False)
    monkeypatch.setattr(torch, "mm", None)
    assert not device.resolve_autocast("auto", CPU)


def test_a_word_decides_by_itself() -> None:
    assert device.resolve_autocast("bf16", CPU)
    assert not device.resolve_autocast("fp32", CPU)
    with pytest.raises(UserError, match="fp32"):
        device.resolve_autocast("fp23", CPU)
