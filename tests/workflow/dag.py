"""What the Snakefile's rules read and write, as snakemake itself tells it."""

from __future__ import annotations

from dataclasses import dataclass, field

from clone import Project


@dataclass
class Rule:
    """The files that all jobs of one rule read and write."""

    inputs: set[str] = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)


def rules(project: Project) -> dict[str, Rule]:
    """Return the rules of the whole run by name.

    Snakemake tells the inputs of finished jobs only, so empty outputs make it believe that all are finished.
    """
    for row in project.summary():
        path = project.root / row["output_file"]
        if path.suffix:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        else:
            path.mkdir(parents=True, exist_ok=True)
    project.snakemake("--touch", "--forceall")
    found: dict[str, Rule] = {}
    for row in project.summary():
        rule = found.setdefault(row["rule"], Rule())
        rule.outputs.add(row["output_file"])
        rule.inputs.update(row["input-file(s)"].split(","))
    return found
