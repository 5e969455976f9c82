"""What a study's source published, beside what was measured here, marked where the two cannot be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rlsearch.config.base import WHOLE
from rlsearch.report.published_models import Published
from rlsearch.report.study import StudyData


def differences(study: StudyData, entry: Published, dataset: str | None = None) -> list[str]:
    """Return why the published numbers cannot be compared with ours; empty where they can.

    Args:
        dataset: of one number, where a source has several; all of them are used where it is not given.
    """
    datasets = [dataset] if dataset else [entry.dataset, *(arm.dataset for arm in entry.arms)]
    ours = study.dataset.source
    validation = study.dataset.validation or study.dataset.validation_share
    pairs = [
        ("dataset", ours if ours in datasets else datasets[0], ours),
        (f"training {study.kind.noun}", "all", study.dataset.train_size or "all"),
        ("validation", entry.validation or "an unknown share", validation),
        ("protocol", entry.protocol, study.settings.protocol),
    ]
    for name in ("proxy", "target"):
        sides = [dict(_leaves(getattr(side, name).model_dump(context=WHOLE), name)) for side in (entry, study.settings)]
        pairs += [(key, *(side.get(key, "none") for side in sides)) for key in {**sides[0], **sides[1]}]
    return [f"{name} {own} instead of {theirs}" for name, theirs, own in pairs if theirs != own]


def _leaves(settings: Mapping[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    """Yield ("proxy optimizer lr", 0.001) and so on for nested settings."""
    for key, value in settings.items():
        title = f"{name} {key.replace('_', ' ')}"
        if isinstance(value, Mapping):
            yield from _leaves(value, title)
        elif isinstance(value, list | tuple):
            yield title, ", ".join(map(str, value)) or "none"
        else:
            yield title, "none" if value is None else value


def notes(study: StudyData, entry: Published) -> tuple[str, ...]:
    """Return the notes that hold for this study."""
    return entry.notes + (entry.notes_published_test if study.rewards_on_test else entry.notes_validation)
