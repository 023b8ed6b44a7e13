"""Puts freshly made embedded models into the package, with a card that holds their numbers.

    .venv/bin/python recipes/embedded/install.py
    .venv/bin/python recipes/embedded/install.py --language python --policy runs/python-policy

Reads `runs/policy` and `runs/comparator` as the commands of README.md left them.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

ASSETS = Path("src/rlcf/assets")
POLICY_CARD = """\
---
license: apache-2.0
library_name: transformers
tags: [code, {language}]
---
# rlcf embedded {title} policy

A small causal language model that completes {title} {functions} in {layout}'s prompt format. It is
the start of `rlcf quickstart{flag}`, made to err as real models do: use it to try rlcf, for nothing
else.

| | |
|---|---|
| architecture | {architecture}, {parameters} M parameters, {vocab_size} tokens, float16 |
| data | `{tasks_name}:train`, {limit} tasks of the generator (seed {seed}), no other data |
| training | `{command}` |
| seed | {seed} |
| time | {minutes} minutes, {processor}, {threads} (shared with other work) |
| commit | {commit} |
| last losses (nats per token) | training {loss:.3f}, validation {validation_loss:.3f} |

On {tasks} held-out tasks (`{tasks_name}:test`, a fifth of them from templates never seen in
training), {samples} samples, 95 % intervals by bootstrap over tasks (`metrics.json` beside it):

| measure | {temperatures} |
|---|{rules}
{rows}
"""
COMPARATOR_CARD = """\
---
license: apache-2.0
library_name: transformers
tags: [code, java]
---
# rlcf embedded Java comparator

A small ModernBERT that scores Java programs; the difference of two scores tells which is likelier
the reference. `comparator_head.safetensors` is its MLP head. Made by
`python recipes/embedded/make_comparator.py`: telling replaced tokens in the references of
`embedded:train`, then pairs of references and compiling samples of the embedded policy.

| | |
|---|---|
| parameters | {parameters} M, stored as float16 (the head as float32) |
| loss on replaced tokens at the end (nats) | {replaced_loss:.3f} |
| accuracy on held-out pairs | {pair_accuracy:.3f} |
| pairs trained on | {pairs} |
| time | {minutes} minutes on 2 cores (shared with other work) |
"""
TITLES = {
    "java": ("Java", "methods", "MBJP", ""),
    "python": ("Python", "functions", "MBPP", " --language python"),
    "cpp": ("C++", "functions", "MBCPP", " --language cpp"),
}
MEASURES = ("compile_rate", "execution_rate", "pass@1", "length_ratio", "degenerate_share")


@dataclass(frozen=True)
class Args:
    """Install the embedded models."""

    policy: Path = Path("runs/policy")
    """Run directory of `rlcf sft`, with test_1.0.json (and test_0.8.json) of `rlcf evaluate`."""
    comparator: Path | None = None
    """Folder that make_comparator.py wrote; by default runs/comparator for Java and none for the
    others, which start from Java's."""
    language: str = "java"
    """java, python or cpp."""
    minutes: float | None = None
    """How long the policy took, where its run was interrupted; else by the files' times."""


def main(args: Args) -> None:
    """Copy both and write their cards."""
    install_policy(args.policy, args.language, args.minutes)
    if args.comparator is not None or args.language == "java":
        install_comparator(args.comparator or Path("runs/comparator"))


def install_policy(run: Path, language: str, minutes: float | None) -> None:
    """Copy `run/policy` and describe it."""
    target = replace_folder(run / "policy", ASSETS / f"{language}-policy")
    title, functions, layout, flag = TITLES[language]
    recipe = "policy" if language == "java" else language
    config, environment = read(run / "config.json"), read(run / "environment.json")
    shape = read(target / "config.json")
    files = {t: run / f"test_{t}.json" for t in ("1.0", "0.8")}
    scores = {t: read(file) for t, file in files.items() if file.exists()}
    kept = {t: {k: s[k] for k in ("totals", "counts", "tasks")} for t, s in scores.items()}
    (target / "metrics.json").write_text(json.dumps(kept, indent=2) + "\n")
    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    written = (run / "policy" / "model.safetensors").stat().st_mtime
    taken = written - (run / "config.json").stat().st_mtime
    rows = [
        f"| {name} | " + " | ".join(cell(name, s["totals"][name]) for s in scores.values()) + " |"
        for name in MEASURES
    ]
    card = POLICY_CARD.format(
        architecture=shape["architectures"][0],
        parameters=parameters(target / "model.safetensors"),
        command=f"rlcf sft --config recipes/embedded/{recipe}.toml"
        + (f" --threads {config['threads']}" if config["threads"] else "")
        + f" --out {run}",
        language=language,
        title=title,
        functions=functions,
        layout=layout,
        flag=flag,
        tasks_name="embedded" if language == "java" else f"embedded-{language}",
        minutes=round(minutes or taken / 60),
        threads=f"{config['threads'] or environment['cores']} core(s)",
        temperatures=" | ".join(f"temperature {t}" for t in scores),
        rules="---|" * len(scores),
        rows="\n".join(rows),
        tasks=kept["1.0"]["tasks"],
        samples=kept["1.0"]["counts"]["samples"],
        **{k: config[k] for k in ("vocab_size", "limit", "seed")},
        **{k: environment[k] for k in ("processor", "commit")},
        **{k: last[k] for k in ("loss", "validation_loss")},
    )
    (target / "README.md").write_text(card)


def install_comparator(made: Path) -> None:
    """Copy the comparator and describe it."""
    target = replace_folder(made, ASSETS / "java-comparator")
    facts = read(target / "made.json")
    card = COMPARATOR_CARD.format(
        parameters=parameters(target / "model.safetensors"),
        minutes=round(facts["seconds"] / 60),
        **{k: facts[k] for k in ("replaced_loss", "pair_accuracy", "pairs")},
    )
    (target / "README.md").write_text(card)


def replace_folder(source: Path, target: Path) -> Path:
    """Copy a folder over an older one."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    return target


def read(file: Path) -> Any:
    """A JSON file."""
    return json.loads(file.read_text())


def parameters(weights: Path) -> str:
    """Millions of parameters in a safetensors file."""
    from safetensors import safe_open

    with safe_open(weights, framework="pt") as file:
        count = sum(file.get_tensor(name).numel() for name in file.keys())  # noqa: SIM118
    return f"{count / 1e6:.2f}"


def cell(name: str, estimate: dict[str, float]) -> str:
    """A measure with its interval."""
    values = [estimate[k] for k in ("mean", "low", "high")]
    if name == "length_ratio":
        return "{:.3f} ({:.3f} to {:.3f})".format(*values)
    return "{:.1f} % ({:.1f} to {:.1f})".format(*(100 * v for v in values))


if __name__ == "__main__":
    main(tyro.cli(Args))
