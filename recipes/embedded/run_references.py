"""Every key of the generator in a language: is its reference accepted, does it pass?

    .venv/bin/python recipes/embedded/run_references.py --language python
    .venv/bin/python recipes/embedded/run_references.py --language cpp --each 10

Tests hold values of an oracle that knows no Java, so that this is also the proof that the
translations mean what the Java means. Does not measure speed.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import tyro

from generator import Template, make_task, templates
from rlcf.languages import Job, Toolchain
from rlcf.tasks.task import Task
from rlcf.training.rundir import environment


@dataclass(frozen=True)
class Args:
    """Run the references of the embedded tasks."""

    language: str = "python"
    """java, python or cpp."""
    each: int = 0
    """Only so many random keys of each template; 0 takes all."""
    seed: int = 0
    """Of wordings, names and test cases, and of that choice."""
    out: Path | None = None
    """By default benchmarks/results/embedded_references_LANGUAGE.json."""


def main(args: Args) -> None:
    """Run them and write the counts."""
    tasks = [task for template in templates() for task in chosen(template, args)]
    runner = Toolchain(args.language)
    jobs = [Job(t.program(t.reference or ""), t.tests or "", t.entry_point or "") for t in tasks]
    found = [str(result.outcome) for result in runner.run(jobs)]
    runner.close()
    failed = [t.task_id for t, outcome in zip(tasks, found, strict=True) if outcome != "passed"]
    result = {
        "language": args.language,
        "templates": len(templates()),
        "references": len(tasks),
        "each": args.each,
        "seed": args.seed,
        "outcomes": Counter(found),
        "not_passed": failed[:50],
        "environment": environment(),
    }
    out = args.out or Path(f"benchmarks/results/embedded_references_{args.language}.json")
    out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


def chosen(template: Template, args: Args) -> list[Task]:
    """The tasks of one template."""
    keys = list(template.key_space())
    if args.each and args.each < len(keys):
        keys = random.Random(f"{template.name}:{args.seed}").sample(keys, args.each)
    return [make_task(template, key, values, args.seed, args.language) for key, values in keys]


if __name__ == "__main__":
    main(tyro.cli(Args))
