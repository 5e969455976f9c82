"""What `make` does around Snakemake and DVC: front.py renew | unlock | repro | record | pull | touch | partial | clean.

Each asks whether another command is running in the folder (rlsearch.turn) before it changes anything.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

# The code in this folder, which need not be the installed one.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

import remote  # which imports the package as well
from rlsearch import turn
from rlsearch.checks import read
from rlsearch.config import artefacts
from rlsearch.errors import RlsearchError, storage_error
from rlsearch.evidence import mixture, standing
from rlsearch.search import ready

BIN = Path(sys.executable).parent
PATIENCE = 20.0
NOTHING_TO_DO = "Nothing to be done"
NOT_REMEMBERED = "missing provenance/metadata"
IN_STEP = "Data and pipelines are up to date"


def unlock() -> None:
    """Remove the lock that a killed Snakemake left behind, unless somebody works in this folder.

    Raises:
        RlsearchError: Snakemake, one of its jobs, DVC or another verb of this script is running here.
    """
    turn.check()
    if not any(Path(".snakemake/locks").glob("*")):
        return
    deadline = time.monotonic() + PATIENCE
    while (holder := _holder()) is not None:
        # The jobs of a killed Snakemake end by themselves, as soon as they notice its end.
        if _is_snakemake(holder) or time.monotonic() > deadline:
            raise RlsearchError(
                "the pipeline is running in this folder already",
                where=f"process {holder.pid}: {' '.join(holder.info['cmdline'])}"[:200],
                remedy="wait until it ends, or stop it with Ctrl-C or `kill` and that number",
            )
        time.sleep(0.2)
    _run("snakemake", "--unlock", "--quiet", "all")


def renew() -> None:
    """Make ready for a run: unlock, and remove what belongs to other settings, data or results.

    Snakemake cannot see that; it makes up for a missing file, from the finished work in `.rlsearch`.
    """
    unlock()
    params = read(Path("params.yaml"))
    for found in (standing.foreign, mixture.mixed):  # in this order: nothing follows from what is of other settings
        for path in set(found(params)):
            path.unlink(missing_ok=True)


def repro() -> None:
    """Run through DVC, holding the folder from before it removes the first output until Snakemake knows the last."""
    unlock()
    ready.device(read(Path("params.yaml")))
    refetch()
    _pass_through(BIN / "dvc", "repro")
    touch()


def record() -> None:
    """Put finished results under DVC, so that `dvc repro` finds nothing to do.

    Raises:
        RlsearchError: Snakemake still has work to do, or a result was made under other settings or changed by hand:
            what DVC would record does not belong to these settings.
    """
    params = read(Path("params.yaml"))
    try:
        standing.check(params, Path("."), standing.names(params))
        mixture.check(params)
    except RlsearchError as error:
        raise RlsearchError(
            f"nothing was recorded: {error.what}", where=error.where, allowed=error.allowed, remedy=error.remedy
        ) from error
    # A dry run ends with 0 either way: only its text tells. Without its own records, which a clone lacks, Snakemake
    # cannot see that a setting has changed, and finds nothing to do in old results.
    plan = _run("snakemake", "--dry-run", "--quiet", "host", "reason")
    if NOTHING_TO_DO not in plan or NOT_REMEMBERED in plan:
        raise RlsearchError(
            "nothing was recorded, because results and settings do not belong together yet",
            allowed="results that are up to date with params.yaml and the code",
            remedy="make run, then make record; in a fresh clone make pull or make repro",
        )
    keep_empty()
    _run("dvc", "commit", "--force")
    print("recorded; now commit dvc.lock and results/metrics.json with git")


def keep_empty() -> None:
    """Make the folders of retraining in which nothing lies: DVC asks for the output of each of its stages."""
    for name, study in read(Path("params.yaml")).studies.items():
        if not artefacts.slots(study):
            artefacts.retrain_folder(name, "").mkdir(parents=True, exist_ok=True)


def refetch() -> None:
    """Fetch again what comes from a user's own files: their content is the one input that DVC cannot list."""
    datasets = read(Path("params.yaml")).datasets
    for name in (name for name, dataset in datasets.items() if dataset.own_data):
        _run("dvc", "repro", "--force", "--single-item", f"fetch@{name}")


def pull() -> None:
    """Get recorded results from the DVC remote.

    Raises:
        RlsearchError: there is no remote, none is the default one, or it cannot be reached: DVC itself would name every
            file as missing there.
    """
    remote.reach()
    _pass_through(BIN / "dvc", "pull")


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


def partial() -> None:
    """Write the report on what is finished; a run may go on beside it.

    Whatever Snakemake remembers of the report that this one replaces, the next run writes it again.
    """
    turn.check_beside_run()
    _pass_through(sys.executable, "workflow/scripts/run_report.py", "--partial", "--log", "logs/partial.log")
    outputs = ["results/report/index.html", "results/report/figures", "results/report/tables", "results/metrics.json"]
    # Older than any input; Snakemake takes 0 for no time at all.
    os.utime(outputs[0], (86400, 86400))
    subprocess.run([BIN / "snakemake", "--cleanup-metadata", *outputs], capture_output=True, check=False)


def clean() -> None:
    """Remove what runs made; the folder of transfers stays, since the report's stage depends on it."""
    emptied = sorted(Path("results/transfer").glob("*/"))
    outputs = [path for path in turn.OUTPUTS if path != "results/transfer"]
    subprocess.run(["rm", "-rf", "logs", *outputs, *emptied], check=True)


def _holder() -> psutil.Process | None:
    """Return a Snakemake of this folder; if there is none, one of its jobs; None where nothing runs."""
    here = [process for process in psutil.process_iter(["cwd", "cmdline"]) if process.info["cwd"] == str(Path.cwd())]
    return next(filter(_is_snakemake, here), None) or next(filter(_is_job, here), None)


def _is_snakemake(process: psutil.Process) -> bool:
    return any(Path(word).name == "snakemake" for word in (process.info["cmdline"] or [])[:3])


def _is_job(process: psutil.Process) -> bool:
    # warm_server: a job that is forked from it keeps its command line.
    markers = ("workflow/scripts/run_", "workflow/scripts/warm_server")
    return any(name in word for word in process.info["cmdline"] or [] for name in markers)


def _run(command: str, *arguments: str) -> str:
    result = subprocess.run([BIN / command, *arguments], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        sys.exit(f"{result.stdout}{result.stderr}".strip())
    return result.stdout + result.stderr


def _pass_through(*words: str | Path) -> None:
    """Run a command that talks to the user itself; end with its status unless that is 0.

    This process holds the folder as long as the command works: Ctrl-C reaches the command alone, SIGTERM is passed on.
    """
    signal.signal(signal.SIGINT, lambda *_: None)
    process = subprocess.Popen(words)
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    status = process.wait()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if status != 0:
        sys.exit(status if status > 0 else 128 - status)


def main(verb: str) -> None:
    """Run one verb; a fault ends in one message."""
    try:
        if verb in ALONE:
            with turn.taken():
                ALONE[verb]()
        else:
            BESIDE[verb]()
    except RlsearchError as error:
        sys.exit(str(error))
    except OSError as error:
        if (fault := storage_error(error)) is None:
            raise
        sys.exit(str(fault))


ALONE = {"renew": renew, "repro": repro, "record": record, "pull": pull, "touch": touch, "clean": clean}
"""Verbs beside which nothing else may run."""

BESIDE = {"unlock": unlock, "partial": partial}
"""Verbs that ask for themselves."""


if __name__ == "__main__":
    main(*sys.argv[1:])
