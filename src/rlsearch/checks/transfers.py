"""What a transfer names must be there, and fit together: study, slots, dataset, network and candidates."""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.checks import closed_loops, kinds
from rlsearch.config import artefacts
from rlsearch.config.faults import Fault, unknown_name
from rlsearch.config.models import Params, TransferSettings


def faults(params: Params) -> Iterator[Fault]:
    """Yield the faults of all transfers."""
    for name, transfer in params.transfers.items():
        of_transfer = _names(params, name, transfer) or _fit(params, name)
        yield from (Fault(("transfers", name, *fault.path), fault.problem, fault.value) for fault in of_transfer)


def _names(params: Params, name: str, transfer: TransferSettings) -> list[Fault]:
    """Return the names that do not exist."""
    faults = []
    if name in params.studies:
        faults.append(Fault((), "must not have the name of a study: a transfer has its own seeds and folder", name))
    if transfer.dataset not in params.datasets:
        problem = unknown_name("dataset", transfer.dataset, list(params.datasets))
        faults.append(Fault(("dataset",), problem, transfer.dataset))
    if transfer.study not in params.studies:
        problem = unknown_name("study", transfer.study, list(params.studies))
        return [*faults, Fault(("study",), problem, transfer.study)]
    slots = {slot.name: slot for slot in artefacts.slots(params.studies[transfer.study])}
    for index, slot in enumerate(transfer.slots):
        if slot not in slots:
            problem = unknown_name(f"slot in study {transfer.study}", slot, list(slots))
            faults.append(Fault(("slots", index), problem, slot))
        elif transfer.weights == "source" and slots[slot].networks > 1:
            problem = (
                f"holds {slots[slot].networks} networks, which can only start from new weights: set `weights: none`"
            )
            faults.append(Fault(("slots", index), problem, slot))
    return faults


def _fit(params: Params, name: str) -> list[Fault]:
    """Return what the transfer's task cannot do, asked as if it were the target of a study."""
    study = artefacts.transferred(params, name).studies[name]
    source = params.studies[params.transfers[name].study]
    if study.target.measure != source.proxy.measure:
        problem = f"is measured by {study.target.measure.label}; what is transferred, by {source.proxy.measure.label}"
        return [Fault(("task", "network"), problem, study.target.network)]
    misfits = kinds.misfits(name, study, params.datasets[study.dataset])
    # The checks of studies name their faults from the top ("studies", name); the transfer has a place of its own.
    all_faults = [
        *(Fault(fault.path[2:], fault.problem, fault.value) for fault in misfits),
        *closed_loops.control(study),
    ]
    of_target = [fault for fault in all_faults if fault.path[0] == "target"]
    return [Fault(("task", *fault.path[1:]), fault.problem, fault.value) for fault in of_target]


def used_datasets(params: Params) -> set[str]:
    """Return the datasets that studies and transfers use."""
    of_studies = {study.dataset for study in params.studies.values()}
    return of_studies | {transfer.dataset for transfer in params.transfers.values()}
