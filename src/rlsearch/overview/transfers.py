"""Transfers: how far they have come, and what they will cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rlsearch.config import artefacts
from rlsearch.config.models import Params, RuntimeSettings
from rlsearch.config.retraining_files import trains_alone
from rlsearch.errors import RlsearchError
from rlsearch.evidence import mixture, standing
from rlsearch.evidence.results import Results
from rlsearch.files import digest
from rlsearch.overview import costs
from rlsearch.overview.child_costs import cost_of_child
from rlsearch.overview.sizes import Sizes
from rlsearch.overview.state import PhaseState
from rlsearch.phases import transfer
from rlsearch.search import lock, ready
from rlsearch.search.retraining_identity import data_files, target_digest
from rlsearch.search.store import WORK


def states(params: Params, root: Path = Path(".")) -> list[PhaseState]:
    """Return the state of every transfer."""
    return [_state(params, name, root) for name in params.transfers]


def _state(params: Params, name: str, root: Path) -> PhaseState:
    slots, locks = params.transfers[name].slots, root / WORK / "retrain" / "locks" / name
    chosen, compared = mixture.Selected(params, params.transfers[name].study, root), standing.Standing(root)
    finished = sum(_done(params, name, slot, root, chosen, compared) for slot in slots)
    return PhaseState(name, "transfer", finished, sum(lock.held(locks / slot) for slot in slots), len(slots))


def _done(
    params: Params, name: str, slot: str, root: Path, chosen: mixture.Selected, compared: standing.Standing
) -> bool:
    """Tell whether a slot's results belong to the present settings, data, weights and code."""
    settings, start = params.transfers[name], transfer.start(params, name, slot, root)
    inputs_there = ready.fetched(params, settings.dataset, root) and (start is None or start.exists())
    try:
        value = Results(params, settings.study, root).transferred.get((name, slot))
        if value is None or not inputs_there or not chosen.holds(slot, value):
            return False
    except RlsearchError:  # damaged: to be made again
        return False
    moved = artefacts.transferred(params, name)
    identity = target_digest(moved, name, data_files(moved, name, root), start)
    stamped = standing.artefacts_of(params, name)
    own = next(artefact for artefact in stamped if artefact.selected == (settings.study, slot))
    same = value["provenance"]["settings"] == digest([identity, value["key"], settings.seeds])
    return bool(same and compared.belongs(own, value))


class MeasuredTransfer(NamedTuple):
    """What a transfer takes, measured on this machine: work, bytes of weights among the results, bytes of the store."""

    work: costs.Work
    weights: int
    store: int


def measured(params: Params, name: str, data: Mapping[str, Sizes], runtime: RuntimeSettings) -> MeasuredTransfer:
    """Measure what a transfer takes."""
    settings = params.transfers[name]
    size = data[settings.dataset]
    moved = artefacts.transferred(params, name)
    study, counts = moved.studies[name], (size.retrained(alone=trains_alone(moved, name)), size.test)
    target = cost_of_child(study, study.tasks["target"], runtime, size, counts)
    work = costs.retrain(study, target, settings.slots)
    weights = costs.weights_bytes(study, target, settings.slots)
    return MeasuredTransfer(work, weights, costs.store_bytes([work], work, target))
