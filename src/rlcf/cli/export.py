"""`rlcf export`: a trained policy as a plain Hugging Face folder with a card of its numbers.

Takes runs of `rlcf train` and `rlcf sft`, full or LoRA (adapters are merged into their base).
Numbers come from the run's files and from measurements that are given; nothing is measured here.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from rlcf.atomic import replace_folder
from rlcf.cli.compare import load_scores
from rlcf.errors import UserError
from rlcf.modelplace import ADAPTER, check_files
from rlcf.outputs import Output
from rlcf.runfiles import RunFiles
from rlcf.settings import Checked, Need
from rlcf.text import decimal, first_line

if TYPE_CHECKING:
    from rlcf.evaluation.results import ScoreReport
    from rlcf.evaluation.statistics import Estimate

_LAST = (
    "reward",
    "compile_rate",
    "similarity",
    "length_ratio",
    "degenerate_share",
    "kl",
    "entropy",
)

_WHAT = """\
`{base}`, trained further with [RLCF](https://arxiv.org/abs/2305.18341) (reinforcement learning with
compiler feedback). It writes programs that may be wrong or harmful: run them in a sandbox."""


_USE = """\
```python
from transformers import AutoTokenizer, {auto}

tokenizer = AutoTokenizer.from_pretrained("{name}")
model = {auto}.from_pretrained("{name}")
inputs = tokenizer("class A {{\\n    int twice(int x) {{\\n", return_tensors="pt")
ids = model.generate(**inputs, max_new_tokens=256)
```

With rlcf installed, checked by the compiler:
`rlcf generate --model {name} --file Begun.java --check`."""


@dataclass(frozen=True)
class Args(Checked):
    """Copy a run's policy to a folder that `transformers` loads, with a model card.

    Examples:
      rlcf export runs/mine --out my-model
      rlcf export runs/mine --out my-model --before base.json --after mine.json
      rlcf export runs/mine --out my-model --push me/my-model        needs a login to the hub
    """

    run: Annotated[Path, tyro.conf.Positional]
    """The run directory."""
    out: Path
    """Folder to create."""
    before: Path | None = None
    """Scores before training, for the card; RUN/before.json if it is there."""
    after: Path | None = None
    """Scores after training; RUN/after.json if it is there."""
    push: str | None = None
    """Name on the hub to upload the folder to, as a private model. Needs a login: `hf auth login`,
    or a token in HF_TOKEN."""
    public: bool = False
    """With --push: make the model public if it is new."""
    best: bool = False
    """Take the policy that was best on validation, not the last."""

    NEEDS = (Need(("public",), lambda a: a.push, "--push"),)

    def outputs(self) -> list[Output]:
        """The model."""
        return [Output(self.out, kind="made")]


def main(args: Args) -> int:
    """Copy, write the card, and upload if asked."""
    files = RunFiles(args.run)
    policy = files.best if args.best else files.policy
    adapters = (policy / ADAPTER).is_file()
    if not adapters and not (policy / "config.json").is_file():
        raise UserError(f"{policy} holds no model: give the directory of a finished run")
    check_files(policy)
    text = card(
        args.run,
        args.out.name,
        _scores(args.before, files.before),
        _scores(args.after, files.after),
        two_sided=_two_sided(policy),
    )
    _copy(policy, args.out, text, merge=adapters)
    print(f"wrote {args.out}")
    if args.push is not None:
        _push(args.out, args.push, private=not args.public)
        print(f"uploaded to {args.push}")
    return 0


def card(
    run: Path,
    name: str,
    before: ScoreReport | None,
    after: ScoreReport | None,
    *,
    two_sided: bool = False,
) -> str:
    """The model card: what was trained, how, and with what result.

    `two_sided`: the model is an encoder-decoder.
    """
    files = RunFiles(run)
    config, made_on = _read(files.config), _read(files.environment)
    base = str(config.get("model", "unknown"))
    task = "text2text-generation" if two_sided else "text-generation"
    lines = ["---", "library_name: transformers", f"pipeline_tag: {task}"]
    lines += ["tags: [code, rlcf]", *_base_model(base), "---", "", f"# {name}", ""]
    lines += [_WHAT.format(base=_public(base)), ""]
    auto = "AutoModelForSeq2SeqLM" if two_sided else "AutoModelForCausalLM"
    lines += [_USE.format(name=name, auto=auto), ""]
    if before is not None and after is not None:
        lines += _results(before, after)
    elif after is not None:
        lines += _measures(after)
    metrics = files.require_metrics()
    if metrics:
        lines += ["## Last step of training", "", "| | |", "|---|---|"]
        lines += [f"| step | {metrics[-1].get('step', 0):g} |"]
        lines += [f"| {k} | {decimal(metrics[-1][k], '.4g')} |" for k in _LAST if k in metrics[-1]]
        lines += ["", "Measured on training tasks, while sampling.", ""]
    lines += ["## Settings", "", "| | |", "|---|---|"]
    lines += [f"| {k} | {_public(v)} |" for k, v in sorted(config.items()) if v not in (None, "")]
    packages = made_on.get("packages", {})
    versions = ", ".join(f"{k} {v}" for k, v in sorted(packages.items()))
    lines += ["", f"Python {made_on.get('python', '?')}; {versions}.", ""]
    return "\n".join(lines)


def _two_sided(policy: Path) -> bool:
    """Whether it is an encoder-decoder, or adapters for one."""
    if (policy / ADAPTER).is_file():
        return bool(_read(policy / ADAPTER).get("task_type") == "SEQ_2_SEQ_LM")
    return bool(_read(policy / "config.json").get("is_encoder_decoder"))


def _copy(policy: Path, out: Path, card_text: str, *, merge: bool) -> None:
    """The folder whole, adapters merged if there are any; or nothing at all."""

    def write(new: Path) -> None:
        if merge:
            from rlcf.policy.model import load_policy

            load_policy(str(policy), device="cpu").save(new)
        else:
            shutil.copytree(policy, new, dirs_exist_ok=True)
        (new / "README.md").write_text(card_text, encoding="utf-8")

    replace_folder(out, write)


def _results(before: ScoreReport, after: ScoreReport) -> list[str]:
    from rlcf.evaluation.results import compare

    lines = [f"## Results on {before.tasks} tasks", ""]
    lines += ["| | before | after | difference | 95 % interval, paired |", "|---|---|---|---|---|"]
    for name, difference in compare(before, after).items():
        cells = [before.totals.get(name), after.totals.get(name), difference]
        values = " | ".join(_value(name, cell) for cell in cells)
        low, high = _value(name, difference, "low"), _value(name, difference, "high")
        lines.append(f"| {name} | {values} | {low} to {high} |")
    return [*lines, "", "Intervals are over tasks, not over seeds of training.", ""]


def _measures(after: ScoreReport) -> list[str]:
    lines = [f"## Results on {after.tasks} tasks", "", "| | | 95 % interval |", "|---|---|---|"]
    for name, found in after.totals.items():
        if found is not None:
            low, high = _value(name, found, "low"), _value(name, found, "high")
            lines.append(f"| {name} | {_value(name, found)} | {low} to {high} |")
    return [*lines, ""]


def _value(name: str, estimate: Estimate | None, which: str = "mean") -> str:
    if estimate is None:
        return "not measured"
    from rlcf.evaluation.numbers import digits, unit

    return digits(name, float(getattr(estimate, which))) + unit(name)


def _base_model(base: str) -> list[str]:
    """The hub's metadata wants names of the hub only."""
    on_hub = base.count("/") == 1 and not Path(base).exists() and not base.startswith((".", "/"))
    return [f"base_model: {base}"] if on_hub else []


def _public(value: Any) -> str:
    """A setting without the folders of this machine, fit for a table."""
    text = json.dumps(value) if isinstance(value, list | dict | bool) else str(value)
    if text.startswith(("/", "~", "..")) or (isinstance(value, str) and Path(value).is_dir()):
        text = Path(text).name
    return text.replace("|", "\\|").replace("\n", " ")


def _scores(given: Path | None, default: Path) -> ScoreReport | None:
    if given is None and not default.is_file():
        return None
    return load_scores(given or default)


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise UserError(f"{path}: cannot be read; not a run directory") from exc
    return found


def _push(folder: Path, name: str, *, private: bool) -> None:
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi()
    try:
        api.create_repo(name, private=private, exist_ok=True)
        api.upload_folder(repo_id=name, folder_path=folder)
    except HfHubHTTPError as exc:
        words = first_line(str(exc)) or type(exc).__name__
        raise UserError(
            f"the hub refused {name} ({words}); {folder} is written: log in with `hf auth login` "
            "or set HF_TOKEN, and check that the name is yours"
        ) from exc
