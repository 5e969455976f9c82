"""How long it takes to start a job here: a process that loads what a job loads, measured beside other measurements."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import NamedTuple, Self

from rlsearch import provenance
from rlsearch.config.models import RuntimeSettings
from rlsearch.errors import RlsearchError

AROUND = 0.4
"""Seconds around each job: its shell, what it writes at its end, Snakemake's choice of the next."""


class Starts(NamedTuple):
    """Seconds of starting jobs.

    Attributes:
        alone: a job that loads everything itself; job: one of a run's many, as they start there.
        load: once a run, for the process that the others are forked from.
    """

    alone: float
    job: float
    load: float


class StartedJob:
    """A process that loads what a job loads, started at once and waited for later.

    The jobs of a run are forked from one process that has loaded torch (workflow/scripts/warm.py), on Linux and without
    RLSEARCH_WARM=off; then a job loads the package alone.
    """

    CODE = (
        "import time, torch, torch.utils.flop_counter, pydantic, yaml, rich.progress; others = time.process_time(); "
        "import rlsearch.phases.search, rlsearch.training.evaluate; torch.zeros(1, device={device!r}); "
        "print(others, time.process_time())"
    )

    def __init__(self, runtime: RuntimeSettings) -> None:
        package = str(provenance.PACKAGE.parent)
        # The code of this process, whatever package the environment has installed.
        paths = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")]))
        command = [sys.executable, "-c", self.CODE.format(device=runtime.device)]
        # Not waited for here: the studies are measured meanwhile, in processor time that this does not disturb.
        self._process = subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:  # which closes the pipe and waits
            self._process.kill()

    def seconds(self) -> Starts:
        """Return the processor time that it took.

        Raises:
            RlsearchError: the modules of a job cannot be loaded.
        """
        output, _ = self._process.communicate()
        if self._process.returncode != 0:
            raise RlsearchError("a job cannot be started: its modules fail to load", remedy="see the message above")
        # `others`: what the process has loaded already from which a run's jobs are forked.
        others, alone = map(float, output.split())
        forked = sys.platform == "linux" and os.environ.get("RLSEARCH_WARM") != "off"
        own = alone - others if forked else alone
        return Starts(alone + AROUND, own + AROUND, others if forked else 0.0)
