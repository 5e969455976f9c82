"""The transfer phase: what a study selected, trained with another task on another dataset.

A transfer is the retraining of a study of its own name, whose candidates another study selected.
"""

from __future__ import annotations

from pathlib import Path

from rlsearch.config import artefacts
from rlsearch.config.models import Params
from rlsearch.phases import retrain


def run(params: Params, transfer: str, slot: str, root: Path = Path(".")) -> None:
    """Retrain the candidate of a slot in a transfer and write its folder; runs may come from the work store."""
    asked = params.transfers[transfer]
    retrain.run_into(
        root / artefacts.transfer_folder(transfer, slot),
        artefacts.transferred(params, transfer),
        transfer,
        slot,
        selected=root / artefacts.select_folder(asked.study) / f"{slot}.json",
        root=root,
        start=start(params, transfer, slot, root),
    )


def start(params: Params, transfer: str, slot: str, root: Path = Path(".")) -> Path | None:
    """Return the file of the weights to begin with; None where training begins anew."""
    asked = params.transfers[transfer]
    source = root / artefacts.retrain_folder(asked.study, slot) / "weights.pt"
    return source if asked.weights == "source" else None
