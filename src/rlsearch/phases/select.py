"""The select phase: which candidates are retrained on the target network. Arithmetic on the ledgers, no training.

The file of a slot depends only on what the slot is about (one agent's searches, one baseline, one grid point), so
that a changed agent changes the bytes of its own slot and no other. A baseline that the space builds to the size of a
found network (`Space.matched`) depends on the answers of all agents as well, and its file says which network it was; a
stratum is one of what all searches trained, and its file says of how many.
"""

from __future__ import annotations

from pathlib import Path

from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.evidence import selection, space_audit, standing
from rlsearch.files import pretty_json, write_output
from rlsearch.spaces._making import space_of


def run(params: Params, study: str, root: Path = Path(".")) -> None:
    """Write results/select/<study>/: one file per slot, searches.csv and the space audit.

    Args:
        params: the validated settings.
        study: name of the study.
        root: the project folder.

    Raises:
        RlsearchError: a search of the study has not been finished, or belongs to other settings.
    """
    standing.check(params, root, [study], ("search",))
    selected, folder = selection.Selection(params, study, root), root / artefacts.select_folder(study)
    for name, file in selected.slots.items():
        write_output(folder / f"{name}.json", pretty_json(file))
    write_output(folder / selection.TABLE, selected.table)
    write_output(folder / space_audit.FILE, pretty_json(space_audit.audit(space_of(params.studies[study].space))))
