"""What the Snakefile's rules read and write, their code included, as snakemake itself tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath

from clone import LIST_CODE, Project
from rlsearch.config.search_files import RULES


@dataclass
class Rule:
    """The files that all jobs of one rule read and write."""

    inputs: set[str] = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)


def rules(project: Project) -> dict[str, Rule]:
    """Return the rules of the whole run by name, and as `rule@owner` the part that serves one study or dataset.

    Snakemake tells the inputs of finished jobs only, so empty outputs make it believe that all are finished.
    """
    for row in project.summary():
        path = project.root / row["output_file"]
        if path.suffix:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        else:
            path.mkdir(parents=True, exist_ok=True)
    project.touch(**LIST_CODE)
    found: dict[str, Rule] = {}
    for row in project.summary():
        kind = "search" if row["rule"] in RULES else row["rule"]  # one rule for each list of files
        for name in (kind, f"{kind}@{_owner(row['output_file'])}"):
            rule = found.setdefault(name, Rule())
            rule.outputs.add(row["output_file"])
            rule.inputs.update(row["input-file(s)"].split(","))
    return found


def _owner(path: str) -> str:
    """Return the study or dataset of an artefact: data/<dataset>/..., results/<phase>/<study>/..."""
    parts = PurePath(path).parts
    return parts[1] if parts[0] == "data" else parts[min(2, len(parts) - 1)]
