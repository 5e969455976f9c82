"""Before the first job of a run on a cluster: would Slurm accept what the jobs ask for?

Snakemake submits a refused job again as often as `retries` says, and prints all its inputs each time. Here each kind
of request is tried once, in the executor's own words, with `sbatch --test-only`, which submits nothing.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from rlsearch.errors import RlsearchError

TIMEOUT = 60.0
HIDDEN = ("--job-name", "--output", "--comment")
"""Options of the executor that differ between jobs, each with a value; a refusal does not depend on them."""


def check(jobs: Iterable[Any], settings: Any) -> None:
    """Try each kind of request once.

    Args:
        jobs: Snakemake's jobs that are to be submitted.
        settings: the settings of its Slurm executor.

    Raises:
        RlsearchError: there is no Slurm, it would refuse a request, or a job could not start; nothing was submitted.
    """
    kinds = list(dict.fromkeys(tuple(request(job, settings)) for job in jobs))
    if kinds and shutil.which("sbatch") is None:
        raise RlsearchError(
            "there is no Slurm on this machine: sbatch is not on PATH",
            where="executor: slurm (profiles/slurm)",
            remedy="start this on a login node of the cluster, or run here with make run",
        )
    if kinds and len(sys.executable.split()) > 1:
        raise RlsearchError(
            "jobs on a cluster cannot start Python from a path with blanks; nothing was submitted",
            where=sys.executable,
            remedy="put the project into a folder without blanks, or the environment: make VENV=/path run",
        )
    for words in kinds:
        _try(list(words))


def request(job: Any, settings: Any) -> list[str]:
    """Return what sbatch would be asked for, e.g. ["-p", "long", "-t", "120", "--mem", "4000", ...]."""
    # Imported here, since a run on one machine needs neither.
    from snakemake_executor_plugin_slurm.submit_string import get_submit_command
    from snakemake_executor_plugin_slurm.utils import set_gres_string

    named = {"account": _named(job, "account", "-A"), "partition": _named(job, "partition", "-p")}
    unused = {"run_uuid": "job", "slurm_logfile": "log", "comment_str": "job", "workdir": ""}
    words = shlex.split(get_submit_command(job, {**named, **unused}, settings) + set_gres_string(job))
    rest = iter(word for word in words[1:] if word not in ("--parsable", "--export=ALL"))
    return [word for word in rest if not (word in HIDDEN and next(rest))]


def _named(job: Any, what: str, option: str) -> str:
    """Return the option for an account or partition of the user's choice; the first one where several are given."""
    name = re.split(r"[,\s]+", str(job.resources.get(f"slurm_{what}") or "").strip())[0]
    return f"{option} {shlex.quote(name)}" if name else ""


def _try(words: list[str]) -> None:
    command = ["sbatch", "--test-only", *words, "--wrap=true"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise RlsearchError(
            f"Slurm did not answer within {TIMEOUT:.0f} seconds; nothing was submitted",
            where="sbatch --test-only",
            remedy="see with sinfo whether the cluster works, then run the same command again",
        ) from None
    if answer.returncode != 0:
        raise RlsearchError(
            f"Slurm would refuse jobs of this run; nothing was submitted. It says: {_reason(answer.stderr)}",
            where="sbatch " + shlex.join(words),
            allowed=_partitions(),
            remedy="correct it where it comes from: a profile of your own or --default-resources (partition, account, "
            "constraint), --set-resources, `runtime` in params.yaml (GPU, memory, time); --no-hooks: without this test",
        )


def _reason(text: str) -> str:
    lines = [line.removeprefix("sbatch: ").removeprefix("error: ").strip() for line in text.splitlines()]
    return "; ".join(dict.fromkeys(filter(None, lines))) or "nothing"


def _partitions() -> str:
    """Return the partitions of the cluster with their time limits, memory of a node and GPUs."""
    words = ["sinfo", "--noheader", "--format=%R (time %l, memory %m MB, GPUs %G)"]
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        answer = subprocess.run(words, capture_output=True, text=True, check=False, timeout=TIMEOUT)
        partitions = sorted(set(filter(None, map(str.strip, answer.stdout.splitlines()))))
        return "partitions here: " + ", ".join(partitions) if partitions else ""
    return ""
