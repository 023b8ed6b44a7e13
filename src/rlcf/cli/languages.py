"""`rlcf languages`: which languages are ready here, with which tools, and how to get the others.

Asks the tools for their versions and, if wanted, tries each language on a small program. Does
not install anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass

_INSTALLER = re.compile(r"(?:apt-get|pip) install |npm install (?:--[\w-]+ )*?--prefix \S+ ")


@dataclass(frozen=True)
class Args:
    """List the languages: what is ready here, and how to install the rest.

    Exit code 0: done. 1: with --trial, a language that should work does not.

    Examples:
      rlcf languages
      rlcf languages --trial
    """

    json: bool = False
    """Print JSON: a list with one object per language."""
    trial: bool = False
    """Let each ready language judge and run a small right and a small wrong program."""


@dataclass(frozen=True)
class Row:
    """What is known of one language."""

    language: str
    ready: bool
    tools: str
    """Versions, or what is missing."""
    install: str
    """The command that installs what is missing; empty if nothing is."""
    tried: str = ""
    """`works`, or what went wrong; empty if it was not tried."""


def main(args: Args) -> int:
    """Print the list; see `Args` for the exit codes."""
    from rlcf.languages.registry import names

    rows = [row(name, args.trial) for name in names()]
    if args.json:
        print(json.dumps([asdict(r) for r in rows]))
    else:
        _print(rows)
    return 1 if any(r.tried not in ("", "works") for r in rows) else 0


def row(name: str, tried: bool = False) -> Row:
    """What is known of a language here."""
    from rlcf.languages.registry import load

    language = load(name)()
    missing = language.missing()
    if missing:
        return Row(name, False, missing, language.install)
    return Row(name, True, "; ".join(language.versions()), "", attempt(name) if tried else "")


def attempt(name: str) -> str:
    """`works`, or what a small program shows to be wrong."""
    from rlcf.languages import Job, Limits, Toolchain
    from rlcf.languages.registry import load

    sample = load(name).sample
    with Toolchain(name, seats=1) as toolchain:
        good, bad = toolchain.check([sample.good, sample.bad])
        if (good.verdict, bad.verdict) != ("accepted", "rejected"):
            return f"a right program is {good.verdict} {good.reason}, a wrong one {bad.verdict}"
        job = Job(sample.good, sample.tests, sample.entry_point)
        (ran,) = toolchain.run([job], Limits(wall_seconds=20.0, cpu_seconds=10.0))
    return "works" if ran.outcome == "passed" else f"a right program: {ran.outcome} {ran.detail}"


def _print(rows: list[Row]) -> None:
    width = max(len(r.language) for r in rows)
    for r in rows:
        state = "ready  " if r.ready else "missing"
        tried = f"  [{r.tried}]" if r.tried else ""
        print(f"{r.language:<{width}}  {state}  {r.tools}{tried}")
    lacking = [r.install for r in rows if r.install]
    if lacking:
        print("\nInstall what is missing (Debian, Ubuntu; as root):")
        print(f"  {one_command(lacking)}")


def one_command(commands: Iterable[str]) -> str:
    """One line that does what these do: one call of each installer, with all its packages."""
    packages: dict[str, list[str]] = {}
    for command in commands:
        found = _INSTALLER.match(command)
        start, words = (found[0].rstrip(), command[found.end() :]) if found else (command, "")
        known = packages.setdefault(start, [])
        known += [word for word in words.split() if word not in known]
    return " && ".join(" ".join([start, *words]) for start, words in packages.items())
