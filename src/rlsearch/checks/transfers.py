"""What a transfer names must be there, and fit together: study, slots, dataset, network and candidates."""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.checks import closed_loops, kinds
from rlsearch.config import artefacts
from rlsearch.config.messages import Fault, unknown_name
from rlsearch.config.models import Params, TransferSettings


def faults(params: Params) -> Iterator[Fault]:
    """Yield the faults of all transfers."""
    for name, asked in params.transfers.items():
        found = _names(params, name, asked) or _fit(params, name)
        yield from (Fault(("transfers", name, *fault.path), fault.problem, fault.found) for fault in found)


def _names(params: Params, name: str, asked: TransferSettings) -> list[Fault]:
    """Return the names that do not exist."""
    found = []
    if name in params.studies:
        found.append(Fault((), "must not have the name of a study: a transfer has its own seeds and folder", name))
    if asked.dataset not in params.datasets:
        problem = unknown_name("dataset", asked.dataset, list(params.datasets))
        found.append(Fault(("dataset",), problem, asked.dataset))
    if asked.study not in params.studies:
        problem = unknown_name("study", asked.study, list(params.studies))
        return [*found, Fault(("study",), problem, asked.study)]
    known = {slot.name: slot for slot in artefacts.slots(params.studies[asked.study])}
    for index, slot in enumerate(asked.slots):
        if slot not in known:
            problem = unknown_name(f"slot in study {asked.study}", slot, list(known))
            found.append(Fault(("slots", index), problem, slot))
        elif asked.weights == "source" and known[slot].networks > 1:
            problem = (
                f"holds {known[slot].networks} networks, which can only start from new weights: set `weights: none`"
            )
            found.append(Fault(("slots", index), problem, slot))
    return found


def _fit(params: Params, name: str) -> list[Fault]:
    """Return what the transfer's task cannot do, asked as if it were the target of a study."""
    study = artefacts.transferred(params, name).studies[name]
    source = params.studies[params.transfers[name].study]
    if study.target.measure != source.proxy.measure:
        problem = f"is measured by {study.target.measure.label}; what is transferred, by {source.proxy.measure.label}"
        return [Fault(("task", "network"), problem, study.target.network)]
    misfits = kinds.misfits(name, study, params.datasets[study.dataset])
    found = [*(Fault(one.path[2:], one.problem, one.found) for one in misfits), *closed_loops.control(study)]
    of_target = [one for one in found if one.path[0] == "target"]
    return [Fault(("task", *one.path[1:]), one.problem, one.found) for one in of_target]


def used_datasets(params: Params) -> set[str]:
    """Return the datasets that studies and transfers use."""
    of_studies = {study.dataset for study in params.studies.values()}
    return of_studies | {asked.dataset for asked in params.transfers.values()}
