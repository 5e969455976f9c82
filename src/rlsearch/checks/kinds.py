"""Data and networks of one kind: what a source yields, a network takes, and a task may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rlsearch.config import plugins
from rlsearch.config.faults import Fault, KeyPath, unknown
from rlsearch.config.models import DatasetSettings, Params, StudySettings, TaskSettings
from rlsearch.data import registry as sources
from rlsearch.data.kinds import _registry as registry
from rlsearch.data.kinds.base import Form, Kind
from rlsearch.spaces._making import space_of


def unknown_kinds(params: Params) -> Iterator[Fault]:
    """Yield sources and networks that name a kind of data which nobody has written."""
    for name, entry in params.datasets.items():
        yield from _unknown(
            "sources", entry.source, sources.load(entry.source).KIND, "KIND", ("datasets", name, "source")
        )
    named: list[tuple[KeyPath, str]] = []
    for name, study in params.studies.items():
        named += [(("studies", name, section), task.network) for section, task in tasks(study)]
    for name, transfer in params.transfers.items():
        named.append((("transfers", name, "task"), transfer.task.network))
    for path, network in named:
        plugins.check_source("networks", network)
        yield from _unknown("networks", network, plugins.takes(network), "TAKES", (*path, "network"))


def _unknown(plugin: str, name: str, kind: str, constant: str, path: KeyPath) -> Iterator[Fault]:
    kinds = plugins.names("kinds")
    if kind not in kinds:
        place, near = plugins.find(plugin, name).place, plugins.nearest(kind, kinds)
        problem = f"{place} names an unknown kind of data: {constant} = {kind!r}{near}"
        yield Fault(path, f"{problem}; allowed: {', '.join(kinds)}", name)


def misfits(name: str, study: StudySettings, dataset: DatasetSettings) -> Iterator[Fault]:
    """Yield what does not fit a study's data: its space, the networks of its tasks, or what these ask for."""
    kind = registry.of_source(dataset.source)
    yield from _sizes(name, study, dataset)
    for section, task in tasks(study):
        taken = plugins.takes(task.network)
        if taken != kind.name:
            fitting = [network for network in plugins.names("networks") if plugins.takes(network) == kind.name]
            problem = f"takes {taken}, and dataset {study.dataset} holds {kind.name}; {_allowed(fitting)}"
            yield Fault(("studies", name, section, "network"), problem, task.network)
            continue
        here: KeyPath = ("studies", name, section)
        for index, augmentation in enumerate(task.augment):
            yield from _augmentation((*here, "augment", index), augmentation, kind, form_of(dataset))
        for index, record in enumerate(task.record):
            yield from _record((*here, "record", index), record, kind)
        if task.bptt is not None and not kind.windowed:
            problem = f"must be null, or left out: {kind.noun} are not read in windows, as text is"
            yield Fault((*here, "bptt"), problem, task.bptt)
        yield from _threshold(here, task)
        yield from _too_few((*here, "batch_size"), task, kind, dataset)


def _record(path: KeyPath, name: str, kind: Kind) -> Iterator[Fault]:
    """Yield what cannot be measured on a kind of data, and on which it can."""
    elsewhere = [other for other in plugins.names("kinds") if name in registry.load(other).records]
    if name not in kind.records and elsewhere:
        problem = f"is measured on {' and '.join(elsewhere)}, and this task is on {kind.name}: take it out of the list"
        yield Fault(path, problem, name)
    else:
        yield from unknown(path, f"record of {kind.noun}", name, list(kind.records))


def _augmentation(path: KeyPath, name: str, kind: Kind, form: Form | None) -> Iterator[Fault]:
    """Yield an augmentation that a kind of data does not know, or one that is too large for its samples."""
    stem, _, size = name.rpartition("-")
    if stem not in kind.sized or not size.isdecimal() or size.startswith("0"):
        sized = [f"{each}-SIZE" for each in kind.sized]
        yield from unknown(path, f"augmentation of {kind.noun}", name, [*kind.augmentations, *sized])
    elif form is not None and (most := kind.largest(form)) is not None and int(size) > most:
        yield Fault(path, f"is too large for {kind.describe(form)}: its size may be 1 to {most} there", name)


def _too_few(path: KeyPath, task: TaskSettings, kind: Kind, dataset: DatasetSettings) -> Iterator[Fault]:
    """Yield a batch that needs more samples than there are to train on, where these are known before they are read."""
    if dataset.own_data:  # a job says so (`Task.data`)
        return
    train, _, _ = kind.cuts(dataset, plugins.load("sources", dataset.source).SOURCE(dataset).extent())
    if problem := kind.too_few(train, task):
        yield Fault(path, problem, task.batch_size)


def _threshold(path: KeyPath, task: TaskSettings) -> Iterator[Fault]:
    """Yield a level at which to begin again that no network has."""
    given, (low, high) = task.restart.threshold if task.restart else None, task.measure.bounds
    if given is not None and not low <= given <= high:
        problem = (
            f"must be a level of {task.measure.label}, from {low:g} to {high:g}; null takes what guessing is worth"
        )
        yield Fault((*path, "restart", "threshold"), problem, given)


def _sizes(name: str, study: StudySettings, dataset: DatasetSettings) -> Iterator[Fault]:
    """Yield a setting of the space that does not fit the data, as far as these are known; a search asks again."""
    # Where nothing is trained, nothing has to fit.
    if (form := form_of(dataset)) is None or not study.tasks:
        return
    outputs = form.outputs if outputs_known(dataset) else None
    if misfit := space_of(study.space).misfit(form.shape, outputs):
        key, problem = misfit
        yield Fault(("studies", name, "space", key), problem, getattr(study.space, key))


def form_of(dataset: DatasetSettings) -> Form | None:
    """Return the form of data before they are fetched, outputs that nobody knows assumed; None of a user's own."""
    if dataset.own_data:
        return None
    source = plugins.load("sources", dataset.source).SOURCE(dataset)
    form = registry.of_source(dataset.source).imagined(source.extent())
    return form if source.outputs is None else replace(form, outputs=source.outputs)


def outputs_known(dataset: DatasetSettings) -> bool:
    """Tell whether the source says how many classes or words there are before the data are read."""
    return plugins.load("sources", dataset.source).SOURCE(dataset).outputs is not None


def _allowed(networks: list[str]) -> str:
    return f"allowed: {', '.join(networks)}" if networks else "no network takes those"


def tasks(study: StudySettings) -> tuple[tuple[str, TaskSettings], ...]:
    """Return the tasks that a study has by their section."""
    return tuple(study.tasks.items())
