"""The transfer phase: what a study selected, trained with another task on another dataset.

A transfer is the retraining of a study of its own name, whose candidates another study selected.
"""

from __future__ import annotations

from pathlib import Path

from rlsearch.config import artefacts
from rlsearch.config.asked import Asked
from rlsearch.config.models import Params
from rlsearch.phases import retrain


def run(params: Params, transfer: str, slot: str, root: Path = Path(".")) -> None:
    """Retrain the candidate of a slot in a transfer and write its folder; runs may come from the work store.

    Raises:
        RlsearchError: the weights to begin with are not there, or not those that the study's retraining left.
    """
    settings = params.transfers[transfer]
    retrain.run_into(
        root / artefacts.transfer_folder(transfer, slot),
        artefacts.transferred(params, transfer),
        transfer,
        slot,
        selected=root / artefacts.select_folder(settings.study) / f"{slot}.json",
        root=root,
        asked=Asked(params).digest("transfer", transfer),
        start=start(params, transfer, slot, root),
    )


def start(params: Params, transfer: str, slot: str, root: Path = Path(".")) -> Path | None:
    """Return the file of the weights to begin with; None where training starts from new ones."""
    source = artefacts.transfer_start(params.transfers[transfer], slot)
    return root / source if source else None
