"""Train the candidate of one slot in a transfer: with another task on another dataset."""

import argparse
import sys

from rlsearch.config.models import Params
from rlsearch.job import run_job


def work(params: Params, options: argparse.Namespace) -> None:
    """Do the job; the import is here so that a fault in it ends in the log too."""
    from rlsearch.phases import transfer

    transfer.run(params, options.transfer, options.slot)


if __name__ == "__main__":
    sys.exit(run_job("transfer", work, ("transfer", "slot")))
