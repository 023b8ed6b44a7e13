"""The commands and Python blocks that the documentation shows, and what a test does with each.

From README, docs/, the recipes' READMEs and the examples of `--help`. The tables say what stands
for what a reader would have: a model, tasks, a run. A command that no table covers is an error: its
writer says here how it is tested.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHELL = ("", "sh", "bash", "shell", "console")

STANDS_FOR = {
    # what a reader has -> what the test has
    "MODEL": "embedded",
    "M": "embedded",
    "...": "embedded",
    "T": "tasks.jsonl",
    "codegen-or-any-causal-LM": "embedded",
    "microsoft/codebert-base": "embedded",  # the hub is not asked in tests
    "path/to/comparator": "embedded",
    "mbjp": "tasks.jsonl",  # likewise
    "path/to/src": "src",
    "path/to/package": "package",
    "commons-lang3-3.12.0": "src",
    "src/main/java": "src",
    "target/classes": "classes",
    "target/lib/*": "classes",
    "$DATA/train.jsonl": "tasks.jsonl",
    "$DATA/test.jsonl": "tasks.jsonl",
}
"""Words of commands that name what is not here."""

SHORT = {
    "train": "--steps 1 --prompts-per-step 2 --samples-per-prompt 2 --max-new-tokens 24 "
    "--comparator-warmup 0 --validate-every none",
    "sft": "--limit 8 --batch-size 4 --stop-after 1 --epochs 1 --validation none",
    "evaluate": "--limit 2 --max-new-tokens 24",
    "generate": "--max-new-tokens 24",
    "tasks": "--count 2",
}
"""Flags that make a verb quick; they stand after those of the documentation."""

PARSED = {
    "rlcf quickstart": "a step of its size takes long; test_end_to_end.py runs it in small",
    "rlcf serve": "serves until it is stopped; test_server.py starts it",
    "RLCF_TOKEN=secret rlcf serve": "likewise",
    "rlcf corpus build src/main/java --class-path auto": "test_own_build.py makes a project",
    "rlcf check src/main/java/org": "likewise",
    "rlcf check src/use.cpp": "test_headers.py makes a project",
    "RLCF_MODELS=FOLDER-OF-THE-BASE rlcf evaluate": "the base is not here",
    "rlcf doctor": "tries every language; test_languages.py runs what it runs",
    "torchrun": "several processes; test_distributed.py starts them",
    "accelerate launch --multi_gpu": "likewise",
    "rlcf sft --config recipes/corpus": "the library's sources are not here",
    "rlcf train --config recipes/corpus": "likewise",
    "rlcf sft --config recipes/embedded": "trains a tokenizer and a model from nothing",
    "rlcf sft --config recipes/mathqa_java": "likewise",
    "rlcf sft --config recipes/mbjp": "likewise",
    "rlcf sft --config recipes/java_ladder": "likewise",
    "rlcf train --config recipes/java_ladder": "likewise",
    "rlcf evaluate --model runs/ladder": "with a model of that run",
    "rlcf evaluate --config recipes/mathqa_java": "with a model of that run",
    "rlcf train --config recipes/mathqa_java": "likewise",
}
"""Beginnings of commands that are parsed by the real command line, not run, with the reason."""

NOT_OURS = {
    "accelerate": "wants several GPUs; test_adapters_trl_fsdp2.py trains with its settings",
    "apt-get": "the distribution's command; needs its mirrors",
    "git": "fetches the project itself",
    "uvicorn": "serves until it is stopped; test_adapters_openenv.py starts it",
}
"""Other people's commands that are neither run nor parsed, with the reason."""

TEXTS = {
    ("docs/adapters.md", '--reward.remote_url "$(python'): "flags of OpenRLHF's own command",
}
"""(page, beginning) of unlabelled blocks that hold no commands, with the reason."""

PYTHON_CHECKED = {
    (
        "docs/adapters.md",
        "from rlcf.adapters.trl",
    ): "needs trl; test_adapters_trl.py trains with it",
    ("docs/adding-a-language.md", "from rlcf.languages"): "pieces of lua.py",
    ("docs/adding-a-language.md", "def check("): "pieces of lua.py",
    ("docs/adding-a-language.md", "_HARNESS"): "pieces of lua.py",
    ("docs/quickstart.md", "import pandas"): "pandas is not required",
    ("docs/serving.md", "from rlcf.server"): "needs a server; test_server.py asks one",
}
"""(page, beginning) of Python blocks whose syntax and names alone are checked, with the reason."""

OTHERS = {
    "confirm_run_unsafe_code": "lm-eval",
    "master-addr": "torchrun",
    "metadata": "lm-eval",
    "node-rank": "torchrun",
    "set": "experiments/arms.py",
    "nnodes": "torchrun",
    "check": "node --check",
    "dry-run": "experiments/pretrained/proof.py",
    "models": "experiments/pretrained/proof.py",
    "only": "experiments/pretrained/proof.py",
    "seeds": "experiments/pretrained/proof.py",
}
"""Flags in running text that belong to other programs."""

_FENCE = re.compile(r"^(?P<fence>```+)(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=fence) *$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    page: str
    info: str
    body: str

    def begins(self, table: dict[tuple[str, str], str]) -> bool:
        """Whether a table has an entry for this block."""
        start = self.body.lstrip()
        return any(page == self.page and start.startswith(begin) for page, begin in table)


def pages() -> list[str]:
    """Every page with commands that users are to type."""
    found = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *ROOT.glob("recipes/**/README.md")]
    return sorted(str(page.relative_to(ROOT)) for page in found)


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a page."""
    return [
        Block(page, match["info"].strip().split(" ")[0], match["body"])
        for match in _FENCE.finditer(read(page))
    ]


def commands(page: str) -> list[str]:
    """The commands of a page in order, continued lines joined, comments left out."""
    return [
        command
        for block in blocks(page)
        if block.info in SHELL and not block.begins(TEXTS)
        for command in split_commands(block.body, prompts=block.info == "console")
    ]


def split_commands(text: str, *, prompts: bool = False) -> Iterator[str]:
    """Commands of a shell block; with prompts only the lines that begin with `$`."""
    for line in without_loops(text.replace("\\\n", " ")).splitlines():
        if prompts and not line.startswith("$ "):
            continue
        words = shlex.split(line.removeprefix("$ "), comments=True)
        if words:
            yield " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    return word if re.fullmatch(r"[\w./$=,:;\[\]{}+@%-]+", word) else shlex.quote(word)


def spans(page: str) -> list[str]:
    """Code in running text."""
    prose = _FENCE.sub("", read(page))
    return re.findall(r"`([^`\n]+)`", prose)


def without_redirection(words: list[str]) -> list[str]:
    """The words before the first `>`."""
    return words[: words.index(">")] if ">" in words else words


def without_loops(text: str) -> str:
    """The first round of each `for` loop."""
    head = re.compile(r"for (\w+) in ([^\s;]+)[^;\n]*; do\b")
    for name, first in head.findall(text):
        text = text.replace(f"${name}", first)
    return re.sub(r"; done\b|^\s*done$", "", head.sub("", text), flags=re.M)
