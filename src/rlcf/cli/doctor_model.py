"""`rlcf doctor --model`: what a model is, and what training it takes on this machine.

Says where it comes from, how large it is, whether a task set survives its tokenizer, and how much
time and memory a step takes (`rlcf.training.forecast`). What memory cannot hold is said before
anything is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from rlcf.assets import POLICIES, embedded_policy
from rlcf.cli.doctor import Line
from rlcf.device import memory_of, pick_device, resolve_autocast, use_threads
from rlcf.errors import UserError
from rlcf.modelplace import Place, locate
from rlcf.policy.lora import is_adapted
from rlcf.policy.model import Policy, empty_model
from rlcf.policy.roundtrip import losses, unreadable, unwritable, with_references
from rlcf.policy.sampling import encode_prompt
from rlcf.tasks.loaders import check_name
from rlcf.tasks.task import Task
from rlcf.training.config import TrainConfig
from rlcf.training.forecast import ADVANCES, Forecast, forecast, resting_bytes
from rlcf.training.parts import named_tasks
from rlcf.training.progress import duration

TRIED = 256
"""Tasks whose texts are tried, at most."""


def examine_model(config: TrainConfig) -> Iterator[Line]:
    """All findings, as they are made; the first that rules training out is the last."""
    try:
        yield from _findings(config)
    except UserError as error:
        yield Line("model", False, " ".join(str(error).split()))
    except torch.OutOfMemoryError:
        words = f"it ran out while a few tokens were measured: {_less(config)}"
        yield Line("memory", False, words)


def _findings(config: TrainConfig) -> Iterator[Line]:
    check_name(config.tasks)
    place, device = locate(embedded_policy(config.model)), pick_device(config.loading.device)
    empty = empty_model(place.model)
    yield Line("model", True, f"{_what(config.model, place)}; {type(empty).__name__}")
    count = sum(p.numel() for p in empty.parameters())
    half = resolve_autocast(config.loading.precision, device) and bool(config.loading.lora_rank)
    whole, resting = memory_of(device), resting_bytes(config, count, half=half)
    if resting > whole:
        yield Line("memory", False, _cannot_rest(config, count, resting, whole))
        return
    tasks = named_tasks(config)[:TRIED]
    use_threads(config.run.threads)
    policy = config.loading.load(config.model)
    yield Line("weights", True, _weights(policy, place))
    yield _texts(config, policy, tasks)
    yield _lengths(config, policy, tasks)
    found = forecast(config, policy, tasks)
    yield from _times(config, found)
    yield _memory(config, found, whole)


def _what(name: str, place: Place) -> str:
    """What was named, in words."""
    if name in POLICIES:
        return f"{name}: comes with rlcf"
    if place.adapter:
        return f"{place.adapter}: adapters on {place.model}"
    if place.model.endswith(".gguf"):
        here = Path(place.model).is_file()
        return f"{place.model}: a GGUF file" + ("" if here else " of a repository on the hub")
    if not Path(place.model).is_dir():
        return f"{place.model}: on the hub"
    if Path(place.model) != Path(name).expanduser():
        return f"{place.model}: the policy of a run"
    return f"{place.model}: a folder"


def _weights(policy: Policy, place: Place) -> str:
    """How many there are, and in what precision on disk, in memory and in products."""
    weights = list(policy.model.parameters())
    trained = sum(p.numel() for p in weights if p.requires_grad)
    added = trained if is_adapted(policy.model) else 0
    count = policy.parameters_count - added
    stored = _stored(place.model)
    kinds = sorted({str(p.dtype).removeprefix("torch.") for p in weights})
    parts = [
        f"{count / 1e6:,.1f} M parameters",
        *([f"{_size(stored)} on disk ({8 * stored / count:.1f} bits each)"] if stored else []),
        f"{_size(sum(p.nbytes for p in weights))} in memory ({', '.join(kinds)}"
        + (", computed in bfloat16)" if policy.autocast else ")"),
        f"{trained / 1e6:,.1f} M of adapters are trained" if added else "all are trained",
    ]
    return "; ".join(parts)


def _stored(name: str) -> int:
    """Bytes of the weights on disk; 0 where they are not in a place of their own."""
    path = Path(name)
    if path.is_file():
        return path.stat().st_size
    for kind in ("*.safetensors", "*.bin"):
        if files := list(path.glob(kind)) if path.is_dir() else []:
            return sum(file.stat().st_size for file in files)
    return 0


def _cannot_rest(config: TrainConfig, count: int, resting: int, whole: int) -> str:
    held, millions = f"{_size(resting)} of {_size(whole)}", f"{count / 1e6:,.1f} M"
    if config.loading.lora_rank:
        return f"its {millions} weights alone take {held}: take a smaller model"
    return (
        f"{millions} weights with reference, gradients and moments alone take {held}: give "
        "--lora-rank 16, which trains adapters on weights that are held once"
    )


def _texts(config: TrainConfig, policy: Policy, tasks: Sequence[Task]) -> Line:
    """Whether the task set survives the tokenizer."""
    answered = with_references(tasks)
    lost = (
        (len(unreadable(policy, tasks)), len(tasks), "prompts"),
        (len(unwritable(policy, answered)), len(answered), "references"),
    )
    size = f"{len(policy.tokenizer):,} tokens"
    tried = " and ".join(f"{of} {what}" for _, of, what in lost)
    if not any(count for count, _, _ in lost):
        return Line("tokenizer", True, f"{size}; {tried} of {config.tasks} survive it")
    changed = " and ".join(f"{count} of {of} {what}" for count, of, what in lost)
    causes = ", ".join(losses(policy.tokenizer)) or "some of their characters"
    words = f"{size}; {changed} of {config.tasks} do not survive it, which loses {causes}"
    return Line("tokenizer", False, words, needed=all(count == of for count, of, _ in lost))


def _lengths(config: TrainConfig, policy: Policy, tasks: Sequence[Task]) -> Line:
    """Whether prompts can be read and references written whole."""
    most = config.sampling.max_new_tokens
    prompts = [len(policy.prompt_ids(task)) for task in tasks]
    read = [len(encode_prompt(policy, task, most)) for task in tasks]
    answers = [len(policy.answer_ids(task)) for task in with_references(tasks)]
    words = f"prompts have up to {max(prompts)} tokens, references up to {max(answers, default=0)}"
    cut = sum(r < p for r, p in zip(read, prompts, strict=True))
    long = sum(length > most for length in answers)
    troubles = [
        *([f"{cut} prompts lose their beginning, for want of room"] if cut else []),
        *([f"{long} references are longer than --max-new-tokens {most}"] if long else []),
    ]
    return Line("length", not troubles, "; ".join([words, *troubles]), needed=False)


def _times(config: TrainConfig, found: Forecast) -> Iterator[Line]:
    prompts, samples, most = (
        config.prompts_per_step,
        config.samples_per_prompt,
        config.sampling.max_new_tokens,
    )
    tokens = prompts * samples * most
    speed = f"{tokens / found.drawing:,.0f} tokens/s, of {ADVANCES} tokens for each row"
    yield Line("drawing", True, f"{duration(found.drawing)} for a step ({speed})")
    speed = f"{tokens / found.update:,.0f} tokens/s, of updates on 2 and 6 programs"
    yield Line("update", True, f"{duration(found.update)} for a step ({speed})")
    step = found.drawing + found.update
    words = (
        f"{prompts} x {samples} programs take {duration(step)} if all have {most} tokens, "
        f"{config.steps} steps {duration(step * config.steps)}; compiler and comparator aside"
    )
    yield Line("step", True, words)
    busy, cpus = os.getloadavg()[0], len(os.sched_getaffinity(0))
    if busy > cpus + 1:  # this process is one of them
        words = f"{busy:.0f} processes compute on {cpus} CPUs: alone, all of this takes less time"
        yield Line("busy", False, words, needed=False)


def _memory(config: TrainConfig, found: Forecast, whole: int) -> Line:
    parts = (
        f"{_size(found.held)} held all the time, {_size(found.cache)} to draw, "
        f"{_size(found.passes)} to learn"
    )
    words = f"{_size(found.memory)} of {_size(whole)} at most: {parts}; comparator aside"
    if found.memory <= whole:
        return Line("memory", True, words)
    return Line("memory", False, f"{words}; {_less(config, found)}")


def _less(config: TrainConfig, found: Forecast | None = None) -> str:
    """Which settings to change where memory does not suffice."""
    if not config.loading.lora_rank:
        return "give --lora-rank 16"
    if found is not None and found.cache > found.passes:
        return "lower --prompts-per-step, --samples-per-prompt or --max-new-tokens"
    if not config.loading.gradient_checkpointing:
        return "give --gradient-checkpointing, or lower --max-new-tokens"
    return "lower --max-new-tokens, or take a smaller model"


def _size(count: float) -> str:
    """Bytes in words, decimal."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
