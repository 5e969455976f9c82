"""Data and networks of one kind: what a source yields, a network takes, and a task may ask for."""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.config import plugins
from rlsearch.config.faults import Fault, KeyPath, unknown
from rlsearch.config.models import DatasetSettings, Params, StudySettings, TaskSettings
from rlsearch.data import registry as sources
from rlsearch.data.kinds import _registry as registry


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
    """Yield tasks whose network takes other data than the study's, or that ask for what such data do not have."""
    kind = registry.of_source(dataset.source)
    for section, task in tasks(study):
        taken = plugins.takes(task.network)
        if taken != kind.name:
            fitting = [network for network in plugins.names("networks") if plugins.takes(network) == kind.name]
            problem = f"takes {taken}, and dataset {study.dataset} holds {kind.name}; {_allowed(fitting)}"
            yield Fault(("studies", name, section, "network"), problem, task.network)
            continue
        for index, augmentation in enumerate(task.augment):
            path = ("studies", name, section, "augment", index)
            yield from unknown(path, f"augmentation of {kind.noun}", augmentation, kind.augmentations)


def _allowed(networks: list[str]) -> str:
    return f"allowed: {', '.join(networks)}" if networks else "no network takes those"


def tasks(study: StudySettings) -> tuple[tuple[str, TaskSettings], ...]:
    """Return the tasks of a study by their section."""
    return ("proxy", study.proxy), ("target", study.target)
