"""The server of `warm.py`: has imported torch, and forks a child for each job.

It imports nothing of the package, so that edited code is never stale; runs no thread, which would not survive a fork;
and does not touch CUDA: a child finds what a fresh process finds after its imports.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from warm import COLD, FORKED, PARENT, READY, Request, end

TRAINS = ("torch", "torch.utils.flop_counter", "pydantic", "yaml", "rich.progress")
LOADED = {
    **dict.fromkeys(("run_search.py", "run_retrain.py", "run_transfer.py"), TRAINS),
    "run_controls.py": (*TRAINS, "scipy.stats"),
}
"""What a script imports of others; loaded when the first job asks, since a run may have none that trains."""

FIXED = ("PYTHON", "LD_", "LANG", "LC_", "MALLOC_", "GLIBC_", "APPTAINER_", "SINGULARITY_")
"""Beginnings of variables that a process reads before any code of ours, or that mean another file system."""

SHELL = ("_", "PWD", "OLDPWD", "SHLVL")
BLAS = "OPENBLAS_NUM_THREADS"
"""numpy starts this many threads when it is imported, and Snakemake sets it to a rule's `threads`."""


@dataclass(eq=False)
class Job:
    """A connection, and the child that runs for it once it has asked."""

    connection: socket.socket
    request: Request | None = None
    streams: Sequence[int] = ()
    child: int = 0
    watch: int = -1
    """Readable when the child has ended."""
    left: bool = False
    """Nobody is there who could hear or say something."""

    def answer(self, text: str) -> None:
        """Tell the job, which may be gone."""
        with contextlib.suppress(OSError):
            self.connection.send(text.encode())

    def close_streams(self) -> None:
        """Close the streams, which belong to the child."""
        for stream in self.streams:
            os.close(stream)
        self.streams = ()

    def close(self) -> None:
        """Close all that is open for the job."""
        self.close_streams()
        self.connection.close()
        if self.watch >= 0:
            os.close(self.watch)


class Server:
    """Forks a child for each job that asks, until the parent and all children have ended."""

    def __init__(self, listener: socket.socket, parent: int) -> None:
        self.listener, self.parent = listener, parent
        self.jobs: list[Job] = []
        self.environment: dict[str, str] = {}

    def serve(self) -> Job | None:
        """Return None at the end; in each child, at once, the job that it shall become."""
        while self.jobs or os.getppid() == self.parent:
            talking = [job.connection for job in self.jobs if not job.left]
            watched = [job.watch for job in self.jobs if job.child]
            open_ends: list[socket.socket | int] = [self.listener, *talking, *watched]
            ready = select.select(open_ends, [], [], 0.5)[0]
            for job in [job for job in self.jobs if job.watch in ready]:
                status = os.waitstatus_to_exitcode(os.waitpid(job.child, 0)[1])
                job.answer(str(status))
                self._drop(job)
            for job in [job for job in self.jobs if job.connection in ready]:
                if self._hear(job):
                    return job
            if self.listener in ready:
                self.jobs.append(Job(self.listener.accept()[0]))
        return None

    def _hear(self, job: Job) -> bool:
        """Take a request, the word to go, a signal for the child, or the end; return whether this is a new child."""
        try:
            data, streams, _, _ = socket.recv_fds(job.connection, 1 << 20, 3)
        except OSError:
            data, streams = b"", []
        if job.child:
            job.left = not data
            for number in data or (signal.SIGTERM, signal.SIGCONT):
                os.kill(job.child, number)
        elif not data:
            self._drop(job)
        elif job.request is None:
            job.request, job.streams = Request(*json.loads(data)), streams
            suits = self._suits(job.request)
            job.answer(READY if suits else COLD)
            with contextlib.suppress(OSError):  # a full disk ends no job that is running
                print("forked" if suits else "started alone", *job.request.words, flush=True)
        else:
            return self._fork(job)
        return False

    def _suits(self, request: Request) -> bool:
        """Tell whether a child would be what the job is; the first one decides the environment of the imports."""
        wanted = {name: value for name, value in request.environment.items() if name not in SHELL}
        if request.python != sys.executable or _fixed(wanted) != _fixed(os.environ) or wanted.get(BLAS, "1") != "1":
            return False
        if not self.environment:
            self.environment = wanted
            os.environ.clear()
            os.environ.update(wanted)
        return wanted == self.environment and _load(Path(request.words[0]).name)

    def _fork(self, job: Job) -> bool:
        """Fork; return whether this is the child."""
        job.child = os.fork()
        if job.child:
            job.watch = os.pidfd_open(job.child)
            job.close_streams()
            job.answer(FORKED)
            return False
        self.listener.close()
        for other in self.jobs:
            if other is not job:
                other.close()
        return True

    def _drop(self, job: Job) -> None:
        job.close()
        self.jobs.remove(job)


def _fixed(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(FIXED)}


def _load(script: str) -> bool:
    """Import what a script needs of others; return whether a child can be forked."""
    missing = [name for name in LOADED.get(script, ()) if name not in sys.modules]
    try:
        for name in missing:
            importlib.import_module(name)
    except Exception:  # a broken installation: the job will say so
        traceback.print_exc()
        return False
    if missing:
        gc.collect()
        gc.freeze()  # or each child's first collection would copy the pages of all these objects
    return len(list(Path("/proc/self/task").iterdir())) == 1


def _become(request: Request, streams: Sequence[int], server: int) -> NoReturn:
    """Be the process that a job would have been.

    It ends without Python's tearing down of modules, which takes a second where torch is loaded.
    """
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment | {PARENT: str(server)})
    sys.argv[:] = request.words
    sys.path[0] = str(Path(request.words[0]).resolve().parent)
    importlib.invalidate_caches()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=sys.stdout.isatty())
    _draw_afresh()
    status = _outcome(request.words[0])
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    gc.collect()
    for output in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            output.flush()
    end(status)


def _draw_afresh() -> None:
    """Seed the generators that importing has seeded: who draws without a seed must not draw what other jobs draw."""
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].default_generator.seed()


def _outcome(script: str) -> int:
    """Run a script and return the status with which Python would end, negative for a signal."""
    main = ModuleType("__main__")
    main.__file__ = str(Path(script).absolute())
    sys.modules["__main__"] = main
    try:
        exec(compile(Path(script).read_bytes(), main.__file__, "exec", dont_inherit=True), vars(main))  # noqa: S102 - as Python runs it
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            return (stop.code or 0) & 0xFF
        print(stop.code, file=sys.stderr)
        return 1
    except BaseException as error:
        below = error.__traceback__ and error.__traceback__.tb_next  # without this function
        sys.excepthook(type(error), error.with_traceback(below), below)
        return -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    return 0


def serve(listener: socket.socket, parent: int) -> None:
    """Serve as long as the parent lives; a child leaves this function as the job that it becomes."""
    os.close(os.pidfd_open(os.getpid()))  # an old kernel has none: better to end here than after a fork
    folder, own = Path(listener.getsockname()).parent, os.getpid()
    server = Server(listener, parent)
    if (job := server.serve()) is not None and job.request is not None:
        _become(job.request, job.streams, own)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
