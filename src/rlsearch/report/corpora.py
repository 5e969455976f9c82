"""On which datasets a study's slots were trained at the end: its own, and those of its transfers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlsearch.config import artefacts
from rlsearch.files import read_json
from rlsearch.measures import Measure
from rlsearch.report.study import StudyData


@dataclass(frozen=True)
class Corpus:
    """One dataset as slots were trained on it.

    Attributes:
        name: "target", or that of the transfer.
        dataset: in the settings.
        recorded: what was measured besides the study's measure (`record` of the task).
        trained: what each slot's runs measured (metrics.json), by slot.
    """

    name: str
    dataset: str
    recorded: tuple[Measure, ...]
    trained: Mapping[str, Mapping[str, Any]]


def of(study: StudyData) -> list[Corpus]:
    """Return the study's own dataset, where it retrains, and those of its transfers, in the order of the settings."""
    target = study.settings.tasks.get("target")
    own = [Corpus("target", study.settings.dataset, target.recorded, study.retrained)] if target else []
    return own + [
        Corpus(
            name,
            transfer.dataset,
            transfer.task.recorded,
            {slot: study.transferred[name, slot] for slot in transfer.slots if (name, slot) in study.transferred},
        )
        for name, transfer in study.transfers.items()
    ]


def floor(study: StudyData, dataset: str) -> float | None:
    """Return the mean loss (nats) below which no model can be, where the manifest of a dataset has its entropy.

    None where nobody knows it, or before the dataset is fetched.

    Raises:
        RlsearchError: the manifest is there but cannot be read.
    """
    manifest = study.files.read(artefacts.data_folder(dataset) / "manifest.json", _manifest) or {}
    entropy = manifest.get("entropy")
    return None if entropy is None else float(entropy)


def _manifest(path: Path) -> Mapping[str, Any]:
    manifest: Mapping[str, Any] = read_json(path, "counts")
    return manifest
