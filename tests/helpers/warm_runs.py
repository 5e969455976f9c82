"""Runs of a small Snakefile under a warm server, and what is left of them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from shipped import ROOT, SETTINGS
from waiting import PATIENCE

SCRIPTS = ROOT / "workflow/scripts"
WARM = SCRIPTS / "warm.py"


# Starts the server, says where it is, runs the command in its arguments, and lives until its input ends.
SNAKEMAKE = f"""
import os, subprocess, sys
sys.path.append({str(SCRIPTS)!r})
import warm
warm.start()
print(os.environ.get("RLSEARCH_WARM", "off"), flush=True)
job = subprocess.Popen(sys.argv[1:]) if sys.argv[1:] else None
sys.stdin.read()
"""

IS_FORKED = "import sys; print(any('warm_server' in word for word in sys.orig_argv), flush=True)"


@dataclass
class Run:
    """A run with its server, in a folder that jobs work in."""

    folder: Path
    snakemake: subprocess.Popen[str]
    address: str
    jobs: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, code: str, name: str = "job.py", **variables: str) -> subprocess.Popen[str]:
        """Start a job; its streams are pipes."""
        (self.folder / name).write_text(code, encoding="utf-8")
        kept = {key: value for key, value in os.environ.items() if not key.startswith("RLSEARCH_")}
        variables = {"RLSEARCH_WARM": self.address, "RLSEARCH_SETTINGS": str(SETTINGS)} | variables
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        command = [sys.executable, str(WARM), name, "--seed", "3"]
        job = subprocess.Popen(command, cwd=self.folder, env=kept | variables, text=True, **pipes)  # type: ignore[call-overload]
        self.jobs.append(job)
        return job

    def result(self, code: str, name: str = "job.py", **variables: str) -> tuple[int, str, str]:
        """Return the exit status and the outputs of a job."""
        job = self.start(code, name, **variables)
        output, errors = job.communicate("from stdin", timeout=PATIENCE)
        return job.returncode, output, errors

    def end(self) -> None:
        """End everything that is left."""
        for job in self.jobs:
            job.kill()
            job.communicate()
        self.snakemake.communicate()


def start_run(folder: Path, *command: str) -> Run:
    variables = {key: value for key, value in os.environ.items() if not key.startswith("RLSEARCH_")}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    words = [sys.executable, "-c", SNAKEMAKE, *command]
    snakemake: subprocess.Popen[str] = subprocess.Popen(words, cwd=folder, env=variables, **pipes)  # type: ignore[call-overload]
    return Run(folder, snakemake, said(snakemake))


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
