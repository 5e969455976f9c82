"""Warm start: the jobs of a run are forked from one process that has imported torch, instead of importing it each.

`warm.py SCRIPT [ARGUMENT ...]` runs a job. Where `start` has left the address of a server in the environment, the job
hands it its arguments, environment, folder and standard streams; the server forks a child that becomes the job, and the
job stays as its shell: it passes signals on and ends as the child ends. Anywhere else, and for whatever the server
cannot run, it becomes the script itself.

A job never ends before its child: the child holds the server's end of the connection open without using it, so that it
closes when both are gone.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, NoReturn

ADDRESS = "RLSEARCH_WARM"
PARENT = "RLSEARCH_PARENT"
"""Whose death ends a job: `rlsearch.job` reads it. An orphan's own getppid() would name the process that adopted it."""

SERVER, LOG = Path(__file__).with_name("warm_server.py"), Path("logs/warm.log")
READY, FORKED, COLD = "ready", "forked", "cold"
"""What the server answers: a child is forked when the job says so, it is forked, there is none. Later its status."""

PASSED = (signal.SIGINT, signal.SIGTERM, signal.SIGTSTP)
LOST = (
    "the process that jobs are forked from was killed, and this job ended with it\n"
    "  do: finished work is kept; run the same command again (RLSEARCH_WARM=off does without that process)"
)


class Request(NamedTuple):
    """What a child needs to be a job, apart from its streams."""

    words: list[str]
    environment: dict[str, str]
    folder: str
    python: str


def start() -> None:
    """Start the server of a run, which ends with the calling process; the Snakefile does so before any job.

    The socket listens before this returns, so that no job is too early. Its folder is closed to other users. Without
    Linux, or with RLSEARCH_WARM=off, jobs start as usual; so they do where there is no room for a socket.
    """
    if os.environ.pop(ADDRESS, "") != "off" and sys.platform == "linux":
        with contextlib.suppress(OSError):
            _start()


def _start() -> None:
    short = len(os.fsencode(tempfile.gettempdir())) < 80  # a socket's address has at most 107 bytes
    folder = tempfile.mkdtemp(prefix="rlsearch-", dir=None if short else "/tmp")  # noqa: S108 - a folder of its own, closed to others
    LOG.parent.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener, LOG.open("w", encoding="utf-8") as log:
        listener.bind(f"{folder}/socket")
        listener.listen(1000)
        bytecode = ["-B"] if sys.dont_write_bytecode else []  # rlsearch/__init__.py says when
        command = [sys.executable, *bytecode, str(SERVER), str(listener.fileno()), str(os.getpid())]
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        # In a session of its own, so that Ctrl-C reaches a child once: through its job.
        server = subprocess.Popen(command, pass_fds=[listener.fileno()], start_new_session=True, **streams)
    os.environ[ADDRESS] = f"{folder}/socket"
    atexit.register(_stop, server, folder)


def _stop(server: subprocess.Popen[bytes], folder: str) -> None:
    """End the server of a run that is over; waited for, its processor time counts as the run's."""
    server.terminate()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)


def run(words: list[str]) -> NoReturn:
    """Run a script with its arguments, in a child of the server or as a process of its own."""
    parent = os.getppid()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing has begun that would need a traceback
    if os.environ.get(ADDRESS, "off") != "off":
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server, contextlib.suppress(OSError):
            server.connect(os.environ[ADDRESS])
            request = Request(words, dict(os.environ), str(Path.cwd()), sys.executable)
            socket.send_fds(server, [json.dumps(request).encode()], [0, 1, 2])
            _follow(server, parent)
    if os.getppid() != parent:
        sys.exit(128 + signal.SIGTERM)
    os.environ[PARENT] = str(parent)
    os.execv(sys.executable, [sys.executable, *words])


def _follow(server: socket.socket, parent: int) -> None:
    """Wait for the child and end as it ends; return if there is none and will be none."""
    started = False
    server.settimeout(0.5)
    while True:
        try:
            answer = server.recv(100).decode()
        except TimeoutError:
            if os.getppid() == parent:
                continue
            if not started:
                return
            parent = os.getppid()
            _tell(server, signal.SIGTERM)
            continue
        except OSError:
            answer = ""
        if answer == READY:
            signal.pthread_sigmask(signal.SIG_BLOCK, PASSED)  # each of them ends this process or reaches the child
            _tell(server, 0)
            _pass_signals(server)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED)
        elif answer == FORKED:
            started = True
        elif answer and answer != COLD:
            end(int(answer))
        elif started:
            sys.exit(LOST)
        else:
            return


def _pass_signals(server: socket.socket) -> None:
    def pass_on(number: int, _: FrameType | None) -> None:
        _tell(server, number)

    def pause(*_: object) -> None:
        _tell(server, signal.SIGSTOP)  # SIGTSTP stops nothing in a session without a terminal
        os.kill(os.getpid(), signal.SIGSTOP)
        _tell(server, signal.SIGCONT)

    for number in PASSED:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, pause if number == signal.SIGTSTP else pass_on)


def _tell(server: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):
        server.send(bytes([number]))


def end(status: int) -> NoReturn:
    """End with a status at once, or by the signal that a negative one names."""
    if status < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit("usage: warm.py SCRIPT [ARGUMENT ...]")
    run(sys.argv[1:])
