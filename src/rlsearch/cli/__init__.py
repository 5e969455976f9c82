"""The command line. A new command is a file in this folder and its name in the import below.

Modules here import what is heavy (torch, snakemake, pandas, the settings with their checks) inside their functions, so
that `rlsearch --help` and `rlsearch validate` answer at once.
"""

from rlsearch.cli import audit, export, listing, network, plan, preset, q_table, run, settings, status, trial
from rlsearch.cli.base import app

__all__ = [
    "app",
    "audit",
    "export",
    "listing",
    "network",
    "plan",
    "preset",
    "q_table",
    "run",
    "settings",
    "status",
    "trial",
]
