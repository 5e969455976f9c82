"""What the Snakefile's rules read and write, their code included, as snakemake itself tells it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import PurePath

from clone import LIST_CODE, Project
from rlsearch.config.search_files import RULES

BEGIN = "the jobs of the whole run"
JOBS = f"""
import json, sys
from snakemake.cli import main
from snakemake.dag import DAG
async def files_of_jobs(dag, detailed=False):
    yield {BEGIN!r}
    for job in (job for job in dag.jobs if job.output):
        yield json.dumps({{"rule": job.rule.name, "inputs": list(job.input), "outputs": list(job.output)}})
DAG.summary = files_of_jobs
sys.exit(main())
"""
"""snakemake, but that `--summary` tells the files of all jobs: its own table has the inputs of finished ones alone."""


@dataclass
class Rule:
    """The files that all jobs of one rule read and write."""

    inputs: set[str] = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)


def rules(project: Project) -> dict[str, Rule]:
    """Return the rules of the whole run by name, and as `rule@owner` the part that serves one study or dataset."""
    told = project.run("python", "-c", JOBS, "--cores", "2", "--quiet", "all", "--summary", **LIST_CODE)
    found: dict[str, Rule] = {}
    for job in map(json.loads, filter(None, told.partition(BEGIN)[2].splitlines())):
        kind = "search" if job["rule"] in RULES else job["rule"]  # one rule for each list of files
        for name in {kind, *(f"{kind}@{_owner(path)}" for path in job["outputs"])}:
            rule = found.setdefault(name, Rule())
            rule.outputs.update(path for path in job["outputs"] if name in (kind, f"{kind}@{_owner(path)}"))
            rule.inputs.update(job["inputs"])
    return found


def _owner(path: str) -> str:
    """Return the study or dataset of an artefact: data/<dataset>/..., results/<phase>/<study>/..."""
    parts = PurePath(path).parts
    return parts[1] if parts[0] == "data" else parts[min(2, len(parts) - 1)]
