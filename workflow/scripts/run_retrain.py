"""Retrain the candidate of one slot on the target network."""

import argparse
import sys

from rlsearch.config.models import Params
from rlsearch.job import run_job


def work(params: Params, options: argparse.Namespace) -> None:
    """Do the job; the import is here so that a fault in it ends in the log too."""
    from rlsearch.phases import retrain

    retrain.run(params, options.study, options.slot)


if __name__ == "__main__":
    sys.exit(run_job("retrain", work, ("study", "slot")))
