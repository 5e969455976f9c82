"""Before the first job of a run on a cluster: would Slurm accept what the jobs ask for?

Snakemake submits a refused job again as often as `retries` says, and prints all its inputs each time. Here each kind
of request is tried once, with `sbatch --test-only`, which submits nothing.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any

from rlsearch.errors import RlsearchError

TIMEOUT = 60.0

ASKED = {
    "slurm_partition": "--partition",
    "slurm_account": "--account",
    "gpu": "--gpus",
    "mem_mb": "--mem",
    "runtime": "--time",
    "_cores": "--cpus-per-task",
}
"""Resources of a job and the options of sbatch that ask for them, as the executor passes them on."""


def check(jobs: Iterable[Mapping[str, Any]]) -> None:
    """Try each kind of request once.

    Args:
        jobs: the resources of every job that is to be submitted.

    Raises:
        RlsearchError: there is no Slurm, or it would refuse a request; nothing was submitted.
    """
    kinds = list(dict.fromkeys(tuple(request(resources)) for resources in jobs))
    if kinds and shutil.which("sbatch") is None:
        raise RlsearchError(
            "there is no Slurm on this machine: sbatch is not on PATH",
            where="executor: slurm (profiles/slurm)",
            remedy="start this on a login node of the cluster, or run here with make run",
        )
    for words in kinds:
        _try(list(words))


def request(resources: Mapping[str, Any]) -> list[str]:
    """Return what sbatch would be asked for, e.g. ["--gpus=1", "--mem=4000", ...]."""
    return [f"{option}={resources[name]}" for name, option in ASKED.items() if resources.get(name)]


def _try(words: list[str]) -> None:
    try:
        answer = subprocess.run(
            ["sbatch", "--test-only", "--ntasks=1", *words, "--wrap=true"],
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise RlsearchError(
            f"Slurm did not answer within {TIMEOUT:.0f} seconds; nothing was submitted",
            where="sbatch --test-only",
            remedy="see with sinfo whether the cluster works, then run the same command again",
        ) from None
    if answer.returncode != 0:
        raise RlsearchError(
            f"Slurm would refuse jobs of this run; nothing was submitted. It says: {_reason(answer.stderr)}",
            where="sbatch " + " ".join(words),
            allowed=_partitions(),
            remedy="partition and account: --default-resources slurm_partition=NAME slurm_account=NAME or a profile of "
            "your own (docs/cluster.md); GPU, memory and time: `runtime` in params.yaml",
        )


def _reason(text: str) -> str:
    lines = [line.removeprefix("sbatch: ").removeprefix("error: ").strip() for line in text.splitlines()]
    return "; ".join(dict.fromkeys(filter(None, lines))) or "nothing"


def _partitions() -> str:
    """Return the partitions of the cluster with their time limits, memory of a node and GPUs."""
    if shutil.which("sinfo") is None:
        return ""
    words = ["sinfo", "--noheader", "--format=%R (time %l, memory %m MB, GPUs %G)"]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    partitions = sorted(set(filter(None, map(str.strip, found.stdout.splitlines()))))
    return "partitions here: " + ", ".join(partitions) if partitions else ""
