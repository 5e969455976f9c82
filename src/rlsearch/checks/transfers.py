"""What a transfer names must be there, and fit together: study, slots, dataset, network and candidates.

Which candidates fill the slots of searches is seen when these have ended. So what may not fit is a warning before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rlsearch.checks import closed_loops, kinds, networks
from rlsearch.checks.slots import translates_alone
from rlsearch.config import artefacts, same_samples
from rlsearch.config.faults import Fault, unknown_name
from rlsearch.config.models import Params, TransferSettings
from rlsearch.search import proxy
from rlsearch.spaces._making import space_of
from rlsearch.spaces.base import Space


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
    if params.studies[transfer.study].target is None:
        return [*faults, Fault(("study",), "retrains nothing (its target is null): name one that does", transfer.study)]
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
        else:
            faults += translates_alone(("task", "record"), transfer.task, [slots[slot]])
    return faults


def _fit(params: Params, name: str) -> list[Fault]:
    """Return what the transfer's task cannot do, asked as if it were the target of a study."""
    study = artefacts.transferred(params, name).studies[name]
    source = params.studies[params.transfers[name].study]
    target = study.tasks["target"]
    if target.measure != source.target_measure:
        problem = f"is measured by {target.measure.label}; what is transferred, by {source.target_measure.label}"
        return [Fault(("task", "network"), problem, target.network)]
    if shared := _shared(params, source.dataset, study.dataset):
        return [Fault(("dataset",), shared, study.dataset)]
    misfits = kinds.misfits(name, study, params.datasets[study.dataset])
    # The checks of studies name their faults from the top ("studies", name); the transfer has a place of its own.
    all_faults = [
        *(Fault(fault.path[2:], fault.problem, fault.value) for fault in misfits),
        *closed_loops.control(study),
        *networks.of_space(study),
        *networks.options(study),
        *networks.chosen(study),
    ]
    return [*_of_task(all_faults), *_too_large(params, params.transfers[name])]


def _shared(params: Params, learnt: str, tested: str) -> str:
    """Return why a study of one dataset may have seen what a transfer of another is tested on; "" where it has not."""
    one, other = params.datasets[learnt], params.datasets[tested]
    same = same_samples.one_test_set(one, other) or same_samples.published_test(one, other)
    if same and one.validation == "published-test":
        return (
            f"has the test set of {learnt}, on which the study's searches were rewarded (`validation: published-test`):"
            f" give {learnt} a share of its training data as `validation`, or name other data"
        )
    if not same_samples.may_overlap(one, other):
        return ""
    keys, seed = same_samples.unlike(one, other), "give it another `seed`, or " if hasattr(one, "seed") else ""
    return (
        f"draws from {one.drawn_from} as {learnt} does, with another {', '.join(keys)}: its test set may hold what "
        f"the study's networks were chosen and trained on; {seed}let both differ in `validation` and `train_size` alone"
    )


def unbuilt(params: Params) -> Iterator[Fault]:
    """Yield options with which a transfer's network cannot be built for its data, in settings without other faults."""
    for name in params.transfers:
        study = artefacts.transferred(params, name).studies[name]
        for fault in _of_task(networks.built(study, params.datasets[study.dataset])):
            yield Fault(("transfers", name, *fault.path), fault.problem, fault.value)


def _of_task(faults: Iterable[Fault]) -> list[Fault]:
    """Return the faults of a study's target as those of the task of a transfer."""
    return [
        Fault(("task", *fault.path[1:]), fault.problem, fault.value) for fault in faults if fault.path[0] == "target"
    ]


def _too_large(params: Params, transfer: TransferSettings) -> Iterator[Fault]:
    """Yield slots of fixed networks that cannot be built for the transfer's data."""
    if (form := kinds.form_of(params.datasets[transfer.dataset])) is None:
        return
    space = space_of(params.studies[transfer.study].space)
    fixed = space.baselines()
    for index, slot in enumerate(transfer.slots):
        if slot in fixed and (why := space.unfit(fixed[slot], form.shape)):
            yield Fault(("slots", index), f"cannot be built for dataset {transfer.dataset}: {why}", slot)


def warnings(params: Params, *, brief: bool = False) -> Iterator[str]:
    """Yield transfers to data that are too small for some networks of their space, with their share of 1,000 draws."""
    for name, transfer in params.transfers.items():
        study, form = params.studies[transfer.study], kinds.form_of(params.datasets[transfer.dataset])
        space = space_of(study.space)
        searched = [slot for slot in transfer.slots if slot not in space.baselines()]
        if form is None or not searched or type(space).unfit is Space.unfit:
            continue
        draws = proxy.drawn(space, study.search.trials)
        unfit = [(draw, why) for draw in draws if (why := space.unfit(draw.spec, form.shape))]
        if not unfit:
            continue
        count, (example, why) = sum(draw.times for draw, _ in unfit), unfit[0]
        share = f"{count} of {proxy.DRAWN:,} networks drawn from the space of {transfer.study}"
        if brief:
            yield f"{name}: {share} are too large for {transfer.dataset}; see `rlsearch validate`"
        else:
            yield (
                f"transfers.{name}.dataset = {transfer.dataset}: {share} cannot be built for it, such as "
                f"{space.describe(example.spec)} ({why}); where one fills {' or '.join(searched)}, it ends with an "
                "error: name a dataset of larger samples, or take that slot out then"
            )


def used_datasets(params: Params) -> set[str]:
    """Return the datasets that studies and transfers use."""
    of_studies = {study.dataset for study in params.studies.values()}
    return of_studies | {transfer.dataset for transfer in params.transfers.values()}
