"""Copies the adapters that an arm was trained to, small enough to be committed, with a model card.

    python -m experiments.pretrained.publish RUN/policy docs/results/pretrained_mbjp.json \\
        --arm smollm2-135m/rlcf --out recipes/pretrained/smollm2-135m-rlcf

Weights are float16. The base is named by its file alone: `rlcf` looks for it in the folder that
RLCF_MODELS names, and refuses one whose SHA-256 is another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
import tyro
from safetensors.torch import load_file, save_file

from experiments.command import run
from experiments.page import interval, table
from experiments.pretrained.page import RATES
from rlcf.errors import UserError

CARD = """---
license: {license}
library_name: peft
base_model: {base}
tags: [code, java, rlcf, lora]
---
# {title}

LoRA adapters for `{file}` (SHA-256 `{sha256}`), trained with `{arm}` of
[the proof on pretrained models](../../../docs/experiments/pretrained.md), seed 0.

```
RLCF_MODELS=FOLDER-OF-THE-BASE rlcf evaluate --model recipes/pretrained/{folder} \\
    --tasks mbjp --chat {chat} --stop {stop} --temperature {temperature:g} --max-new-tokens 256
```

{rates}
MBJP's even test ids, each arm at its own best temperature, 95 % intervals over tasks; the whole
result is [{result}](../../../docs/results/{result}). Training saw MBJP's training prompts and their
solutions, and no tests. The programs are untrusted: run them in a jail, as `rlcf` does.
"""


@dataclass(frozen=True)
class Args:
    """Copy adapters for committing."""

    policy: Annotated[Path, tyro.conf.Positional]
    """Folder of adapters: a run's policy/."""
    result: Annotated[Path, tyro.conf.Positional]
    """JSON file that experiments.pretrained.proof wrote."""
    arm: str
    """POLICY/ARM, as in the result."""
    out: Path
    """Folder to be made."""
    base: str = "HuggingFaceTB/SmolLM2-135M-Instruct"
    """The base's name on the hub, for the card."""
    license: str = "apache-2.0"
    """The base's licence, for the card."""


def main(args: Args) -> None:
    """Write float16 weights, a portable configuration, and the card."""
    if not (args.policy / "adapter_config.json").exists():
        raise UserError(f"{args.policy} holds no adapters: name the policy/ of a run with LoRA")
    policy, name = args.arm.split("/")
    arms = json.loads(args.result.read_text(encoding="utf-8"))[policy]
    file = arms[name]["model"]
    args.out.mkdir(parents=True)
    weights = load_file(args.policy / "adapter_model.safetensors")
    halves = {key: value.to(torch.float16) for key, value in weights.items()}
    save_file(halves, args.out / "adapter_model.safetensors", {"format": "pt"})
    for what, field in (("adapter_config.json", "base_model_name_or_path"), ("base.json", "name")):
        found = json.loads((args.policy / what).read_text(encoding="utf-8"))
        (args.out / what).write_text(json.dumps(found | {field: file}, indent=2) + "\n", "utf-8")
    (args.out / "README.md").write_text(card(args, arms, name), encoding="utf-8")
    size = sum(f.stat().st_size for f in args.out.iterdir())
    print(f"wrote {args.out}, {size / 1e6:.1f} MB")


def card(args: Args, arms: Mapping[str, Mapping[str, Any]], name: str) -> str:
    """What the adapters are for, how they are loaded, and what they bring."""
    rows = [[arm, *(interval(arms[arm].get(r)) for r in RATES)] for arm in ("base", name)]
    arm = arms[name]
    return CARD.format(
        **vars(args) | {"arm": name, "result": args.result.name},
        title=args.out.name,
        folder=args.out.name,
        file=arm["model"],
        sha256=arm["sha256"],
        chat=arm["chat"],
        stop=arm["stop"],
        temperature=arm["temperature"],
        rates=table(["", *RATES.values()], rows),
    )


if __name__ == "__main__":
    run(main, Args, __doc__)
