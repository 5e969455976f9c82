"""Make one dataset's files from the raw data store."""

import argparse
import sys

from rlsearch.config.models import Params
from rlsearch.job import run_job


def work(params: Params, options: argparse.Namespace) -> None:
    """Do the job; the import is here so that a fault in it ends in the log too."""
    from rlsearch.data import fetch

    for remark in fetch.run(params, options.dataset):
        print(f"fetch {options.dataset}: {remark}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(run_job("fetch", work, ("dataset",)))
