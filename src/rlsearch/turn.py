"""One command at a time changes the outputs of a project: a run, DVC, or what `make` does around them.

A run holds a lock from its first job to its end, `make repro` from before anything is removed. The environment
tells the commands that they start that the turn is theirs. DVC removes a stage's outputs before it starts anything of
ours, so a run enters its outputs into DVC's own lock too: beside a run, plain `dvc repro` or `dvc checkout` ends with
"is busy".
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rlsearch.errors import ResumeError, RlsearchError
from rlsearch.files import read_object, write_atomic
from rlsearch.search import lock

FOLDER = Path(".rlsearch/turn")
INSIDE = "RLSEARCH_TURN"
"""Names the process that holds the turn, to the commands that it starts."""

OUTPUTS = (
    "data",
    *(f"results/{phase}" for phase in ("search", "controls", "select", "retrain", "transfer", "report")),
)
DVC = Path(".dvc/tmp")
DVC_LOCK = DVC / "rwlock"
"""DVC's lock of paths: {"write": {path: {"pid", "cmd"}}, "read": ...}; not there where DVC holds none."""
DVC_STAGE = "DVC_STAGE"
"""DVC tells the command of a stage its name in this variable: there the outputs are DVC's to lock."""

_run = ExitStack()


@contextmanager
def taken() -> Iterator[None]:
    """Hold the turn while a command changes outputs.

    Raises:
        RlsearchError: another command holds it, or DVC is running.
    """
    if _is_inside():
        yield
        return
    with ExitStack() as stack:
        _enter(stack)
        yield


def take_for_run() -> None:
    """Hold the turn, and DVC's lock of the outputs, until this process ends: a run of Snakemake.

    Raises:
        RlsearchError: as `taken`.
    """
    if not _is_inside():
        _enter(_run)
        _keep_dvc_out()


def check() -> None:
    """Raise an RlsearchError if another command holds the turn, or DVC is running."""
    if not _is_inside() and lock.held(FOLDER):
        raise _busy(_holder())
    _check_dvc()


def check_beside_run() -> None:
    """As `check`, but a run of Snakemake alone is no hindrance: for what it will write again at its end."""
    if not re.search(r"/snakemake( |$)", str(_holder().get("command"))):
        check()
    _check_dvc()


def _enter(stack: ExitStack) -> None:
    try:
        stack.enter_context(lock.exclusive(FOLDER))
    except ResumeError:
        raise _busy(_holder()) from None
    _check_dvc()
    os.environ[INSIDE] = str(os.getpid())
    stack.callback(os.environ.pop, INSIDE, None)


def _is_inside() -> bool:
    holder = _holder().get("pid")
    return holder is not None and os.environ.get(INSIDE) == str(holder) and lock.held(FOLDER)


def _holder() -> dict[str, Any]:
    """Return what the last holder wrote about itself; nothing where it has only just begun to."""
    return read_object(FOLDER / "lock") or {}


def _busy(holder: dict[str, Any]) -> RlsearchError:
    words = str(holder.get("command", holder.get("cmd", "a command that has just begun")))
    return RlsearchError(
        "the pipeline is running in this folder already; nothing was changed",
        where=f"process {holder.get('pid', 'unknown')}: {words}"[:200],
        remedy="wait until it ends, or stop it with Ctrl-C or `kill` and that number",
    )


def _check_dvc() -> None:
    """Raise an RlsearchError if a living DVC writes outputs here, unless it or a holder of the turn has started us."""
    if os.environ.get(DVC_STAGE) is not None or _is_inside():
        return
    allowed = (os.getpid(), _holder().get("pid"))  # a run is in DVC's lock as well
    for path, writer in (read_object(DVC_LOCK) or {}).get("write", {}).items():
        if writer["pid"] not in allowed and _is_output(path) and _is_alive(writer["pid"]):
            raise _busy(writer)


def _is_output(path: str) -> bool:
    return any(Path(path).is_relative_to(Path.cwd() / name) for name in OUTPUTS)


def _keep_dvc_out() -> None:
    if os.environ.get(DVC_STAGE) is not None or not DVC.parent.is_dir():
        return
    own = {"pid": os.getpid(), "cmd": " ".join(sys.argv)}
    paths = [str(Path.cwd() / name) for name in OUTPUTS]

    def enter(writers: dict[str, Any]) -> None:
        writers.update(dict.fromkeys(paths, own))

    def leave(writers: dict[str, Any]) -> None:
        # The process is compared too: a forked child inherits what atexit is to call, and the entry is its parent's.
        for path in [path for path, writer in writers.items() if writer == own and os.getpid() == own["pid"]]:
            del writers[path]

    _edit_dvc(enter)
    atexit.register(_edit_dvc, leave)


def _edit_dvc(change: Callable[[dict[str, Any]], None]) -> None:
    """Change the writers in DVC's lock, as DVC does it: holding the guard, which DVC locks the same way."""
    DVC.mkdir(exist_ok=True)
    with (DVC / "rwlock.lock").open("a") as guard:
        lock.flock(guard, fcntl.LOCK_EX)
        content = read_object(DVC_LOCK) or {}
        change(content.setdefault("write", {}))
        write_atomic(DVC_LOCK, json.dumps(content), durable=False)


def _is_alive(pid: int) -> bool:
    try:
        # Signal 0 is not sent; the call only tells whether the process is there.
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is there, and belongs to another user
    return True
