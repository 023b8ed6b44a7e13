"""Which exceptions are the user's or the host's to solve, and the one line that says how.

User errors, a full disk, a hub that cannot be reached, an extra that is not installed. Everything
else is a fault of ours and keeps its traceback: `explain` returns None for it.
"""

from __future__ import annotations

import errno

from rlcf.errors import UserError
from rlcf.install import install_hint
from rlcf.text import first_line

_HUB_PACKAGES = {"huggingface_hub", "httpx", "httpx2", "httpcore", "httpcore2", "requests"}
_EXTRAS = {
    **dict.fromkeys(
        ("torch", "transformers", "tokenizers", "safetensors", "huggingface_hub"), "train"
    ),
    **dict.fromkeys(
        ("fastapi", "fastapi_offline", "starlette", "uvicorn", "pydantic", "prometheus_client"),
        "serve",
    ),
}
"""Package -> the extra of ours that brings it."""
_FULL = {errno.ENOSPC, errno.EDQUOT}


def explain(exc: BaseException) -> str | None:
    """One line for the user, or None where the exception is not theirs to solve."""
    if isinstance(exc, UserError):
        return " ".join(str(exc).split())
    chain = _chain(exc)
    for link in chain:
        missing = (link.name or "").partition(".")[0] if isinstance(link, ImportError) else ""
        if isinstance(link, ModuleNotFoundError) and missing in _EXTRAS:
            hint = install_hint(_EXTRAS[missing])
            return f"this needs {missing}, which is not installed: {hint}"
        if isinstance(link, OSError) and link.errno in _FULL:
            where = f" while writing {link.filename}" if link.filename else ""
            return f"the disk is full{where}; free some space and run the command again"
        # Libraries that write by other means than Python's keep only the words.
        if "No space left on device" in str(link):
            return "the disk is full; free some space and run the command again"
    if isinstance(exc, ConnectionError | OSError | ValueError) or _is_hub(exc):
        for link in chain:
            if _is_hub(link):
                return (
                    f"hub unreachable or its answer unusable ({_first_line(link)}); "
                    "check the name and the network, or use a local path"
                )
    return None


def _is_hub(exc: BaseException) -> bool:
    if type(exc).__module__.partition(".")[0] in _HUB_PACKAGES:
        return True
    # transformers wraps the hub's errors and may drop the cause; its text names the host.
    return isinstance(exc, OSError) and "huggingface.co" in str(exc)


def _chain(exc: BaseException) -> list[BaseException]:
    links: list[BaseException] = []
    link: BaseException | None = exc
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ or link.__context__
    return links


def _first_line(exc: BaseException) -> str:
    text = first_line(str(exc))
    return f"{type(exc).__name__}: {text}"[:200] if text else type(exc).__name__
