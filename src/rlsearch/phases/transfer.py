"""The transfer phase: what a study selected, trained with another task on another dataset.

A transfer is the retraining of a study of its own name, whose candidates another study selected. Where its data are
the study's own, but for cuts of the training data, both must have the same test set: the one that no search has seen.
A baseline that was built to the size of what an agent found is built so once more, for the transfer's task and data.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rlsearch.config import artefacts, same_samples
from rlsearch.config.asked import Asked
from rlsearch.config.models import Params
from rlsearch.data.kinds import _registry as kinds
from rlsearch.errors import DataError
from rlsearch.files import file_sha256
from rlsearch.phases import retrain
from rlsearch.spaces._making import space_of


def run(params: Params, transfer: str, slot: str, root: Path = Path(".")) -> None:
    """Retrain the candidate of a slot in a transfer and write its folder; runs may come from the work store.

    Raises:
        RlsearchError: the weights to begin with are not there, or not those that the study's retraining left.
        DataError: see `check_test_set`.
    """
    check_test_set(params, transfer, root)
    retrain.run_into(
        root / artefacts.transfer_folder(transfer, slot),
        artefacts.transferred(params, transfer),
        transfer,
        slot,
        chosen=candidate(params, transfer, slot, root),
        root=root,
        asked=Asked(params).digest("transfer", transfer),
        start=start(params, transfer, slot, root),
    )


def start(params: Params, transfer: str, slot: str, root: Path = Path(".")) -> Path | None:
    """Return the file of the weights to begin with; None where training starts from new ones."""
    source = artefacts.transfer_start(params.transfers[transfer], slot)
    return root / source if source else None


def candidate(params: Params, transfer: str, slot: str, root: Path = Path(".")) -> Mapping[str, Any]:
    """Return the candidate of a slot, as its study's select phase has it.

    A baseline that was built after a found network has other filters where the transfer's network has: it is built
    again, and `selected` tells what it was. One that begins with the weights of the study stays as it is.
    """
    settings = params.transfers[transfer]
    chosen = retrain.read_selected(settings.study, slot, root)
    after = chosen.get("matched_to")
    if not after or settings.weights == "source":
        return chosen
    found = retrain.read_selected(settings.study, after["slot"], root)
    # Where the answer is another one by now, what the slot holds is outdated, which the report says.
    if found["key"] != after["key"]:
        return chosen
    space, task = space_of(params.studies[settings.study].space), settings.task
    kind = kinds.of_network(task.network)
    form = kind.form_of(root / artefacts.data_folder(settings.dataset) / "test.npz")
    spec = space.matched_with(task.network_options, chosen["source"], found["spec"], form.shape, form.outputs)
    if spec is None or space.key(spec) == chosen["key"]:
        return chosen
    was = {name: chosen[name] for name in ("spec", "key")}
    return {**chosen, "spec": spec, "key": space.key(spec), "label": space.describe(spec), "selected": was}


def check_test_set(params: Params, transfer: str, root: Path = Path(".")) -> None:
    """Raise a DataError where a transfer to more of a study's own data is tested on other samples than these data are.

    The settings say that both have one test set. Files that were fetched from other raw data, or changed since, have
    not; then nobody knows which of these samples a search has seen.
    """
    settings = params.transfers[transfer]
    names = (params.studies[settings.study].dataset, settings.dataset)
    if names[0] == names[1] or not same_samples.one_test_set(*(params.datasets[name] for name in names)):
        return
    learnt, tested = (artefacts.data_folder(name) / "test.npz" for name in names)
    remedy = f"fetch both again: remove data/{names[0]} and data/{names[1]}, then make run"
    if not (root / learnt).exists():
        what = f"transfer {transfer} is tested on what study {settings.study} holds out, and that is not there"
        raise DataError(what, where=learnt.as_posix(), remedy=remedy)
    if file_sha256(root / learnt) != file_sha256(root / tested):
        what = f"datasets {names[0]} and {names[1]} have the same samples by their settings, and other test sets"
        raise DataError(what, where=f"{learnt.as_posix()} and {tested.as_posix()}", remedy=remedy)
