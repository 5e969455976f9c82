"""Run the null and planted controls of one agent."""

import argparse
import sys

from rlsearch.config.models import Params
from rlsearch.job import run_job


def work(params: Params, options: argparse.Namespace) -> None:
    """Do the job; the import is here so that a fault in it ends in the log too."""
    from rlsearch.phases import controls

    controls.run(params, options.study, options.agent)


if __name__ == "__main__":
    sys.exit(run_job("controls", work, ("study", "agent")))
