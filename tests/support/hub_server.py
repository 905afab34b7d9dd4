"""A local server that speaks the protocol of a model hub."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Repositories by name, as folders; what was requested; faults to play."""

    def __init__(self, repositories: dict[str, Path]) -> None:
        self.repositories = repositories
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.break_after: int | None = None
        """Bytes of an answer after which the connection is closed."""
        self.corrupt = False
        self.status: int | None = None
        self.redirect_to = ""
        """Address to which downloads are redirected."""
        self.card: dict[str, Any] = {"license": "creativeml-openrail-m"}
        self.address = ""

    def api(self, name: str) -> dict[str, Any]:
        """The answer to /api/models/NAME."""
        root = self.repositories[name]
        files = sorted(path for path in root.rglob("*") if path.is_file())
        siblings = [self._sibling(root, path) for path in files]
        return {"id": name, "sha": COMMIT, "siblings": siblings, "cardData": self.card, "gated": False}

    @staticmethod
    def _sibling(root: Path, path: Path) -> dict[str, Any]:
        data = path.read_bytes()
        entry: dict[str, Any] = {"rfilename": path.relative_to(root).as_posix(), "size": len(data)}
        if path.suffix == ".safetensors":
            digest = hashlib.sha256(data).hexdigest()
            return entry | {"lfs": {"sha256": digest, "size": len(data)}, "blobId": "0" * 40}
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False)
        return entry | {"blobId": blob.hexdigest()}


class HubHandler(BaseHTTPRequestHandler):
    """Answers the requests of a :class:`Hub`."""

    hub: Hub

    def do_GET(self) -> None:
        self.hub.requests.append((self.path, dict(self.headers)))
        path = unquote(urlsplit(self.path).path)
        if self.hub.status is not None:
            self.send_error(self.hub.status)
        elif self.hub.redirect_to and "/resolve/" in path:
            self._send(b"", "text/plain", 302, {"Location": self.hub.redirect_to + self.path})
        elif path.startswith("/api/models/"):
            self._send_list(path.removeprefix("/api/models/").split("/revision/")[0])
        else:
            name, _, rest = path[1:].partition("/resolve/")
            self._send_file(self.hub.repositories[name] / rest.removeprefix(f"{COMMIT}/"))

    def _send_list(self, name: str) -> None:
        if name in self.hub.repositories:
            self._send(json.dumps(self.hub.api(name)).encode(), "application/json")
        else:
            self.send_error(404)

    def _send_file(self, path: Path) -> None:
        data = path.read_bytes()
        etag = f'"{hashlib.sha256(data).hexdigest()}"'
        if self.hub.corrupt and path.suffix == ".safetensors":
            data = data[:-1] + bytes([data[-1] ^ 1])
        start = int(self.headers.get("Range", "bytes=0-")[6:-1])
        headers = {"ETag": etag, "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self._send(data[start:], "application/octet-stream", 206 if start else 200, headers)

    def _send(self, data: bytes, kind: str, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        broken = (
            self.hub.break_after is not None and "resolve" in self.path and len(data) > self.hub.break_after
        )
        self.wfile.write(data[: self.hub.break_after] if broken else data)
        if broken:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def running_hub(repositories: dict[str, Path]) -> Iterator[Hub]:
    """Serve ``repositories`` on a free port of this machine."""
    hub = Hub(repositories)
    handler = type("Handler", (HubHandler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
