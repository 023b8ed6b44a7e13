"""Asks a running `rlcf serve`; never raises for what goes wrong on the way.

A request that is refused for want of room, lost, or late is tried again for as long as its time
lasts; then its programs are *unscored*, with the reason. Thread-safe. Needs only the standard
library. A wrong token or a request that is malformed is the caller's mistake and does raise.
"""

from __future__ import annotations

import json
import random
import re
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from rlcf.errors import UserError
from rlcf.server.hosts import is_loopback

_MISTAKES = {
    401: "the server wants another access token",
    404: "there is no rlcf server at this address",
    413: "the request is too large: send fewer programs at a time",
    422: "the server does not understand the request, or does not judge this language",
}


@dataclass(frozen=True)
class Scored:
    """What the server said of one program."""

    reward: float | None
    """None: unscored."""
    verdict: str
    similarity: float | None = None
    reason: str = ""
    diagnostics: tuple[dict[str, Any], ...] = field(default=())
    """As `rlcf check --json` has them."""


@dataclass(frozen=True)
class Client:
    """Where to ask, and for how long. Proxies of the environment are not asked for loopback."""

    url: str = "http://127.0.0.1:8321"
    token: str | None = None
    seconds: float = 60.0
    """Time for one call, all tries together."""
    batch: int = 128
    """Programs per request."""
    language: str | None = None
    """Language of the programs; None takes the server's first."""

    def __post_init__(self) -> None:
        # What can never be sent is the caller's mistake: trying again would only take time.
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(f"{self.url!r} is no address: give one such as http://127.0.0.1:8321")
        if not re.fullmatch(r"[!-~]*", self.token or ""):
            raise UserError("an access token has no blanks, line ends or letters beyond ASCII")

    def score(
        self,
        prompts: Sequence[str],
        completions: Sequence[str],
        references: Sequence[str | None] | None = None,
    ) -> list[Scored]:
        """Score programs, in order.

        Raises:
            UserError: wrong token, wrong address, or a request too large. Making a client raises
                it where address or token cannot be right.
        """
        known = references if references is not None else [None] * len(prompts)
        items = [
            {"prompt": p, "completion": c, "reference": r}
            for p, c, r in zip(prompts, completions, known, strict=True)
        ]
        end = time.monotonic() + self.seconds
        found: list[Scored] = []
        for start in range(0, len(items), self.batch):
            found += self._batch(items[start : start + self.batch], end)
        return found

    def _batch(self, items: list[dict[str, Any]], end: float) -> list[Scored]:
        reason, pause = "no time left", 0.1
        while (left := end - time.monotonic()) > 0:
            try:
                body = {"items": items, "deadline_seconds": left, "language": self.language}
                answer = self._post(body, left)
                return [
                    Scored(**{**row, "diagnostics": tuple(row["diagnostics"])})
                    for row in answer["results"]
                ]
            except urllib.error.HTTPError as exc:
                if exc.code in _MISTAKES:
                    raise UserError(f"{self.url}{self._through()}: {_MISTAKES[exc.code]}") from exc
                reason = f"HTTP {exc.code}"
            except (OSError, ValueError, KeyError, TypeError) as exc:
                reason = f"{type(exc).__name__}: {exc}"
            # Spread out, so that clients refused together do not come back together.
            time.sleep(min(pause * random.uniform(0.5, 1.5), max(0.0, end - time.monotonic())))
            pause = min(2 * pause, 5.0)
        reason = f"no answer from {self.url}{self._through()}: {reason}"
        return [Scored(None, "unscored", reason=reason)] * len(items)

    def _post(self, body: dict[str, Any], seconds: float) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(
            self.url.rstrip("/") + "/v1/score", json.dumps(body).encode(), headers
        )
        proxies = {request.type: proxy} if (proxy := self._proxy()) else {}
        opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies))
        with opener.open(request, timeout=seconds + 1.0) as response:
            return json.load(response)

    def _proxy(self) -> str | None:
        """The proxy of the environment that is asked; none can reach this machine for us."""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        if is_loopback(host) or urllib.request.proxy_bypass(host):
            return None
        return urllib.request.getproxies().get(parts.scheme)

    def _through(self) -> str:
        """Words that name the proxy, without its password; empty where there is none."""
        proxy = (self._proxy() or "").rpartition("@")[2]
        return f" through the proxy {proxy}" if proxy else ""
