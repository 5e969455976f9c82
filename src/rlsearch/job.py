"""Runs one job of the pipeline: settings, log file, signals, and an ending that says what to do next."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from rlsearch import checks, code_facts
from rlsearch.config.models import Params
from rlsearch.errors import RlsearchError, storage_error
from rlsearch.files import write_atomic

logger = logging.getLogger(__name__)

Work = Callable[[Params, argparse.Namespace], object]

KEPT = "finished work is kept; run the same command again"


class Terminated(KeyboardInterrupt):
    """SIGTERM: ends a job by the same way out as Ctrl-C."""


class LogFile(logging.FileHandler):
    """A log that a full disk cuts short in silence: whatever else the job writes there will say so."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name for it
        """Print nothing for what the disk did not take; report any other fault as usual."""
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)


def run_job(
    phase: str, work: Work, needs: Sequence[str] = (), flags: Sequence[str] = (), argv: Sequence[str] | None = None
) -> int:
    """Run one job and return its exit status.

    Args:
        phase: name of the phase, for messages.
        work: does the job; gets the validated settings and the parsed command line.
        needs: the arguments that name the job: dataset, study, agent, seed, slot.
        flags: switches, e.g. "partial" for `--partial`.
        argv: the command line; that of the process by default.

    Returns:
        0; 2 for a fault that the user can fix (one message); 1 for any other (the traceback is in the log);
        130 after Ctrl-C and 143 after SIGTERM.
    """
    options = _parse(phase, needs, flags, argv)
    title = _title(phase, options, needs)
    try:
        _start_log(options.log)
    except OSError as error:
        return _say(f"{title}: {storage_error(error) or error}", 2)
    _end_with_parent()
    signal.signal(signal.SIGTERM, _terminate)
    logger.info("%s: start (process %d)", title, os.getpid())
    try:
        work(checks.read(options.settings), options)
    except Terminated:
        return _stopped(title, signal.SIGTERM)
    except KeyboardInterrupt:
        return _stopped(title, signal.SIGINT)
    except RlsearchError as error:
        logger.error("%s", error)
        return _failed(f"{title}: {error}", options.log, 2)
    except Exception as error:  # whatever it is: the traceback belongs in the log, one message on the screen
        fault = storage_error(error) if isinstance(error, OSError) else None
        logger.exception("%s failed", title)
        if fault is not None:
            return _failed(f"{title}: {fault}", options.log, 2)
        return _failed(_unexpected(title, error, options.log), options.log, 1)
    code_facts.remember()
    logger.info("%s: done", title)
    return 0


def _parse(phase: str, needs: Sequence[str], flags: Sequence[str], argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=f"Run one job of the {phase} phase, in the project's folder. Snakemake calls this."
    )
    default = os.environ.get("RLSEARCH_SETTINGS", "params.yaml")
    parser.add_argument("--settings", type=Path, default=Path(default), help="settings file (%(default)s)")
    parser.add_argument("--log", type=Path, help="append plain lines here; stderr by default")
    for name in needs:
        parser.add_argument(f"--{name}", type=int if name == "seed" else str, required=True)
    for name in flags:
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args(argv)


def _title(phase: str, options: argparse.Namespace, needs: Sequence[str]) -> str:
    """Return what a user calls the job, e.g. "search init-scale/random/seed-0"."""
    words = [f"seed-{options.seed}" if name == "seed" else str(getattr(options, name)) for name in needs]
    return f"{phase} {'/'.join(words)}".strip()


def _start_log(path: Path | None) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The Snakefile would repeat the message of an earlier failure at the end of this run.
        path.with_suffix(".failed").unlink(missing_ok=True)
    handler = logging.StreamHandler() if path is None else LogFile(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    # `force`: a handler that some import has set would write every line twice.
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.captureWarnings(True)


def _end_with_parent() -> None:
    """End when the process that started this one dies: `kill -9` of Snakemake leaves no job that holds a folder.

    `workflow/scripts/warm.py` names the process that started a job through it, which may be dead by now.
    """
    parent = int(os.environ.pop("RLSEARCH_PARENT", 0)) or os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _terminate(*_: object) -> NoReturn:
    raise Terminated


def _stopped(title: str, number: signal.Signals) -> int:
    logger.info("%s: stopped by %s", title, number.name)
    # As a shell reports a process that a signal ended.
    return _say(f"{title}: stopped by {number.name}; {KEPT}", 128 + number)


def _unexpected(title: str, error: Exception, log: Path | None) -> str:
    from rlsearch.config import raised  # a job that goes well imports only what its results depend on

    kind, own = type(error).__name__, raised.by_plugin(error)
    where = f"the traceback is in {log}" if log else "the traceback is above"
    where = f"{own.where}; {where}" if own else where
    return f"{title} failed: {kind}: {error}\n  where: {where}\n  do: fix the cause; {KEPT}"


def _failed(message: str, log: Path | None, status: int) -> int:
    if log is not None:
        # The Snakefile repeats this at the end of the run, if there is room for it.
        with contextlib.suppress(OSError):
            write_atomic(log.with_suffix(".failed"), message + "\n", durable=False)
    return _say(message, status)


def _say(message: str, status: int) -> int:
    print(message, file=sys.stderr, flush=True)
    return status
