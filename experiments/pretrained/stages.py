"""The stages of the proof: choose how to ask, train, choose a temperature, measure.

Each result is a file or a run directory named by a key of all settings that it depends on, so
nothing is done twice and what was cut short continues.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console

from experiments.compute import rl_tokens, sft_tokens
from experiments.pretrained.derive import compiling, scale_adapters
from experiments.pretrained.plan import ArmPlan, Plan, PolicyPlan, TestPlan, digest, key
from experiments.results import best_of
from rlcf import outputs
from rlcf.assets import embedded_comparator
from rlcf.atomic import replace_folder
from rlcf.comparator.model import load_comparator
from rlcf.errors import UserError
from rlcf.evaluation.evaluate import evaluate_policy
from rlcf.evaluation.results import SampleScore, ScoreReport
from rlcf.languages import Toolchain
from rlcf.languages.references import usable_references
from rlcf.policy.merging import merged_policy
from rlcf.policy.model import Policy, load_policy
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.runfiles import RunFiles
from rlcf.tasks import load_tasks, write_tasks
from rlcf.tasks.task import Task
from rlcf.training.config import TrainConfig
from rlcf.training.rundir import environment
from rlcf.training.sft import run_sft
from rlcf.training.sftconfig import SftConfig
from rlcf.training.train import train

PART = 64
"""Tasks that are drawn and judged at a time: what is lost at most when a run is killed."""


Rates = dict[float, tuple[float, ...]]
"""Temperature -> pass@1 and compile rate on validation tasks."""


@dataclass(frozen=True)
class Trained:
    """A model of an arm, and what it took."""

    path: str
    known_by: str
    """Key of all that made it."""
    tokens: float
    """Tokens through the policy (`compute`)."""


class Runner:
    """Does what is not done yet."""

    def __init__(
        self,
        plan: Plan,
        models: Path | None,
        data: Path,
        runs: Path,
        threads: int,
        console: Console,
    ) -> None:
        self.plan, self.models, self.data, self.runs = plan, models, data, runs
        self.threads, self.console = threads, console
        self.environment = environment()
        """That the work began in."""
        self._loaded: tuple[str, Policy] | None = None
        self._styles: dict[str, dict[str, Any]] = {}
        self.choices: dict[str, Rates] = {}
        """POLICY/ARM -> by what its temperature was chosen."""

    def tasks(self, names: str, limit: int = 0) -> list[Task]:
        """Tasks of the first of these files that is in the data folder."""
        found = next((f for n in names.split("|") if (f := self.data / n).exists()), None)
        if found is None:
            raise UserError(f"no {names} in {self.data}: see --data")
        return load_tasks(str(found), limit=limit or None)

    @cached_property
    def train_file(self) -> Path:
        """Training tasks whose references compile, in one file."""
        tasks = [t for name in self.plan.train for t in self.tasks(name)]
        made_of = [t.to_json() for t in tasks], self.plan.train_limit
        file = self.runs / f"train-{key(made_of)}.jsonl"
        if not file.exists():
            compiler = Toolchain("java")
            try:
                usable, rejected = usable_references(tasks, compiler)
            finally:
                compiler.close()
            write_tasks(file, usable[: self.plan.train_limit or None])
            self.console.print(f"{len(usable)} tasks to train on, {len(rejected)} left out")
        return file

    def base(self, policy: PolicyPlan) -> Trained:
        """The pretrained model."""
        place = self.place(policy.model)
        known_by = digest(Path(place)) if place != policy.model else place
        return Trained(place, known_by, 0.0)

    def place(self, name: Any) -> Any:
        """The file of a model in the folder of models, where there is one; all else as it is."""
        if self.models is None or not isinstance(name, str) or name not in self.plan.files:
            return name
        return str(self.models / self.plan.files[name])

    # --- how to ask ---------------------------------------------------------------------------

    def style(self, policy: PolicyPlan) -> dict[str, Any]:
        """Prompting and stop by which the untrained policy does best on validation tasks."""
        if policy.name not in self._styles:
            self._styles[policy.name] = self._best_style(policy)
        return self._styles[policy.name]

    def _best_style(self, policy: PolicyPlan) -> dict[str, Any]:
        c, model = self.plan.choice, self.base(policy)
        rates = {}
        for chat in c.chats:
            for stop in c.stops:
                style = {"chat": chat, "stop": stop}
                report = self.score(policy, model, style, c.style_temperature, c.style_n)
                rates[chat, stop] = _worth(report)
                self._say(policy, f"chat {chat}, stop {stop}", report)
        chat, stop = max(rates, key=lambda pair: rates[pair])
        return {"chat": chat, "stop": stop}

    def temperature(self, policy: PolicyPlan, arm: ArmPlan) -> float:
        """The temperature at which an arm does best on validation tasks."""
        name = f"{policy.name}/{arm.name}"
        if name not in self.choices:
            self.choices[name] = self._on_validation(policy, arm)
        rates = self.choices[name]
        return max(rates, key=lambda t: (rates[t], -t))

    def _on_validation(self, policy: PolicyPlan, arm: ArmPlan) -> Rates:
        """Over an arm's seeds."""
        c, style = self.plan.choice, self.style(policy)
        n = max(c.n, arm.count) if _picks(arm) else c.n
        rates = {}
        for temperature in c.temperatures:
            found = []
            for seed in arm.seeds:
                model = self.trained(policy, arm, seed)
                report = self.score(policy, model, style, temperature, n)
                found.append(_worth(best_of(report, arm.count) if _picks(arm) else report))
                self._say(policy, f"{arm.name} {seed} at {temperature:g}, validation", report)
            rates[temperature] = tuple(sum(side) / len(side) for side in zip(*found, strict=True))
        return rates

    # --- training -----------------------------------------------------------------------------

    def trained(self, policy: PolicyPlan, arm: ArmPlan, seed: int) -> Trained:
        """An arm's model, trained unless it is there."""
        base = self.base(policy)
        if arm.kind in ("base", "best_of"):
            return base
        settings = self.plan.settings(policy, arm)
        made_of = [base.known_by, arm.kind, settings, self.style(policy), seed, arm.count]
        made_of += [digest(self.train_file)]
        if arm.matched_to:
            matched = self.plan.matched(policy, arm)
            several = matched.seeds if arm.kind == "average" else matched.seeds[:1]
            made_of += [self.trained(policy, matched, s).known_by for s in several]
        start = self._start(policy, arm)
        made_of += [] if start == base else [start.known_by]
        if arm.kind == "scaled":
            made_of += [arm.share]
        known_by = key(made_of)
        out = self.runs / policy.name / f"{arm.name}-{seed}-{known_by}"
        cost = out / "cost.json"
        if not cost.exists():
            self.console.rule(f"{policy.name}, {arm.name}, seed {seed}")
            tokens = self._train(policy, arm, seed, out)
            outputs.write(cost, json.dumps(tokens))
        return Trained(str(out / "policy"), known_by, json.loads(cost.read_text(encoding="utf-8")))

    def _start(self, policy: PolicyPlan, arm: ArmPlan) -> Trained:
        """The model that an arm's training begins with."""
        start = self.plan.start(policy, arm)
        return self.trained(policy, start, start.seeds[0])

    def _train(self, policy: PolicyPlan, arm: ArmPlan, seed: int, out: Path) -> float:
        """Train, or go on; returns tokens."""
        if arm.kind == "average":
            return self._average(policy, arm, out)
        if arm.kind == "scaled":
            return self._scaled(policy, arm, seed, out)
        shared = {
            "model": self._start(policy, arm).path,
            "out": str(out),
            "seed": seed,
            "resume": True,
            "threads": self.threads or None,
            "validation": "none",
            "max_new_tokens": self.plan.max_new_tokens,
            **self.style(policy),
        }
        given = {k: self.place(v) for k, v in self.plan.settings(policy, arm).items()}
        if arm.kind == "rl":
            config = TrainConfig.of(**{**shared, "tasks": str(self.train_file), **given})
            self._loaded = None  # room for what is trained
            train(config, self.console)
            return self._rl_tokens(policy, config, out) + self._start(policy, arm).tokens
        return self._fine_tuned(policy, arm, seed, {**shared, **given})

    def _fine_tuned(
        self, policy: PolicyPlan, arm: ArmPlan, seed: int, settings: dict[str, Any]
    ) -> float:
        """Train on references, for as long as the arm says or as the one that it is matched to."""
        tasks, spent = self.train_file, 0.0
        if arm.kind == "rft":
            tasks, spent = self._own_programs(policy, arm, seed)
        epoch = self._epoch(policy, tasks)
        if arm.matched_to:
            matched = self.plan.matched(policy, arm)
            tokens = self.trained(policy, matched, matched.seeds[0]).tokens
            settings = {**settings, "epochs": max(0.01, (tokens - spent) / epoch)}
        else:
            tokens = epoch * settings["epochs"]
        words = f"{tokens:,.0f} tokens, {spent:,.0f} of them drawn: {settings['epochs']:.2f} epochs"
        self.console.print(words)
        self._loaded = None
        run_sft(SftConfig.of(**settings, tasks=str(tasks)))
        return tokens

    def _average(self, policy: PolicyPlan, arm: ArmPlan, out: Path) -> float:
        matched = self.plan.matched(policy, arm)
        parts = [self.trained(policy, matched, seed) for seed in matched.seeds]
        mean = merged_policy([part.path for part in parts])
        replace_folder(out / "policy", mean.save)
        return sum(part.tokens for part in parts)

    def _scaled(self, policy: PolicyPlan, arm: ArmPlan, seed: int, out: Path) -> float:
        """Adapters of which only a share is added to the base: part of the way back to it."""
        whole = self.trained(policy, self.plan.matched(policy, arm), seed)
        source = Path(whole.path)
        replace_folder(out / "policy", lambda to: scale_adapters(source, arm.share, to))
        return whole.tokens

    def _own_programs(self, policy: PolicyPlan, arm: ArmPlan, seed: int) -> tuple[Path, float]:
        """What compiles of the untrained policy's programs, as references; and tokens drawn."""
        made_of = [self.base(policy).known_by, self.style(policy), seed, arm.count]
        file = self.runs / policy.name / f"own-{key([*made_of, digest(self.train_file)])}.jsonl"
        cost = file.with_suffix(".cost")
        if not cost.exists():
            model, tasks = self._load(policy, self.base(policy)), load_tasks(str(self.train_file))
            sampling = SamplingConfig(1.0, None, self.plan.max_new_tokens)
            drawn = sample_tasks(model, tasks, arm.count, sampling, seed=seed)
            kept = compiling(tasks, drawn)
            self.console.print(f"{len(kept)} of {arm.count * len(tasks)} programs compile")
            write_tasks(file, kept)
            tokens = sum(len(g[0].prompt_ids) + sum(len(s.token_ids) for s in g) for g in drawn)
            outputs.write(cost, json.dumps(tokens))
        return file, float(json.loads(cost.read_text(encoding="utf-8")))

    def _epoch(self, policy: PolicyPlan, file: Path) -> float:
        """Tokens that a pass over references takes."""
        model, tasks = self._load(policy, self.base(policy)), load_tasks(str(file))
        prompts = [len(model.prompt_ids(t)) for t in tasks]
        return sft_tokens(prompts, [len(model.answer_ids(t)) for t in tasks])

    def _rl_tokens(self, policy: PolicyPlan, config: TrainConfig, out: Path) -> float:
        model, tasks = self._load(policy, self.base(policy)), load_tasks(str(self.train_file))
        mean = sum(len(model.prompt_ids(t)) for t in tasks) / len(tasks)
        both = mean + sum(len(model.answer_ids(t)) for t in tasks) / len(tasks)
        ratio = warmup = corpus = 0.0
        if config.compares:
            judge = load_comparator(embedded_comparator(config.comparator.model))
            ratio = sum(p.numel() for p in judge.parameters()) / model.parameters_count
            warmup = config.comparator.warmup
            corpus = both * len(tasks) if config.comparator.mode == "frozen" else 0.0
        return rl_tokens(
            RunFiles(out).require_metrics(),
            mean,
            config.samples_per_prompt,
            ratio,
            int(warmup),
            kept=both if config.anchor.reference_coef else 0.0,
            kept_batch=config.anchor.reference_batch or 0,
            corpus=corpus,
        )

    # --- measuring ----------------------------------------------------------------------------

    def measured(
        self, policy: PolicyPlan, arm: ArmPlan, test: TestPlan
    ) -> Mapping[float, Sequence[ScoreReport]]:
        """Scores at the arm's own best temperature, which comes first, and beside it."""
        style, best = self.style(policy), self.temperature(policy, arm)
        found: dict[float, list[ScoreReport]] = {}
        for temperature in dict.fromkeys((best, *test.beside)):
            if _picks(arm) and temperature == 0:
                continue
            for seed in arm.seeds:
                model = self.trained(policy, arm, seed)
                n = test.n if temperature else 1
                report = self.score(policy, model, style, temperature, n, test)
                self._say(policy, f"{arm.name} {seed} at {temperature:g}, {test.name}", report)
                if _picks(arm):
                    report = best_of(report, arm.count)
                found.setdefault(temperature, []).append(report)
        return found

    def score(
        self,
        policy: PolicyPlan,
        model: Trained,
        style: Mapping[str, Any],
        temperature: float,
        n: int,
        test: TestPlan | None = None,
    ) -> ScoreReport:
        """Scores of a model on a test, or on the validation tasks; a part of them at a time."""
        where = test or self.plan.choice
        tasks = self.tasks(where.tasks, where.limit)
        rows: list[SampleScore] = []
        ks = tuple(k for k in self.plan.ks if k <= n)
        for start in range(0, len(tasks), PART):
            part = tasks[start : start + PART]
            made_of = [model.known_by, dict(style), temperature, n, self.plan.max_new_tokens, ks]
            name = f"{key([*made_of, [t.to_json() for t in part]])}.json"
            file = self.runs / policy.name / "scores" / name
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                self._scored(policy, model, style, part, temperature, n).save(file)
            rows += ScoreReport.load(file).rows
        return ScoreReport(tuple(rows), ks)

    def _scored(
        self,
        policy: PolicyPlan,
        model: Trained,
        style: Mapping[str, Any],
        tasks: Sequence[Task],
        temperature: float,
        n: int,
    ) -> ScoreReport:
        return evaluate_policy(
            self._load(policy, model, style),
            tasks,
            n=n,
            sampling=SamplingConfig(temperature, None, self.plan.max_new_tokens),
            ks=tuple(k for k in self.plan.ks if k <= n),
        )

    def _load(
        self, policy: PolicyPlan, model: Trained, style: Mapping[str, Any] | None = None
    ) -> Policy:
        """The last one loaded is kept."""
        style = self.style(policy) if style is None else style
        name = key([model.known_by, dict(style)])
        if self._loaded is None or self._loaded[0] != name:
            self._loaded = None
            self._loaded = name, load_policy(model.path, trained=False, **style)
        return self._loaded[1]

    def _say(self, policy: PolicyPlan, what: str, report: ScoreReport) -> None:
        shown = {k: v.mean for k, v in report.totals.items() if v is not None}
        words = ", ".join(f"{k} {v:.3f}" for k, v in shown.items() if k in _SAID)
        self.console.print(f"{policy.name}, {what}: {words}")


_SAID = ("compile_rate", "pass@1", "length_ratio")


def _picks(arm: ArmPlan) -> bool:
    return arm.kind == "best_of"


def _worth(report: ScoreReport) -> tuple[float, float]:
    """By what a choice is made: right answers, then what compiles."""
    names = ("pass@1", "compile_rate")
    first, second = (e.mean if (e := report.totals.get(n)) is not None else 0.0 for n in names)
    return first, second
