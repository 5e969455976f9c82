"""Write the report on all studies."""

import argparse
import os
import sys

from rlsearch.config.models import Params
from rlsearch.job import run_job


def work(params: Params, options: argparse.Namespace) -> None:
    """Do the job; the import is here so that a fault in it ends in the log too."""
    from rlsearch.phases import report

    report.run(params, partial=options.partial, processes=_cores())


def _cores() -> int:
    """Return the cores that the run may use; all of them where it says so or says nothing."""
    cores = os.environ.get("RLSEARCH_CORES", "")
    return int(cores) if cores.isdigit() else os.cpu_count() or 1


if __name__ == "__main__":
    sys.exit(run_job("report", work, flags=("partial",)))
