"""Write dvc.yaml: `make dvc-stages`, once the code that a phase imports has moved.

Stages are made from the code alone, never from params.yaml: DVC itself spreads them over the datasets and studies
there, so that `make preset`, `dvc exp run -S` and a new study need no other file. No stage can tell which truth table a
study asks, if any (DVC puts "None" into a path where the setting is null), hence the folder of all: .dvcignore leaves
in it what jobs read. Folders of plugins are listed whole, so that one plugin more is seen as well.

A folder stands for its files only where a phase runs all of them. Naming it where a phase runs more than half would
take two thirds of the lines of the search (99 to 34), and would run every search again after an edit of 12 files that
no search imports; naming every folder of which a phase runs anything, of 30 such files, and retraining, of 115.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

# The code in this folder, which need not be the installed one.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))

from rlsearch import provenance
from rlsearch.config import artefacts, plugins
from rlsearch.files import write_atomic

ROOT = Path(__file__).resolve().parents[2]
OVER: dict[artefacts.Phase, str] = {"fetch": "datasets", "transfer": "transfers", "report": ""}
"""The mapping of params.yaml with a stage for each entry, where it is not `studies`; none: one stage."""

DATA = "data/${item.dataset}"
TABLES = str(artefacts.REFERENCE_FOLDER)
READS: dict[artefacts.Phase, tuple[str, ...]] = {
    "fetch": (),
    "search": (f"{DATA}/train.npz", f"{DATA}/validation.npz", TABLES),
    "controls": (f"{DATA}/train.npz", f"{DATA}/validation.npz", TABLES),
    "select": (f"{DATA}/manifest.json", "results/search/${key}"),
    "retrain": (f"{DATA}/train.npz", f"{DATA}/validation.npz", f"{DATA}/test.npz", "results/select/${key}"),
    "transfer": (
        *(f"{DATA}/{name}.npz" for name in ("train", "validation", "test")),
        "results/retrain/${item.study}",
        "results/select/${item.study}",
    ),
    "report": (
        *("data", "results/controls", TABLES, "results/retrain", "results/search", "results/select"),
        "results/transfer",
    ),
}
"""What a phase reads besides code, as its rule has it."""

WRITES: dict[artefacts.Phase, str] = {"fetch": "data/${key}", "report": str(artefacts.REPORT_FOLDER)}
"""What a phase writes, where it is not `results/<phase>/<study>`."""

NOTES = {"": "The whole file, so that a study that was taken out is seen."}
"""Comments above keys of the settings."""

HEAD = """\
# Written by `make dvc-stages` from the code: change workflow/scripts/write_stages.py, not this file.
#
# DVC versions what Snakemake makes: one stage for each phase of each study, over the mapping in params.yaml. How a
# thing is made stands in workflow/rules alone; a test holds inputs, outputs and settings of both to each other.
# No command holds a name from the settings, since DVC gives it to a shell: DVC itself tells it, as DVC_STAGE.
stages:
"""
METRICS = f"""\
    metrics:
      - {artefacts.METRICS_FILE}:
          cache: false
"""
FOOT = """
# A plot for each retrained slot: mean over its seeds.
plots:
  - results/report/tables/curves:
      x: epoch
      y: train_loss
"""


def text() -> str:
    """Return what dvc.yaml has to hold."""
    return HEAD + "\n".join(stage(phase) for phase in artefacts.PHASES) + METRICS + FOOT


def stage(phase: artefacts.Phase) -> str:
    """Return the stage of a phase, or the pattern of its stages, indented as dvc.yaml has it."""
    over = OVER.get(phase, "studies")
    lines = [f"cmd: python3 workflow/scripts/stage.py {phase}", "deps:"]
    lines += [f"  - {path}" for path in sorted((*READS[phase], "extensions", *code(phase)))]
    lines.append("params:")
    for key in artefacts.sections(artefacts.settings_keys(phase, dataset="${key}", study="${key}")):
        lines += [f"  # {NOTES[key]}"] if key in NOTES else []
        lines.append(f"  - {key or 'params.yaml:'}")
    lines += ["outs:", f"  - {WRITES.get(phase, f'results/{phase}/${{key}}')}"]
    head = [f"  {phase}:"]
    if over:
        head += [f"    foreach: ${{{over}}}", "    do:"]
    indent = "      " if over else "    "
    return "\n".join([*head, *(f"{indent}{line}" for line in lines)]) + "\n"


def code(phase: artefacts.Phase) -> list[str]:
    """Return the rule, the script and the sources of a phase, whatever the settings name."""
    source = provenance.PACKAGE
    whole = {source / plugins.folder(kind) for kind in provenance.PLUGINS[phase]}
    if phase == "report":
        whole.add(source / "report")  # with its templates and published numbers, which are no modules
    files = {*provenance.closure(*provenance.every_module(phase)), source / "job.py"}
    entries = [f"workflow/rules/{phase}.smk", f"workflow/scripts/run_{phase}.py"]
    return [*entries, *(str(path.relative_to(ROOT)) for path in cover(source, files, whole))]


def cover(folder: Path, files: set[Path], whole: set[Path]) -> Iterator[Path]:
    """Yield the paths that cover these files: a folder itself where all its sources are among them."""
    for path in folder.iterdir():
        if path in files:
            yield path
        elif path.is_dir() and (sources := set(path.rglob("*.py"))):
            if path in whole or sources <= files:
                yield path
            else:
                yield from cover(path, files, whole)


if __name__ == "__main__":
    write_atomic(ROOT / "dvc.yaml", text())
