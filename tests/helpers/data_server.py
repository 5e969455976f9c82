"""A server of one file and one archive over loopback."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from waiting import PATIENCE

CONTENT = bytes(range(256)) * 40


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def tar_of(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


ARCHIVE = tar_of(batches__one=b"1" * 50, batches__two=b"2" * 60)


class Handler(BaseHTTPRequestHandler):
    """Serves the content whole, cut off, corrupted, never, or from elsewhere."""

    requests: list[str]

    def do_GET(self) -> None:
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        if self.path == "/gone":
            self.send_error(404)
            return
        if self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "http://example.invalid/file.bin")
            self.end_headers()
            return
        body = ARCHIVE if self.path == "/archive.tar.gz" else CONTENT
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/silent":
            self.server.release.wait(PATIENCE)  # type: ignore[attr-defined]
        sent = {"/cut": body[:1000], "/corrupt": body[:-1] + b"?", "/silent": b""}.get(self.path, body)
        self.wfile.write(sent)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for the answers, so that no socket outlives the test

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[str] = []
        self.release = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


def files_below(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
