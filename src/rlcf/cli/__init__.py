"""The `rlcf` command: one table of verbs, and the one place where errors become exit codes.

Exit codes: 0 done; 1 the answer is no (a rejected program, a failing solution); 2 bad input or a
failure of ours or of the host; 130 stopped by Ctrl-C. Each verb lives in its own module, imported
only when asked for.
"""

from __future__ import annotations

import codecs
import difflib
import inspect
import io
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from rlcf import outputs
from rlcf.builds import hub_home
from rlcf.cli.settingsfile import expand, files
from rlcf.modelplace import is_large
from rlcf.settings import Checked, flag, leaves

VERBS: dict[str, tuple[str, str]] = {
    "quickstart": ("rlcf.cli.quickstart", "the whole story: train, measure, report"),
    "check": ("rlcf.cli.check", "ask the compiler: accepted or rejected, and where it is wrong"),
    "sft": ("rlcf.cli.sft", "train a model on solutions: the warm-up and the baseline"),
    "train": ("rlcf.cli.train", "train a model with compiler feedback (RLCF)"),
    "merge": ("rlcf.cli.merge", "one model of several runs: the mean of their weights"),
    "generate": ("rlcf.cli.generate", "let a model complete tasks; writes JSONL samples"),
    "score": ("rlcf.cli.score", "compile and test samples that anyone wrote"),
    "evaluate": ("rlcf.cli.evaluate", "generate, then score: compile rate, execution rate, pass@k"),
    "languages": (
        "rlcf.cli.languages",
        "which languages are ready here, and how to get the others",
    ),
    "doctor": ("rlcf.cli.doctor", "check the whole installation"),
    "tasks": ("rlcf.cli.tasks", "list, export and verify sets of tasks"),
    "reverify": ("rlcf.cli.reverify", "judge the programs of a run anew, and say what changed"),
    "compare": ("rlcf.cli.compare", "two measurements of the same tasks, paired"),
    "report": ("rlcf.cli.report", "one HTML page of what a run changed"),
    "watch": ("rlcf.cli.watch", "a run's metrics in the terminal, as they come"),
    "export": ("rlcf.cli.export", "a trained policy as a Hugging Face folder, with its card"),
    "serve": ("rlcf.cli.serve", "rewards and diagnostics over HTTP, for other trainers"),
    "corpus": ("rlcf.cli.corpus", "make tasks of a source tree of your own"),
}
"""Verb -> (module with `Args` and `main(args) -> int`, one line of help)."""

_NARROWEST = 60
"""Columns of a terminal below which help and tables cannot be read."""

_INTRO = """\
rlcf trains code language models on what a compiler says of their programs.

A model completes tasks; a real compiler accepts or rejects each program and says
where it is wrong; a second model (the comparator) says how far the program is from
a good one; the model learns from both.

Usage: rlcf VERB [OPTIONS]        rlcf VERB --help tells more of one verb
Any verb takes --config FILE.toml: settings from the table of its name, flags on top.
"""

_CONFIG = """

--config FILE.toml reads settings from the table [{verb}] of a file. Its keys are the names of the
flags, with _ between words. Flags that you give replace the file's."""

_EXAMPLES = """\
Examples:
  rlcf quickstart                                     nothing needed but a JDK
  rlcf check --language java Program.java             a verdict and located errors
  rlcf tasks embedded --show 2                        what a task looks like
  rlcf evaluate --model path/to/model --tasks mbjp    how good is this model?
  rlcf train --model path/to/model --tasks tasks.jsonl
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; never raises for user errors."""
    _prepare_environment()
    _prepare_streams()
    warnings.formatwarning = one_line
    args = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _dispatch(args)
        sys.stdout.flush()  # so that a closed pipe shows here and not at interpreter exit
        return code
    except KeyboardInterrupt:
        return _fail("stopped by Ctrl-C", 130)
    except BrokenPipeError:
        # The reader (`head`, say) has left: point stdout at nothing, so that the flush
        # at exit cannot fail again, and end as a process killed by SIGPIPE would.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as exc:
        from rlcf.cli.failures import explain

        message = explain(exc)
        if message is None:
            raise
        return _fail(message, 2)


def _dispatch(args: list[str]) -> int:
    if not args or args[0] in ("-h", "--help", "help"):
        print(_overview())
        return 0
    if args[0] == "--version":
        from rlcf import __version__

        print(f"rlcf {__version__}")
        return 0
    verb, rest = args[0], args[1:]
    if verb not in VERBS:
        near = difflib.get_close_matches(verb, VERBS, n=1)
        hint = f"did you mean `{near[0]}`? " if near else ""
        return _fail(f"unknown verb `{verb}`; {hint}known: {', '.join(VERBS)}", 2)
    return _run_verb(verb, rest)


def _run_verb(verb: str, rest: list[str]) -> int:
    try:
        parsed = parse(verb, rest)
    except SystemExit as stop:  # --help, or arguments that do not parse: tyro has said why
        return stop.code if isinstance(stop.code, int) else 2
    if isinstance(parsed, Checked):
        parsed.check_needs(rest)
    if isinstance(parsed, outputs.Writes):  # before any work is done that could then not be kept
        outputs.check(parsed.outputs(), rest, files(rest))
    _choose_waiting(getattr(parsed, "model", None))
    run: Callable[[Any], int] = import_module(VERBS[verb][0]).main
    return run(parsed)


def _choose_waiting(model: str | None) -> None:
    """How idle threads of torch wait, which is read when it is imported.

    Threads that spin cost up to 30x beside a busy compiler. A large model leaves the compiler idle
    for most of a step, and would lose a quarter of it to waking threads: it keeps the default,
    which spins for a short while.
    """
    if not model or not is_large(model):
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def parse(verb: str, words: Sequence[str]) -> Any:
    """The settings that a verb's arguments make, with those of `--config`.

    Raises:
        UserError: a value or a file is refused.
        SystemExit: help was asked for, or arguments do not parse; tyro has written why.
    """
    import tyro

    settings = import_module(VERBS[verb][0]).Args
    registry = tyro.constructors.ConstructorRegistry()
    registry.primitive_rule(_values)
    return tyro.cli(
        settings,
        prog=f"rlcf {verb}",
        # The docstring as it stands: tyro by itself drops its examples.
        description=inspect.cleandoc(settings.__doc__ or "").rstrip() + _CONFIG.format(verb=verb),
        args=_without_defaults(settings, expand(verb, VERBS, settings, words)),
        config=(tyro.conf.OmitArgPrefixes, tyro.conf.FlagCreatePairsOff),
        registry=registry,
    )


def _values(info: Any) -> Any:
    """Choices and what may be none, as `--help` shows them; `rlcf.settings` checks the words."""
    from tyro.constructors import PrimitiveConstructorSpec

    read: Callable[[str], Any] = str
    if get_origin(info.type) is Literal:
        shown = f"{{{','.join(get_args(info.type))}}}"
    elif (kind := _optional(info.type)) is not None:
        number = kind in (int, float)
        shown = kind.__name__.upper()

        def read(word: str) -> Any:
            return None if number and word == "none" else kind(word)

    else:
        return None
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=shown,
        instance_from_str=lambda given: read(given[0]),
        is_instance=lambda value: True,
        str_from_instance=lambda value: ["none" if value is None else str(value)],
    )


def _optional(hint: Any) -> Any:
    """The plain type of one that may be None instead."""
    inner = [one for one in get_args(hint) if one is not NoneType]
    if get_origin(hint) not in (Union, UnionType) or len(inner) != 1:
        return None
    kind = get_args(inner[0])[0] if get_origin(inner[0]) is Annotated else inner[0]
    return kind if kind in (int, float, str, Path) else None


def _without_defaults(settings: type, args: Sequence[str]) -> list[str]:
    """Arguments without those that say of a switch what holds anyway, which tyro does not know."""
    switches = [leaf for leaf in leaves(settings).values() if isinstance(leaf.default, bool)]
    known = {flag(f"{'no_' * (not leaf.default)}{leaf.name}") for leaf in switches}
    return [word for word in args if word.replace("_", "-") not in known]


def _overview() -> str:
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {name:<{width}}  {help_}" for name, (_, help_) in VERBS.items())
    return f"{_INTRO}\nVerbs:\n{verbs}\n\n{_EXAMPLES}"


def _fail(message: str, code: int) -> int:
    print(f"rlcf: error: {message}", file=sys.stderr)
    return code


def one_line(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    """A warning of ours as the user wants it; others with the place that they come from."""
    if Path(filename).is_relative_to(Path(__file__).parents[1]):
        return f"rlcf: warning: {message}\n"
    return f"{filename}:{lineno}: {category.__name__}: {message}\n"


def _prepare_environment() -> None:
    """Settings that only count if they stand before the heavy libraries load."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    if place := hub_home():
        os.environ["HF_HOME"] = place
    # Below that, help has a letter a line or nothing at all; the terminal may wrap.
    if shutil.get_terminal_size().columns < _NARROWEST:
        os.environ["COLUMNS"] = str(_NARROWEST)


def _prepare_streams() -> None:
    """No message fails for want of a stream, or of a character in the stream's encoding."""
    codecs.register_error("rlcf", _shown)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by who started us (`>&-`)
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="rlcf")


def _shown(error: UnicodeError) -> tuple[str | bytes, int]:
    """Bytes of names that are no text as they were; other characters by their numbers."""
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.lookup_error("backslashreplace")(error)
