"""The most memory that a step of training takes: a small model whole, a large one with adapters.

Each case is `rlcf train` in a process of its own, from loading to the last step's checkpoint. The
memory is that of the training process at its highest; that of its children (the compile server) is
apart. Cases that are not asked for keep what was measured before.

    python benchmarks/memory.py --tasks train.jsonl --case 135m_full --model smollm2-135m.gguf
    python benchmarks/memory.py --tasks train.jsonl --case 1.5b_lora --model qwen2.5-1.5b.gguf
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from java_common import HERE, environment, write
from rlcf.policy.adapters import Base
from step_before import ROOT, one_side

CASES = {
    "135m_full": {"prompts": 32, "samples": 8, "lora_rank": 0},
    "1.5b_lora": {"prompts": 8, "samples": 8, "lora_rank": 16},
}


def main() -> None:
    flags = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    flags.add_argument("--case", required=True, choices=sorted(CASES))
    flags.add_argument("--model", required=True, type=Path, help="GGUF file or folder")
    flags.add_argument("--tasks", required=True, help="JSONL file of Java tasks")
    flags.add_argument("--max-new-tokens", type=int, default=160)
    flags.add_argument("--steps", type=int, default=2, help="the first is not timed")
    flags.add_argument("--out", type=Path, default=HERE / "results" / "memory.json")
    args = flags.parse_args()
    before = json.loads(args.out.read_text(encoding="utf-8")) if args.out.exists() else {}
    settings = CASES[args.case]
    found: dict[str, Any] = {"environment": environment(), **settings}
    found |= {"model": args.model.name, "sha256": Base.at(str(args.model)).sha256}
    found["max_new_tokens"] = args.max_new_tokens
    side = one_side(ROOT, argparse.Namespace(**vars(args), **settings), args.steps)
    side["step_seconds"] = statistics.median(side["seconds"])
    write(args.out, before | {args.case: found | side})


if __name__ == "__main__":
    main()
