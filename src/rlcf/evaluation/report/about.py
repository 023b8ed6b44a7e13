"""What was trained, in words: the facts at the page's head, from a run directory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def run_facts(
    config: Mapping[str, Any],
    environment: Mapping[str, Any],
    metrics: Sequence[Mapping[str, Any]],
) -> dict[str, str]:
    """Facts of a training run; what the files do not hold is left out.

    Args:
        config: config.json of the run.
        environment: environment.json of the run.
        metrics: rows of metrics.jsonl.
    """
    facts = {
        "Model": _text(config, "model"),
        "Trained on": _text(config, "tasks"),
        "Reward": _reward(config),
        "Algorithm": _joined(config, "algorithm", "credit", form="{}, {} credit"),
        "Steps": _steps(config, metrics),
        "Programs per step": _joined(
            config, "prompts_per_step", "samples_per_prompt", form="{} prompts, {} samples each"
        ),
        "Learning rate, KL": _joined(config, "lr", "kl_coef", form="{:g}, {:g}"),
        "Time in training": _seconds(metrics),
        "Machine": _joined(environment, "processor", "cores", form="{}, {} cores"),
        "Seed": _text(config, "seed"),
        "Commit": _text(environment, "commit")[:12],
    }
    return {name: value for name, value in facts.items() if value}


def _text(source: Mapping[str, Any], key: str) -> str:
    value = source.get(key)
    return "" if value is None else str(value)


def _joined(source: Mapping[str, Any], *keys: str, form: str) -> str:
    if any(source.get(key) is None for key in keys):
        return ""
    return form.format(*(source[key] for key in keys))


def _reward(config: Mapping[str, Any]) -> str:
    reward, comparator = config.get("reward"), config.get("comparator")
    if reward is None:
        return ""
    if reward == "compiler" or comparator == "none":
        return "compiler only"
    if reward == "comparator":
        return f"comparator only ({comparator})"
    weight = config.get("comparator_weight", 1)
    return f"compiler and comparator ({comparator}, weight {weight:g})"


def _steps(config: Mapping[str, Any], metrics: Sequence[Mapping[str, Any]]) -> str:
    planned = config.get("steps")
    done = max((int(row["step"]) for row in metrics if "step" in row), default=0)
    if planned is None:
        return str(done) if done else ""
    return str(planned) if done == planned else f"{done} of {planned}"


def _seconds(metrics: Sequence[Mapping[str, Any]]) -> str:
    total = sum(float(row.get("seconds/step", 0)) for row in metrics)
    if total < 1:
        return ""
    return f"{total:.0f} s" if total < 120 else f"{total / 60:.0f} min"
