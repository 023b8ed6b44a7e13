"""Several processes that train one policy: who does which prompts, and sums over all of them.

Started by `torchrun` or `accelerate launch`, whose environment variables say how many there are and
where the first one listens. Every process draws and judges a share of the prompts; then all know
all rollouts, so that metrics, advantages and the comparator's update are the same everywhere; then
each computes the gradient of its share, and the gradients are added. The sum is written out here,
not left to a wrapper, because processes may have different numbers of forward passes (prompts
without signal are left out). This is data parallelism: each process holds whole copies of the
models.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist

Item = TypeVar("Item")


@dataclass(frozen=True)
class Processes:
    """The processes of a run, as one of them sees them; one alone by default."""

    rank: int = 0
    count: int = 1
    local_count: int = 1
    """How many run on this machine; they divide its cores."""

    @classmethod
    def join(cls) -> Processes:
        """Meet the others, if a launcher started several.

        Raises:
            RuntimeError: they cannot be reached.
        """
        count = int(os.environ.get("WORLD_SIZE", "1"))
        if count == 1:
            return cls()
        if not dist.is_initialized():
            dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        return cls(dist.get_rank(), dist.get_world_size(), local)

    @property
    def first(self) -> bool:
        """Whether this is the one that prints and writes."""
        return self.rank == 0

    @property
    def device(self) -> str:
        """The device that is this process's own, for `--device auto`."""
        if self.count == 1 or not torch.cuda.is_available():
            return "auto"
        return f"cuda:{os.environ.get('LOCAL_RANK', '0')}"

    def divide_cores(self) -> None:
        """Keep this process, and the compilers it starts, to its share of the machine's cores."""
        if self.local_count == 1:
            return
        cores = sorted(os.sched_getaffinity(0))
        each = max(1, len(cores) // self.local_count)
        first = int(os.environ.get("LOCAL_RANK", "0")) * each % len(cores)
        os.sched_setaffinity(0, cores[first : first + each])

    def share(self, items: Sequence[Item]) -> list[Item]:
        """This process's part: every n-th item, beginning with its rank."""
        return list(items[self.rank :: self.count])

    def gather(self, part: list[Item]) -> list[Item]:
        """All items in the order that `share` took them from; the same list in all processes."""
        if self.count == 1:
            return part
        parts: list[list[Item]] = [[] for _ in range(self.count)]
        dist.all_gather_object(parts, part)
        size = sum(len(p) for p in parts)
        return [parts[i % self.count][i // self.count] for i in range(size)]

    def add_gradients(self, parameters: Iterable[torch.nn.Parameter]) -> None:
        """Replace every gradient by its sum over processes."""
        if self.count == 1:
            return
        wanted = [p for p in parameters if p.requires_grad]
        for p in wanted:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
        flat = torch.cat([p.grad.reshape(-1) for p in wanted if p.grad is not None])
        dist.all_reduce(flat)
        for p, part in zip(wanted, flat.split([p.numel() for p in wanted]), strict=True):
            p.grad = part.view_as(p)

    def total(self, values: Sequence[float]) -> list[float]:
        """Sums over processes, place by place."""
        if self.count == 1:
            return list(values)
        return [sum(column) for column in zip(*self.gather_rows(list(values)), strict=True)]

    def any(self, flag: bool) -> bool:
        """Whether it is true in one of them."""
        return flag if self.count == 1 else self.total([float(flag)])[0] > 0

    def gather_rows(self, row: list[float]) -> list[list[float]]:
        """The row of each process, by rank."""
        rows: list[list[float]] = [[] for _ in range(self.count)]
        dist.all_gather_object(rows, row)
        return rows

    def from_first(self, state: Any) -> Any:
        """What the first process has, in all of them; it may be anything that can be pickled."""
        if self.count == 1:
            return state
        box = [state]
        dist.broadcast_object_list(box, src=0)
        return box[0]

    def leave(self) -> None:
        """Part in order."""
        if self.count > 1 and dist.is_initialized():
            dist.destroy_process_group()
