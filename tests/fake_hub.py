"""A hub of its own process: so much of its protocol as an upload of small files needs."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_of_nobody"


class FakeHub:
    """What was asked of it."""

    def __init__(self) -> None:
        self.created: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.url = ""

    @contextmanager
    def serving(self) -> Iterator[FakeHub]:
        """On a free port of this machine."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def answer(self, path: str, body: bytes) -> dict[str, Any]:
        """To a POST."""
        if path == "/api/repos/create":
            self.created.append(json.loads(body))
            return {"url": f"{self.url}/me/{json.loads(body)['name']}"}
        if "/preupload/" in path:
            names = [f["path"] for f in json.loads(body)["files"]]
            return {
                "files": [
                    {"path": n, "uploadMode": "regular", "shouldIgnore": False} for n in names
                ]
            }
        if "/commit/" in path:
            for line in body.decode().splitlines():
                row = json.loads(line)
                if row["key"] == "file":
                    self.files[row["value"]["path"]] = base64.b64decode(row["value"]["content"])
            return {"commitUrl": f"{self.url}/me/it/commit/0", "commitOid": "0" * 40}
        return {}


def _handler(hub: FakeHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            self._say(200 if known else 401, hub.answer(self.path, body) if known else {})

        def do_GET(self) -> None:
            self._say(200, {"id": "me/it", "siblings": [], "sha": "0" * 40, "name": "me"})

        def _say(self, status: int, content: dict[str, Any]) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
