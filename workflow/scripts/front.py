"""What `make` does around Snakemake and DVC: front.py unlock | record | refetch | pull | touch | outdate."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

import ask_remote

# The code in this folder, which need not be the installed one.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from rlsearch.config import read
from rlsearch.errors import RlsearchError, storage_error

BIN = Path(sys.executable).parent
PATIENCE = 20.0
REACH = 30.0
"""Seconds in which a DVC remote must answer."""

NOTHING_TO_DO = "Nothing to be done"
NOT_REMEMBERED = "missing provenance/metadata"
IN_STEP = "Data and pipelines are up to date"


def unlock() -> None:
    """Remove the lock that a killed Snakemake left behind, unless a live one works in this folder.

    Raises:
        RlsearchError: Snakemake or one of its jobs is running here.
    """
    if not any(Path(".snakemake/locks").glob("*")):
        return
    deadline = time.monotonic() + PATIENCE
    while (holder := _holder()) is not None:
        # The jobs of a killed Snakemake end by themselves, as soon as they notice.
        if _is_snakemake(holder) or time.monotonic() > deadline:
            raise RlsearchError(
                "the pipeline is running in this folder already",
                where=f"process {holder.pid}: {' '.join(holder.info['cmdline'])}"[:200],
                remedy="wait until it ends, or stop it with Ctrl-C or `kill` and that number",
            )
        time.sleep(0.2)
    _run("snakemake", "--unlock", "--quiet", "all")


def record() -> None:
    """Put finished results under DVC, so that `dvc repro` finds nothing to do.

    Raises:
        RlsearchError: Snakemake still has work to do: what DVC would record does not belong to these settings.
    """
    # A dry run ends with 0 either way: only its text tells. Without its own records, which a clone lacks, Snakemake
    # cannot see that a setting has changed, and finds nothing to do in old results.
    plan = _run("snakemake", "--dry-run", "--quiet", "host", "reason")
    if NOTHING_TO_DO not in plan or NOT_REMEMBERED in plan:
        raise RlsearchError(
            "nothing was recorded, because results and settings do not belong together yet",
            allowed="results that are up to date with params.yaml and the code",
            remedy="make run, then make record; in a fresh clone make pull or make repro",
        )
    _run("dvc", "commit", "--force")
    print("recorded; now commit dvc.lock and results/metrics.json with git")


def refetch() -> None:
    """Fetch again what comes from a user's own files: their content is the one input that DVC cannot list."""
    datasets = read(Path("params.yaml")).datasets
    for name in (name for name, dataset in datasets.items() if dataset.path):
        _run("dvc", "repro", "--force", "--single-item", f"fetch@{name}")


def pull() -> None:
    """Get recorded results from the DVC remote.

    Raises:
        RlsearchError: there is no remote, none is the default one, or it cannot be reached: DVC itself would name every
            file as missing there.
    """
    _reach()
    status = subprocess.run([BIN / "dvc", "pull"], check=False).returncode
    if status != 0:
        sys.exit(status)


def _reach() -> None:
    command = [sys.executable, str(Path(__file__).with_name("ask_remote.py"))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=REACH)
        where, reason, status = done.stdout.strip(), done.stderr.strip().rpartition("\n")[2], done.returncode
    except subprocess.TimeoutExpired as error:
        where, reason, status = (error.stdout or b"").decode().strip(), f"no answer within {REACH:.0f} seconds", 1
    if status == ask_remote.NO_REMOTE:
        raise RlsearchError(
            "there is nowhere to pull from: this project has no DVC remote",
            remedy="dvc remote add --default NAME URL, or compute everything here with make run",
        )
    if status == ask_remote.NO_DEFAULT:
        raise RlsearchError("none of this project's DVC remotes is the default one", remedy="dvc remote default NAME")
    if status != 0:
        raise RlsearchError(
            f"the DVC remote cannot be reached; nothing was pulled or changed ({reason})",
            where=where or "dvc remote list",
            remedy="connect or mount it, or correct it (dvc remote modify NAME url URL); then run the same again",
        )


def touch() -> None:
    """Tell Snakemake that what DVC restored is up to date; it would run everything again or, worse, nothing.

    Raises:
        RlsearchError: DVC says that results and settings do not belong together.
    """
    if IN_STEP not in _run("dvc", "status"):
        raise RlsearchError(
            "the results in this folder were made with other settings or code than it holds now",
            remedy="make repro, which computes what has changed (dvc status names it)",
        )
    unlock()
    # All jobs, not only those that look old: only then does Snakemake remember the settings of each.
    _run("snakemake", "--touch", "--forceall", "--quiet", "all")


def outdate() -> None:
    """Let the next run write the report, whatever Snakemake remembers of the one that a partial report replaced."""
    outputs = ["results/report/index.html", "results/report/figures", "results/report/tables", "results/metrics.json"]
    # Older than any input; Snakemake takes 0 for no time at all.
    os.utime(outputs[0], (86400, 86400))
    subprocess.run([BIN / "snakemake", "--cleanup-metadata", *outputs], capture_output=True, check=False)


def _holder() -> psutil.Process | None:
    """Return a Snakemake of this folder; if there is none, one of its jobs; None where nothing runs."""
    found = [process for process in psutil.process_iter(["cwd", "cmdline"]) if process.info["cwd"] == str(Path.cwd())]
    return next(filter(_is_snakemake, found), None) or next(filter(_is_job, found), None)


def _is_snakemake(process: psutil.Process) -> bool:
    return any(Path(word).name == "snakemake" for word in (process.info["cmdline"] or [])[:3])


def _is_job(process: psutil.Process) -> bool:
    # warm_server: a job that is forked from it keeps its command line.
    known = ("workflow/scripts/run_", "workflow/scripts/warm_server")
    return any(name in word for word in process.info["cmdline"] or [] for name in known)


def _run(command: str, *arguments: str) -> str:
    done = subprocess.run([BIN / command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}{done.stderr}".strip())
    return done.stdout + done.stderr


def main(verb: str) -> None:
    """Run one verb; a fault ends in one message."""
    verbs = {"unlock": unlock, "record": record, "refetch": refetch, "pull": pull, "touch": touch, "outdate": outdate}
    try:
        verbs[verb]()
    except RlsearchError as error:
        sys.exit(str(error))
    except OSError as error:
        if (fault := storage_error(error)) is None:
            raise
        sys.exit(str(fault))


if __name__ == "__main__":
    main(*sys.argv[1:])
