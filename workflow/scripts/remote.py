"""Whether the DVC remote can be reached, asked in a process that can be given up (ask_remote.py)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import ask_remote
from rlsearch.errors import RlsearchError

REACH = 30.0
"""Seconds in which a DVC remote must answer."""


def reach() -> None:
    """Return if the default remote answers.

    Raises:
        RlsearchError: there is none, or it does not answer.
    """
    command = [sys.executable, str(Path(__file__).with_name("ask_remote.py"))]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=REACH)
        where, reason, status = answer.stdout.strip(), answer.stderr.strip().rpartition("\n")[2], answer.returncode
    except subprocess.TimeoutExpired as error:
        where, reason, status = (error.stdout or b"").decode().strip(), f"no answer within {REACH:.0f} seconds", 1
    if status == ask_remote.NO_REMOTE:
        raise RlsearchError(
            "there is nowhere to pull from: this project has no DVC remote",
            remedy="dvc remote add --default NAME URL, or compute everything here with make run",
        )
    if status == ask_remote.NO_DEFAULT:
        raise RlsearchError("none of this project's DVC remotes is the default one", remedy="dvc remote default NAME")
    if status != 0:
        raise RlsearchError(
            f"the DVC remote cannot be reached; nothing was pulled or changed ({reason})",
            where=where or "dvc remote list",
            remedy="connect or mount it, or correct it (dvc remote modify NAME url URL); then run the same again",
        )
