"""Runs an experiment: every arm with every seed, evaluated alike, one result file.

    python -m experiments.arms recipes/mathqa_java/arms_1m.toml --runs runs/arms_1m \\
        --out docs/results/mathqa_java_1m.json

Finished work is not repeated, and a run that was cut short continues: call it again. With `--set
base=NAME` the same experiment starts from another model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

import experiments.waiting  # noqa: F401 - before torch
from experiments.command import run
from experiments.compute import lengths, rl_tokens, sft_tokens
from experiments.results import Evaluation, experiment_json
from experiments.settings import Arm, Experiment, read_experiment
from rlcf import outputs
from rlcf.assets import embedded_comparator, embedded_policy
from rlcf.comparator.model import load_comparator
from rlcf.device import use_threads
from rlcf.errors import UserError
from rlcf.evaluation.evaluate import evaluate_policy
from rlcf.evaluation.results import ScoreReport
from rlcf.languages import Toolchain
from rlcf.policy.merging import merged_policy
from rlcf.policy.model import load_policy
from rlcf.policy.sampling import SamplingConfig
from rlcf.runfiles import RunFiles
from rlcf.tasks import load_tasks
from rlcf.training.config import TrainConfig
from rlcf.training.rundir import environment
from rlcf.training.sft import run_sft
from rlcf.training.sftconfig import SftConfig
from rlcf.training.train import train

console = Console(highlight=False)


@dataclass(frozen=True)
class Args:
    """Run an experiment and write its results."""

    experiment: Annotated[Path, tyro.conf.Positional]
    """A TOML file such as recipes/mathqa_java/arms_1m.toml."""
    runs: Path
    """Folder for runs and evaluations; what exists is reused."""
    out: Path
    """JSON file to write."""
    set: tuple[str, ...] = ()
    """Change values of the file's top level: --set base=NAME test=FILE n=5."""
    arms: tuple[str, ...] = ()
    """Only these arms; all by default. The base is always evaluated."""
    seeds: tuple[int, ...] = ()
    """Only these seeds."""
    threads: int = 0
    """Cores for torch; 0 takes all."""


def main(args: Args) -> None:
    """Everything, in the file's order."""
    changes = dict(pair.split("=", 1) for pair in args.set)
    typed = {k: json.loads(v) if v[:1] in "0123456789[" else v for k, v in changes.items()}
    experiment = read_experiment(args.experiment, typed)
    if unknown := set(args.arms) - {arm.name for arm in experiment.arms}:
        raise UserError(f"no arm {unknown.pop()!r} in {args.experiment}")
    use_threads(args.threads or None)
    args.runs.mkdir(parents=True, exist_ok=True)
    with closing(Runner(experiment, args.runs, args.threads)) as runner:
        found = {"base": [runner.evaluated("base", 0, experiment.base)]}
        for name in experiment.larger:
            found[short_name(name)] = [runner.evaluated(f"larger-{short_name(name)}", 0, name)]
        for arm in experiment.arms:
            if args.arms and arm.name not in args.arms:
                continue
            for seed in arm.seeds:
                if args.seeds and seed not in args.seeds:
                    continue
                known = runner.scores(arm.name, seed, "sampled").exists()
                found.setdefault(arm.name, []).append(runner.run(arm, seed))
                if not known:  # the comparisons of many arms take minutes
                    write(args.out, experiment, found)
    write(args.out, experiment, found)
    console.print(f"wrote {args.out}")


def write(out: Path, experiment: Experiment, found: Mapping[str, Sequence[Evaluation]]) -> None:
    """The result file, of what there is."""
    result = experiment_json(experiment, found, environment())
    outputs.write(out, json.dumps(result, indent=1) + "\n")


def short_name(model: str) -> str:
    """`base-8m` of `runs/base-8m/policy`."""
    path = Path(model)
    return path.parent.name if path.name == "policy" else path.name


class Runner:
    """Trains and evaluates, unless that was done before."""

    def __init__(self, experiment: Experiment, runs: Path, threads: int) -> None:
        self.experiment, self.runs, self.threads = experiment, runs, threads
        self.tasks = load_tasks(
            experiment.test, limit=experiment.limit or None, default_split="test"
        )
        self._toolchains: dict[str, Toolchain] = {}

    def close(self) -> None:
        """Release the processes that judged."""
        for toolchain in self._toolchains.values():
            toolchain.close()

    def run(self, arm: Arm, seed: int) -> Evaluation:
        """Train an arm with a seed and evaluate it."""
        out = self.runs / f"{arm.name}-{seed}"
        if not (out / "policy" / "config.json").exists():
            console.rule(f"{arm.name}, seed {seed}")
            self._train(arm, seed, out)
        evaluation = self.evaluated(arm.name, seed, str(out / "policy"))
        metrics = RunFiles(out).metrics()
        return replace(evaluation, metrics=metrics, tokens=self._cost(arm, out))

    def _train(self, arm: Arm, seed: int, out: Path) -> None:
        shared: dict[str, Any] = {
            "model": self._start(arm),
            "out": str(out),
            "seed": seed,
            "resume": True,
            "threads": self.threads or None,
        }
        if arm.kind == "rl":
            train(TrainConfig.of(**arm.settings, **shared), console)
            return
        model = self._matched(arm)
        if arm.kind == "average":
            folders = [str(self._folder(model, s) / "policy") for s in model.seeds]
            start = embedded_policy(self._start(arm if arm.start else model))
            merged_policy(folders, base=start, share=arm.share).save(out / "policy")
            return
        tokens = self._cost(model, self._folder(model))
        loaded = load_tasks(arm.settings["tasks"], default_split="train")
        tasks = [t for t in loaded if t.reference]
        epochs = tokens / sft_tokens(*lengths(self._tokenizer(), tasks))
        console.print(f"{tokens:,.0f} tokens, as {model.name} took: {epochs:.2f} epochs")
        run_sft(SftConfig.of(**arm.settings, **shared, epochs=epochs), console)

    def _start(self, arm: Arm) -> str:
        """The model that an arm starts from."""
        if not arm.start:
            return self.experiment.base
        return str(self._folder(self._arm(arm.start)) / "policy")

    def _folder(self, arm: Arm, seed: int | None = None) -> Path:
        """The run of a seed, or of the first one."""
        return self.runs / f"{arm.name}-{arm.seeds[0] if seed is None else seed}"

    def _cost(self, arm: Arm, out: Path) -> float:
        """Tokens through the policy, those of where it started from included; of other than rl
        arms by what they were matched to."""
        if arm.kind == "sft":
            model = self._matched(arm)
            return self._cost(model, self._folder(model))
        runs, model = [out], arm
        if arm.kind == "average":
            model = self._matched(arm)
            runs = [self._folder(model, seed) for seed in model.seeds]
        earlier = 0.0
        if start := arm.start or model.start:
            before = self._arm(start)
            earlier = self._cost(before, self._folder(before))
        return earlier + sum(self._rl_cost(model, run) for run in runs)

    def _rl_cost(self, arm: Arm, out: Path) -> float:
        """Of one run of an rl arm alone."""
        config = TrainConfig.of(**arm.settings, model=self.experiment.base)
        tasks = load_tasks(config.tasks, limit=256, default_split="train")
        prompts, answers = lengths(self._tokenizer(), tasks)
        mean = sum(prompts) / len(prompts)
        both = mean + sum(answers) / len(answers)
        ratio, warmup, corpus = 0.0, 0, 0.0
        if config.compares:
            comparator = load_comparator(embedded_comparator(config.comparator.model))
            policy = load_policy(embedded_policy(self.experiment.base))
            size = sum(p.numel() for p in comparator.parameters())
            ratio, warmup = size / policy.parameters_count, config.comparator.warmup
            if config.comparator.mode == "frozen":
                corpus = both * len(load_tasks(config.tasks, default_split="train"))
        return rl_tokens(
            RunFiles(out).require_metrics(),
            mean,
            config.samples_per_prompt,
            ratio,
            warmup,
            kept=both if config.anchor.reference_coef else 0.0,
            kept_batch=config.anchor.reference_batch or 0,
            corpus=corpus,
        )

    def _matched(self, arm: Arm) -> Arm:
        return self._arm(arm.matched_to)

    def _arm(self, name: str) -> Arm:
        return next(a for a in self.experiment.arms if a.name == name)

    def _tokenizer(self) -> Any:
        return load_policy(embedded_policy(self.experiment.base)).tokenizer

    def evaluated(self, name: str, seed: int, model: str) -> Evaluation:
        """Scores of a model, sampled and greedy."""
        tasks = self.experiment.length_tasks
        return Evaluation(
            seed,
            self._score(name, seed, model, "sampled"),
            self._score(name, seed, model, "greedy"),
            self._score(name, seed, model, "length") if tasks else None,
        )

    def scores(self, name: str, seed: int, how: str) -> Path:
        """The file that an evaluation is kept in."""
        return self.runs / f"scores-{name}-{seed}-{how}.json"

    def _score(self, name: str, seed: int, model: str, how: str) -> ScoreReport:
        file = self.scores(name, seed, how)
        if file.exists():
            return ScoreReport.load(file)
        e, greedy = self.experiment, how == "greedy"
        sampling = SamplingConfig(0.0 if greedy else e.temperature, None, e.max_new_tokens)
        n = {"greedy": 1, "length": 4}.get(how, e.n)
        tasks = load_tasks(e.length_tasks) if how == "length" else self.tasks
        for language in {task.language for task in tasks} - set(self._toolchains):
            self._toolchains[language] = Toolchain(language)
        report = evaluate_policy(
            load_policy(embedded_policy(model)),
            tasks,
            n=n,
            sampling=sampling,
            seed=0,
            ks=tuple(k for k in e.ks if k <= n),
            progress=_progress(f"{name} {seed} {how}"),
            toolchains=self._toolchains,
        )
        report.save(file)
        rates = report.totals
        shown = ", ".join(f"{k} {v.mean:.3f}" for k, v in rates.items() if v is not None)
        console.print(f"{name}, seed {seed}, {how}: {shown}")
        return report


def _progress(title: str) -> Any:
    """A line now and then: these runs are watched through a log."""
    seen: dict[str, int] = {}

    def tell(stage: str, done: int, total: int) -> None:
        tenth = 10 * done // max(1, total)
        if tenth > seen.get(stage, 0) or done == total:
            seen[stage] = tenth
            console.print(f"  {title}: {stage} {done}/{total}")

    return tell


if __name__ == "__main__":
    run(main, Args, __doc__)
