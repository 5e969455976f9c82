"""Fill the slots of one study."""

import argparse
import sys

from rlsearch.config.models import Params
from rlsearch.job import run_job


def work(params: Params, options: argparse.Namespace) -> None:
    """Do the job; the import is here so that a fault in it ends in the log too."""
    from rlsearch.phases import select

    select.run(params, options.study)


if __name__ == "__main__":
    sys.exit(run_job("select", work, ("study",)))
