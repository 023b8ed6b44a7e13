"""`rlcf serve`: the grounding over HTTP (the application is `rlcf.server.app`)."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from rlcf.errors import UserError
from rlcf.install import install_hint
from rlcf.server.hosts import is_loopback
from rlcf.settings import Checked, Count, Need, Positive, Range, Share

if TYPE_CHECKING:
    from rlcf.grounding.scorer import Scorer


@dataclass(frozen=True)
class Args(Checked):
    """Serve rewards and diagnostics over HTTP, for trainers that run elsewhere.

    POST /v1/score takes batches, POST /openrlhf speaks OpenRLHF's protocol; /docs describes both,
    /healthz and /metrics (Prometheus) tell how it fares. The access token is read from RLCF_TOKEN;
    without one, only this machine may ask. Ctrl-C or SIGTERM finishes what was begun and stops.

    Examples:
      rlcf serve                                          Java, the compiler's verdict
      rlcf serve --language java python                   both; a request may name which
      rlcf serve --comparator embedded --port 9000
      rlcf serve --class-path target/classes target/lib/*
      RLCF_TOKEN=secret rlcf serve --host 0.0.0.0
    """

    language: tuple[str, ...] = ("java",)
    """Languages of the programs; a request that names none gets the first (`rlcf languages`)."""
    class_path: tuple[str, ...] = ()
    """What programs are compiled against: jar files, classes, headers, packages, modules, crates
    (docs/languages.md)."""
    comparator: str | None = None
    """Comparator, named as in `rlcf train`; none: the compiler's verdict alone, and no torch."""
    comparator_weight: Share = 1.0
    """The comparator's share in the reward of accepted programs."""
    host: str = "127.0.0.1"
    """Address to listen at."""
    port: Annotated[int, Range(0, 65535)] = 8321
    """Port to listen at; 0: any that is free."""
    threads: Count = 4
    """Requests to judge at the same time."""
    waiting: Count = 1024
    """Programs that may be judged or wait; beyond that, requests are refused with 429."""
    deadline: Positive = 60.0
    """Longest time for one request, in seconds."""

    NEEDS = (Need(("comparator_weight",), lambda a: a.comparator, "--comparator"),)


def main(args: Args) -> int:
    """Serve until stopped."""
    # Without the line end of the file that it was read from, which no client can send.
    token = os.environ.get("RLCF_TOKEN", "").strip() or None
    if token is None and not is_loopback(args.host):
        raise UserError(f"listening at {args.host} needs an access token: set RLCF_TOKEN")
    try:
        import uvicorn

        from rlcf.server.app import ServerLimits, create_app
    except ImportError as exc:
        raise UserError(f"serving needs more packages ({exc}): {install_hint('serve')}") from exc
    from rlcf.grounding.scorer import Answer

    scorers = _scorers(args)
    # What is amiss shows now, not at the first request: a port that is taken, a missing compiler
    # or comparator.
    with _listen(args.host, args.port) as listener, _stopped_by_sigterm():
        for scorer in scorers:
            scorer([Answer("")])
        limits = ServerLimits(
            threads=args.threads, waiting=args.waiting, deadline_seconds=args.deadline
        )
        config = uvicorn.Config(
            create_app(scorers, limits, token),
            log_level="warning",
            timeout_graceful_shutdown=int(args.deadline) + 5,
        )
        host = f"[{args.host}]" if ":" in args.host else args.host
        url = f"http://{host}:{listener.getsockname()[1]}"
        judged = ", ".join(scorer.language for scorer in scorers)
        print(f"rlcf: judging {judged} at {url} (schema: /docs); Ctrl-C stops", file=sys.stderr)
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def _scorers(args: Args) -> list[Scorer]:
    """One a language, in order."""
    from rlcf.grounding.scorer import Scorer
    from rlcf.languages import options_for
    from rlcf.languages.registry import known

    languages = [known(name) for name in args.language]
    options = options_for(languages, args.class_path)
    return [
        Scorer(
            language,
            comparator=args.comparator,
            weight=args.comparator_weight,
            compiler_options=options[language],
        )
        for language in languages
    ]


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Exit code 0 at SIGTERM, which is how servers are told to stop.

    uvicorn finishes what was begun and then raises the signal again, for this handler.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as exc:
        reason = exc.strerror or exc
        raise UserError(f"cannot listen at {host}, port {port}: {reason}; try --port 0") from exc
