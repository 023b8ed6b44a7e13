"""Drawing tokens from a real model: rlcf against an earlier commit, and against other samplers.

All draw from the same model at temperature 1 without top-k or top-p, from the same token ids, stop
only at the end token or at the limit, and are counted alike: tokens up to and with the end token.
Each side is a process of its own (`samplers_sides.py`) that loads the model once and then waits;
the sides take turns, one round each, and the first round is for warming up. The samplers have
environments of their own, made by `samplers_install.sh`; one that is not there, or fails, is left
out and the result says why. `products` is the time of the model's matrix products alone.

    benchmarks/samplers_install.sh FOLDER
    python benchmarks/samplers.py --model FOLDER --gguf FILE --tasks train.jsonl \
        --before COMMIT --samplers FOLDER --name 0.5b
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from java_common import HERE, environment, write
from step_before import resident_gib

ROOT = HERE.parent
OURS = ("rlcf", "rlcf-lora")
SAMPLERS = ("transformers", "llama.cpp-bf16", "openvino", "vllm")
QUANTISED = ("llama.cpp-q8_0", "llama.cpp-file")
SIDES = ("products", *OURS, "earlier", *SAMPLERS, *QUANTISED)
PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE"}  # as earlier commits set it for every model


class Side:
    """A process that draws when told to; after a failure, the reason."""

    def __init__(self, name: str, python: str, variables: dict[str, str], job: Path) -> None:
        self.name, self.rounds, self.failure = name, list[dict[str, float]](), ""
        self.log = job.with_name(f"{name}.log")
        with self.log.open("wb") as words:
            self.process = subprocess.Popen(
                [python, str(HERE / "samplers_sides.py"), name, str(job)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                text=True,
                env=os.environ | variables,
            )
        self._answer()

    def _answer(self) -> dict[str, float] | None:
        """The next result line; what else is written there is skipped."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("RESULT "):
                found: dict[str, float] = json.loads(line.removeprefix("RESULT "))
                return found
        self.process.wait()
        tail = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        self.failure = " / ".join([f"exit code {self.process.returncode}", *tail[-2:]])[:500]
        print(f"{self.name} failed: {self.failure}", file=sys.stderr, flush=True)
        return None

    def draw(self, seed: int) -> None:
        """One round."""
        if self.failure:
            return
        assert self.process.stdin is not None
        self.process.stdin.write(f"{seed}\n")
        self.process.stdin.flush()
        found = self._answer()
        if found is not None:
            self.rounds.append(found)
            print(f"{self.name}, round {seed}: {found}", file=sys.stderr, flush=True)

    def close(self) -> float:
        """End the process; returns the most resident memory that it had, in GiB."""
        peak = 0.0 if self.failure else resident_gib(self.process.pid, "VmHWM")
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return peak

    def result(self) -> dict[str, Any]:
        """What it measured, without the first round."""
        peak = self.close()
        if self.failure or len(self.rounds) < 2:
            return {"left_out": self.failure or "no rounds"}
        timed = self.rounds[1:]
        rates = [found["tokens"] / found["seconds"] for found in timed]
        return {
            "tokens_per_second": round(statistics.median(rates), 1),
            "tokens_per_second_by_round": [round(rate, 1) for rate in rates],
            "tokens_by_round": [found["tokens"] for found in timed],
            "peak_gib": round(peak, 2),
        }


def make_job(args: argparse.Namespace, folder: Path) -> Path:
    """Write what the sides are to do."""
    from transformers import AutoConfig, AutoTokenizer

    from rlcf.policy.endtokens import end_tokens

    tokenizer: Any = AutoTokenizer.from_pretrained(args.model)
    named = SimpleNamespace(config=AutoConfig.from_pretrained(args.model))
    lines = Path(args.tasks).read_text(encoding="utf-8").splitlines()[: args.prompts]
    prompts = [json.loads(line)["prompt"] for line in lines]
    job = {
        "model": str(Path(args.model).resolve()),
        "gguf": str(Path(args.gguf).resolve()),
        "openvino": str(folder / "openvino"),
        "folder": str(folder),
        "prompts": prompts,
        "ids": [tokenizer(prompt)["input_ids"] for prompt in prompts],
        "samples": args.samples,
        "limit": args.max_new_tokens,
        "ends": sorted(end_tokens(tokenizer, named)),
        "threads": args.threads,
    }
    file = folder / "job.json"
    file.write_text(json.dumps(job), encoding="utf-8")
    return file


def export_openvino(python: Path, model: str, folder: Path) -> None:
    """Store the model as OpenVINO has it. Half precision on disk; it computes in bfloat16."""
    command = ["-m", "optimum.commands.optimum_cli", "export", "openvino", "--model", model]
    command += ["--task", "text-generation-with-past", "--weight-format", "fp16"]
    subprocess.run([python, *command, folder / "openvino"], check=True)


def surroundings(side: str, before: Path, samplers: Path) -> tuple[str, dict[str, str]]:
    """The Python of a side and the environment variables that suit it best."""
    path = os.environ.get("PYTHONPATH", "")
    if side in (*OURS, "earlier"):
        source, waits = (before, PASSIVE) if side == "earlier" else (ROOT, {})
        return sys.executable, waits | {"PYTHONPATH": f"{source / 'src'}{os.pathsep}{path}"}
    if side in ("products", "transformers"):
        return sys.executable, {}
    home = samplers / ("llama" if side.startswith("llama") else side)
    variables = {"HF_HUB_OFFLINE": "1"}
    if side == "vllm":
        cores = ",".join(str(core) for core in sorted(os.sched_getaffinity(0)))
        variables |= {
            "VLLM_CPU_KVCACHE_SPACE": "2",  # GiB
            "VLLM_CPU_OMP_THREADS_BIND": cores,
            "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
            "VLLM_NO_USAGE_STATS": "1",
            "LD_PRELOAD": ":".join(str(file) for file in home.glob("lib/libiomp5.so")),
        }
    return str(home / "bin" / "python"), variables


def measure(args: argparse.Namespace, folder: Path, before: Path) -> dict[str, Side]:
    """Start the sides, let them take turns."""
    job = make_job(args, folder)
    sides = {}
    for name in args.sides.split(",") if args.sides else SIDES:
        python, variables = surroundings(name, before, Path(args.samplers).absolute())
        try:
            if name == "openvino":
                export_openvino(Path(python), args.model, folder)
            sides[name] = Side(name, python, variables, job)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{name} left out: {error}", file=sys.stderr, flush=True)
    for turn in range(args.rounds + 1):
        for side in sides.values():
            side.draw(turn)
    return sides


def ratios(found: dict[str, Any], products: list[dict[str, float]], rows: int) -> dict[str, Any]:
    """The figures of the benchmark, of those sides that ran.

    `roofline_share` is the time that the products of the prompts' and the drawn tokens would take
    alone over the time of the whole.
    """
    rates = {name: side.get("tokens_per_second") for name, side in found.items()}
    ours, result = rates.get("rlcf-lora"), dict[str, Any]()
    if not ours:
        return result
    if rates.get("earlier"):
        result["ratio_before"] = round(ours / rates["earlier"], 2)
    for key, names in (
        ("ratio_best_sampler", (*SAMPLERS, *QUANTISED)),
        ("ratio_best_bf16_sampler", SAMPLERS),
    ):
        others = {name: rate for name in names if (rate := rates.get(name))}
        if others:
            best = max(others, key=lambda name: others[name])
            result |= {key: round(ours / others[best], 2), f"{key}_is": best}
    if products:
        drawn = statistics.median(found["drawn"] for found in products)
        read = statistics.median(found["read"] for found in products)
        result |= {"products_seconds_per_pass": round(drawn, 4), "products_read": round(read, 3)}
        for name in OURS:
            if rates.get(name):
                tokens = statistics.median(found[name]["tokens_by_round"])
                alone = tokens / rows * drawn + read
                key = "roofline_share" if name == "rlcf-lora" else "roofline_share_no_lora"
                result[key] = round(alone / (tokens / rates[name]), 3)
    return result


def main() -> None:
    flags = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    flags.add_argument("--model", required=True, help="folder of the model, in bfloat16")
    flags.add_argument("--gguf", required=True, help="the same model as a quantised GGUF file")
    flags.add_argument("--tasks", required=True, help="JSONL file; its first tasks are taken")
    flags.add_argument("--before", required=True, help="commit to compare with")
    flags.add_argument("--samplers", required=True, help="folder of samplers_install.sh")
    flags.add_argument("--name", required=True, help="of the model, for the result's file")
    flags.add_argument("--sides", default="", help=f"only these of {','.join(SIDES)}")
    flags.add_argument("--prompts", type=int, default=8)
    flags.add_argument("--samples", type=int, default=8, help="completions per prompt")
    flags.add_argument("--max-new-tokens", type=int, default=160)
    flags.add_argument("--rounds", type=int, default=3, help="that count, after the first")
    flags.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    flags.add_argument("--out", type=Path)
    args = flags.parse_args()
    shown = ("before", "prompts", "samples", "max_new_tokens", "rounds", "threads")
    result: dict[str, Any] = {"environment": environment(), "model": Path(args.model).name}
    result |= {key: getattr(args, key) for key in shown}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        git = ["git", "-C", str(ROOT), "worktree"]
        before = folder / "before"
        subprocess.run([*git, "add", "--detach", "--quiet", before, args.before], check=True)
        try:
            sides = measure(args, folder, before)
            products = sides.pop("products").rounds[1:] if "products" in sides else []
            found = {name: side.result() for name, side in sides.items()}
        finally:
            subprocess.run([*git, "remove", "--force", before], check=True)
    result["sides"] = found
    result |= ratios(found, products, args.prompts * args.samples)
    write(args.out or HERE / "results" / f"rollouts_{args.name}.json", result)


if __name__ == "__main__":
    main()
