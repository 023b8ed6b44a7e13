"""Lets accelerate shard a model over processes of a CPU (gloo), by the settings of a file.

accelerate shards on accelerators alone: on CPUs it replicates without a word. What it does once it
shards runs on CPUs as well, so processes are given out as those of an accelerator whose device is
the CPU.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from accelerate.commands.config.config_args import load_config_from_file
from accelerate.state import DistributedType, PartialState


def shard(config: Path) -> None:
    """To be called before the trainer is made; torchrun's environment is needed."""
    settings: Any = load_config_from_file(str(config))
    assert settings.distributed_type == DistributedType.FSDP
    os.environ["ACCELERATE_USE_FSDP"] = "true"
    for name, value in settings.fsdp_config.items():  # as accelerate's launcher does
        os.environ[name.upper()] = str(value).lower() if isinstance(value, bool) else str(value)
    begin = PartialState.__init__

    def begin_as_accelerator(self: Any, *args: Any, **settings: Any) -> None:
        begin(self, *args, **settings)
        if self.distributed_type == DistributedType.MULTI_CPU:
            self.distributed_type = DistributedType.MULTI_NPU

    PartialState.__init__ = begin_as_accelerator
