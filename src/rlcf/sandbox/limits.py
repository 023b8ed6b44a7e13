"""What one program may use while its tests run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one program may use while its tests run."""

    wall_seconds: float = 3.0
    """Deadline by the clock."""
    cpu_seconds: float = 1.0
    """CPU time of all its threads; unlike the clock, the same on a busy machine."""
    memory_mb: int = 256
    """Heap in MiB; resident memory may exceed it by the runtime's own share."""
    output_bytes: int = 64 * 1024
    """Standard output and error together; beyond it the program is stopped."""
