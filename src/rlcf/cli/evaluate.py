"""`rlcf evaluate`: samples a model on tasks, then scores what it wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rlcf.cli.modelflags import ModelFlags
from rlcf.cli.score import parse_ks
from rlcf.cli.terminal import evaluation_progress, show_scores
from rlcf.errors import UserError
from rlcf.evaluation.results import BEGINS
from rlcf.languages.classpath import parse_class_path
from rlcf.outputs import Output
from rlcf.settings import CountOrNone, Need
from rlcf.tasks import load_tasks
from rlcf.tasks.loaders import path_of


@dataclass(frozen=True)
class Args(ModelFlags):
    """Measure a model: compile rate, execution rate and pass@k, with 95 % intervals.

    Examples:
      rlcf evaluate --model embedded --tasks embedded --limit 100
      rlcf evaluate --model path/to/model --tasks mbjp --n 5 --temperature 0.8 --k 1,5
      rlcf evaluate --model path/to/model --tasks mbjp --chat auto --repair 2 --json repaired.json
    """

    k: str = "1"
    """The k of pass@k; separate several with commas; none may exceed --n."""
    repair: CountOrNone = 0
    """Turns in which the model is shown its rejected programs with the compiler's errors, to
    correct them; rates and tokens are told after each turn."""
    retries: CountOrNone = 0
    """In place of these, further draws for rejected programs, to compare with repair."""
    class_path: tuple[str, ...] = ()
    """What programs are compiled against: jar files, classes, headers, packages, modules, crates
    (docs/languages.md)."""
    json: Path | None = None
    """File to write every program with its verdict and the totals to, replaced if it exists."""

    NEEDS = (Need(("retries",), lambda a: not a.repair, "--repair 0"),)

    def outputs(self) -> list[Output]:
        """The scores."""
        reads = (self.model, path_of(self.tasks), *parse_class_path(self.class_path))
        return [Output(self.json, "--json", reads=reads, begins=BEGINS)] if self.json else []


def main(args: Args) -> int:
    """Sample, score, and print a table."""
    from rlcf.evaluation.evaluate import evaluate_policy
    from rlcf.policy.roundtrip import check_references

    ks = parse_ks(args.k)
    if max(ks) > args.n:
        raise UserError(f"--k {max(ks)} needs at least as many completions per task: raise --n")
    tasks = load_tasks(
        args.tasks, limit=args.limit, seed=args.seed, default_split="test", tell=print
    )
    policy = args.load()
    check_references(policy, tasks)
    with evaluation_progress(turns=bool(args.repair or args.retries)) as progress:
        report = evaluate_policy(
            policy,
            tasks,
            n=args.n,
            sampling=args.sampling,
            seed=args.seed,
            ks=ks,
            retries=args.retries,
            repair=args.repair,
            progress=progress,
            class_path=args.class_path,
        )
    show_scores(report, title=f"{args.model}: {len(report.rows)} samples of {report.tasks} tasks")
    if args.json is not None:
        report.save(args.json)
        print(f"wrote {args.json}")
    return 0
