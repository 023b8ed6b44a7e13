"""The HTTP application: batches in, rewards and diagnostics out.

Requests beyond what may wait are refused at once with 429, so the queue cannot grow without bound;
a deadline turns what is not yet judged into *unscored*, never into a reward. Access is by token.
There is no TLS: put a proxy before it. Programs are compiled, never run.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPBearer
from fastapi_offline import FastAPIOffline
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

import rlcf
from rlcf.adapters import openrlhf
from rlcf.errors import UserError
from rlcf.grounding.scorer import Answer, Judged, Scorer
from rlcf.languages.registry import known
from rlcf.server.limits import BodyLimit, HeadAsGet
from rlcf.server.schema import OpenRLHFRequest, ScoreRequest, ScoreResponse, ScoreResult

_ASSETS = "/static-offline-docs/"
Next = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class ServerLimits:
    """What one server takes on."""

    threads: int = 4
    """Requests that are judged at the same time."""
    waiting: int = 1024
    """Programs that may be judged or wait for it; beyond that, requests are refused with 429."""
    programs: int = 512
    """Most programs of one request."""
    body_bytes: int = 16 * 1024 * 1024
    """Most bytes of one request."""
    deadline_seconds: float = 60.0
    """Longest, and default, time for one request."""


class Meters:
    """What `/metrics` shows."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = {"registry": self.registry}
        self.requests = Counter("rlcf_requests", "Requests by status", ["status"], **own)  # type: ignore[arg-type]
        self.programs = Counter("rlcf_programs", "Programs by verdict", ["verdict"], **own)  # type: ignore[arg-type]
        self.seconds = Histogram("rlcf_request_seconds", "Time from request to answer", **own)  # type: ignore[arg-type]
        self.waiting = Gauge("rlcf_programs_waiting", "Programs being judged or waiting", **own)  # type: ignore[arg-type]


class Desk:
    """Takes batches as long as there is room, and has them judged in threads."""

    def __init__(self, scorers: Sequence[Scorer], limits: ServerLimits, meters: Meters) -> None:
        self._scorers = {known(scorer.language): scorer for scorer in scorers}
        self._limits = limits
        self._meters = meters
        self._threads = ThreadPoolExecutor(limits.threads, thread_name_prefix="rlcf-judge")
        self._waiting = 0
        self._lock = threading.Lock()

    @property
    def languages(self) -> list[str]:
        """The languages it judges; requests that name none get the first."""
        return list(self._scorers)

    async def judge(
        self, answers: Sequence[Answer], seconds: float, language: str | None
    ) -> list[Judged] | None:
        """Verdicts, or None if they were not there in time.

        Raises:
            HTTPException: 429, there is no room; 422, another language.
        """
        try:
            scorer = self._scorers.get(known(language or self.languages[0]))
        except UserError:
            scorer = None
        if scorer is None:
            raise HTTPException(422, f"this server judges {', '.join(self.languages)} only")
        self._take(len(answers))
        # Room is given back when the work is done, not when its caller stops waiting.
        work: Future[list[Judged]] = self._threads.submit(scorer, answers)
        work.add_done_callback(lambda _: self._take(-len(answers)))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(work), seconds)
        except TimeoutError:
            return None

    def _take(self, count: int) -> None:
        with self._lock:
            if count > 0 and self._waiting and self._waiting + count > self._limits.waiting:
                raise HTTPException(429, "too many programs are waiting", {"Retry-After": "1"})
            self._waiting += count
            self._meters.waiting.set(self._waiting)

    def close(self) -> None:
        """Finish what was taken, then stop the compiler."""
        self._threads.shutdown(wait=True)
        for scorer in self._scorers.values():
            scorer.close()


def create_app(
    scorers: Sequence[Scorer], limits: ServerLimits | None = None, token: str | None = None
) -> FastAPI:
    """The application; it closes the scorers when it ends.

    Args:
        scorers: judge, one per language; the first where a request names no language.
        limits: see `ServerLimits`.
        token: what clients must send as `Authorization: Bearer TOKEN`; none: anyone may ask.
    """
    limits = limits or ServerLimits()
    meters = Meters()
    desk = Desk(scorers, limits, meters)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(desk.close)

    # Swagger's files come from this server, not from a CDN.
    app = FastAPIOffline(title="rlcf", version=rlcf.__version__, lifespan=lifespan, redoc_url=None)
    app.add_middleware(BodyLimit, largest=limits.body_bytes)

    _add_guard(app, meters, token)
    app.add_middleware(HeadAsGet)
    app.add_exception_handler(RequestValidationError, _malformed)
    # For the schema; `guard` looks at tokens.
    locked = [Depends(HTTPBearer(auto_error=False))] if token else []

    @app.get("/healthz")
    async def healthz() -> dict[str, str | list[str]]:
        return {"status": "ok", "version": rlcf.__version__, "languages": desk.languages}

    @app.get("/metrics", dependencies=locked)
    async def metrics() -> Response:
        return Response(generate_latest(meters.registry), media_type="text/plain; version=0.0.4")

    scoring = APIRouter(dependencies=locked)
    _add_scoring(scoring, desk, limits, meters)
    app.include_router(scoring)
    return app


def _add_guard(app: FastAPI, meters: Meters, token: str | None) -> None:
    @app.middleware("http")
    async def guard(request: Request, call_next: Next) -> Response:
        start = time.monotonic()
        if token and not _open(request.url.path) and not _known(request, token):
            challenge = {"WWW-Authenticate": "Bearer"}
            response: Response = Response("access token missing or wrong\n", 401, challenge)
        else:
            response = await call_next(request)
        meters.requests.labels(str(response.status_code)).inc()
        if request.method == "POST":
            meters.seconds.observe(time.monotonic() - start)
        return response


async def _malformed(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)  # the only kind that it is registered for
    # Without what was given, which need not be JSON: NaN, lone surrogates.
    errors = [{key: e[key] for key in ("type", "loc", "msg")} for e in exc.errors()]
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.endswith(("/json", "+json")):  # it was not even looked into (`curl -d` alone)
        wanted = "send the header Content-Type: application/json"
        errors = [{"type": "content_type", "loc": ["header", "content-type"], "msg": wanted}]
    return Response(json.dumps({"detail": errors}), 422, media_type="application/json")


def _add_scoring(app: APIRouter, desk: Desk, limits: ServerLimits, meters: Meters) -> None:
    @app.post("/v1/score")
    async def score(request: ScoreRequest) -> ScoreResponse:
        """Reward programs."""
        if len(request.items) > limits.programs:
            raise HTTPException(413, f"at most {limits.programs} programs per request")
        answers = [Answer(i.completion, i.prompt, i.reference) for i in request.items]
        seconds = min(request.deadline_seconds or limits.deadline_seconds, limits.deadline_seconds)
        judged = await desk.judge(answers, seconds, request.language)
        if judged is None:
            results = [_late(seconds)] * len(answers)
        else:
            results = [_result(one) for one in judged]
        for result in results:
            meters.programs.labels(result.verdict).inc()
        return ScoreResponse(results=results)

    @app.post("/openrlhf")
    async def openrlhf_rewards(
        request: OpenRLHFRequest, language: str | None = None
    ) -> dict[str, Any]:
        """OpenRLHF's protocol; what could not be judged is a 503, which it tries again."""
        if not len(request.query) == len(request.prompts) == len(request.labels):
            raise HTTPException(422, "query, prompts and labels differ in length")
        if len(request.query) > limits.programs:
            raise HTTPException(413, f"at most {limits.programs} programs per request")
        rows = zip(request.query, request.prompts, request.labels, strict=True)
        answers = [openrlhf.answer_of(*row) for row in rows]
        judged = await desk.judge(answers, limits.deadline_seconds, language)
        if judged is None:
            raise HTTPException(503, "not judged in time")
        for one in judged:
            meters.programs.labels(str(one.result.verdict)).inc()
        try:
            return openrlhf.rewards(judged)
        except openrlhf.UnscoredError as exc:
            raise HTTPException(503, f"unscored: {exc}") from exc


def _open(path: str) -> bool:
    """Whether no token is asked for: browsers send none when they open the page of the schema."""
    return path in ("/healthz", "/docs", "/openapi.json") or path.startswith(_ASSETS)


def _known(request: Request, token: str) -> bool:
    # RFC 9110, 11.1: the scheme in any case, then blanks; the token is exact.
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(), token.encode())
    return right and scheme.lower() == "bearer"


def _late(seconds: float) -> ScoreResult:
    reason = f"not judged within {seconds:g} s"
    return ScoreResult(reward=None, verdict="unscored", similarity=None, reason=reason)


def _result(judged: Judged) -> ScoreResult:
    reason = judged.result.reason
    if judged.score is None and not reason:
        reason = "no reference to compare with"
    return ScoreResult.model_validate(
        {
            "reward": judged.score,
            "verdict": str(judged.result.verdict),
            "similarity": judged.similarity,
            "reason": reason,
            "diagnostics": [d.to_json() for d in judged.result.diagnostics],
        }
    )
