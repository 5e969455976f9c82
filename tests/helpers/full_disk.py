"""Run inside `unshare --map-root-user --mount`: all phases of a tiny study on a small disk that is full time and again.

    full_disk.py FOLDER    prints one JSON object, of "phases", "raw" and "bytecode"

Each round leaves a little more room than the one before and runs the same job again, until it succeeds. A round tells
the exit status, what was said, which files under final names differ from those of an undisturbed run, and whether all
are there.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np

import tiny
from rlsearch.config import resolved
from rlsearch.config.models import Params
from rlsearch.data import fetch
from rlsearch.data.download import download, extract
from rlsearch.data.store import RawFile, RawStore
from rlsearch.errors import DataError, StorageError
from rlsearch.job import run_job
from rlsearch.phases import controls, report, retrain, search, select
from rlsearch.report import figures

SOURCE = Path(__file__).resolve().parents[2] / "src/rlsearch"
PAGE, SIZE = os.sysconf("SC_PAGE_SIZE"), 24 << 20
CHANGES: dict[str, Any] = {
    "agents": {"random": {"type": "random"}},
    "search": {"seeds": 1, "budget": 30, "finalists": 2, "replicates": 2, "score_replicates": 2},
    "retrain": {"seeds": 1},
    "controls": {"runs": 20, "episodes": 8, "replicates": 3, "actions": 2},
}
PHASES: dict[str, tuple[str, Callable[[Params], object]]] = {
    "fetch": ("data", lambda params: fetch.run(params, "spots")),
    "search": ("results/search", lambda params: search.run(params, "tiny", "random", 0)),
    "controls": ("results/controls", lambda params: controls.run(params, "tiny", "random")),
    "select": ("results/select", lambda params: select.run(params, "tiny")),
    "retrain": ("results/retrain", lambda params: retrain.run(params, "tiny", "he")),
    "report": ("results", lambda params: report.run(params, partial=True)),
}


def mount(folder: Path, *options: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join([f"size={SIZE}", *options]), "tmpfs", folder], check=True)


def fill(room: int) -> None:
    """Leave so many pages on the disk of the working folder."""
    ballast = Path("ballast")
    ballast.unlink(missing_ok=True)
    free = os.statvfs(".").f_bavail * os.statvfs(".").f_bsize // PAGE
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free - room, 1) * PAGE)


def job(phase: str) -> tuple[int, str]:
    """Run a phase as the pipeline does; return its exit status and what it said."""
    before, said = signal.getsignal(signal.SIGTERM), io.StringIO()
    words = ["--settings", os.environ["SETTINGS"], "--log", f"logs/{phase}.log"]
    with contextlib.redirect_stderr(said):
        status = run_job(phase, lambda params, _: PHASES[phase][1](params), argv=words)
    signal.signal(signal.SIGTERM, before)
    return status, said.getvalue()


def made(folder: str) -> dict[str, str]:
    """Return the digest of every file below a folder but those that hold times."""
    files = [path for path in sorted(Path(folder).rglob("*")) if path.is_file() and path.name != "times.csv"]
    clocks = ("index.html", "seconds.csv")  # the page and one table show seconds
    return {
        str(path): "times" if path.name.endswith(clocks) else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def disturbed(phase: str, wanted: dict[str, str]) -> dict[str, Any]:
    """Run a phase with ever more room until it succeeds; then again with its results gone and its work in the store."""
    folder, room, rounds, before = PHASES[phase][0], 0, [], 0
    again = phase != "report"  # whose folder holds the results of all others
    while True:
        # Up to two pages more: a search's journal takes a page for every ten trials, each of which takes one as well.
        # The second round has both, since prices are written before the journal is begun.
        jitter = 2 * len(rounds) % 3 if phase == "search" and again else 0
        fill(room + jitter)
        status, said = job(phase)
        found = made(folder)
        differ = [path for path, value in found.items() if wanted.get(path) != value]
        rounds.append({"room": room, "status": status, "said": said, "differ": differ, "same": found == wanted})
        if status == 2:
            # Where little room brings a search on, it gets as little again: so each kind of write meets the full disk.
            done = len(list(Path(".rlsearch/outcomes").rglob("*.json")))
            if phase == "search" and not again:
                # Page by page: of what is left, the ledger alone takes but a few, which a larger step might pass over.
                room += 1
            elif phase != "search" or done == before:
                room = max(room + 1, room * 3 // 2 if room < 8 else room * 2)
            before = done
        elif status == 0 and again:
            shutil.rmtree(folder)
            room, again = 0, False
        else:
            Path("ballast").unlink()
            return {"rounds": rounds}


def pipeline(folder: Path) -> dict[str, Any]:
    """Run all phases undisturbed, then on the small disk."""
    params, own = tiny.study(folder / "made-up", **CHANGES), folder / "spots.npz"
    train, test = tiny.spots(160, "train"), tiny.spots(64, "test")
    np.savez(own, images=train[0], labels=train[1], test_images=test[0], test_labels=test[1])
    raw = resolved.dump(params)
    raw["datasets"]["spots"]["path"] = str(own)
    settings = folder / "settings.json"
    settings.write_text(json.dumps(raw), encoding="utf-8")
    os.environ["SETTINGS"] = str(settings)
    drawn = {name: figures.modules()[name] for name in ("test-levels",)}
    figures.modules = lambda: drawn  # type: ignore[assignment]
    calm, small, found = folder / "calm", folder / "small", {}
    calm.mkdir()
    mount(small)
    for phase, (place, _) in PHASES.items():
        os.chdir(calm)
        status, said = job(phase)
        assert status == 0, said
        wanted = made(place)
        os.chdir(small)
        found[phase] = disturbed(phase, wanted)
        found[phase]["left"] = [str(path) for path in Path().rglob("*") if path.name.endswith((".tmp", "-unfinished"))]
    os.chdir(folder)
    return found


def bytecode(folder: Path) -> dict[str, Any]:
    """Import the package from a full disk, and again when there is room."""
    disk = folder / "package"
    mount(disk)
    os.chdir(disk)
    shutil.copytree(SOURCE, "rlsearch", ignore=shutil.ignore_patterns("__pycache__"))
    found = []
    code = f"import rlsearch.job, rlsearch.phases.search; assert rlsearch.__file__.startswith({str(disk)!r})"
    options: dict[str, Any] = {"check": False, "stderr": subprocess.PIPE, "text": True}
    options["env"] = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, "-c", code]
    for room in (3, 40):
        fill(room)
        found.append(subprocess.run(command, **options).stderr)
    Path("ballast").unlink()
    found.append(subprocess.run(command, **options).stderr)
    os.chdir(folder)
    return {"said": found}


def said_by(work: Callable[[], object]) -> str:
    try:
        work()
    except (DataError, StorageError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


class Handler(BaseHTTPRequestHandler):
    body = bytes(1 << 20)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def raw_files(folder: Path) -> dict[str, Any]:
    """Download and unpack on a full disk; then read from a disk that is read-only."""
    store, content = folder / "raw", Handler.body
    mount(store)
    os.chdir(store)
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo("inside/one")
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    packed = buffer.getvalue()
    archive = RawFile("set/a.tar.gz", hashlib.md5(packed, usedforsecurity=False).hexdigest(), len(packed))
    one = RawFile("set/inside/one", md5, len(content), archive=archive)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}/one"
    fill(20)
    texts = {
        "download": said_by(lambda: download(url, store / "set/one", md5)),
        "unpack": said_by(lambda: extract(packed, store / "set", {store / "set/inside/one": md5})),
    }
    left = [str(path) for path in store.rglob("*") if path.is_file() and path.name != "ballast"]
    Path("ballast").unlink()
    download(url, store / "set/one", md5)
    after = (store / "set/one").read_bytes() == content
    (store / archive.path).write_bytes(packed)
    subprocess.run(["mount", "-o", "remount,bind,ro", store], check=True)
    holds, plain = RawStore([store]), RawFile("set/one", md5, len(content))
    holds.obtain([plain, one])
    same = [holds.read(plain) == content, holds.read(one) == content]
    texts["missing"] = said_by(lambda: holds.obtain([RawFile("set/other", md5, 1, url=url)]))
    status, texts["project"] = job("fetch")
    os.chdir(folder)
    server.shutdown()
    return {"texts": texts, "left": left, "after": after, "same": same, "project": status}


if __name__ == "__main__":
    home = Path(sys.argv[1])
    home.mkdir()
    results = {"phases": pipeline(home), "raw": raw_files(home), "bytecode": bytecode(home)}
    shutil.rmtree(home / "calm")
    print(json.dumps(results))
