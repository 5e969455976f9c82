"""What a study's source published, beside what was measured here, marked where the two cannot be compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rlsearch.config.base import WHOLE, Settings
from rlsearch.config.models import TaskSettings
from rlsearch.report.published_models import Published
from rlsearch.report.study import StudyData

Pair = tuple[str, Any, Any]
"""What is compared, as the source has it, as we have it."""


def differences(study: StudyData, entry: Published, dataset: str | None = None) -> list[str]:
    """Return why the published numbers cannot be compared with ours; empty where they can.

    Args:
        dataset: of one number, where a source has several; all of them are used where it is not given.
    """
    datasets = [dataset] if dataset else [entry.dataset, *(arm.dataset for arm in entry.arms)]
    ours = study.dataset.source
    data = dict(entry.data) if ours == entry.dataset in datasets else {}
    size = data.pop("train_size", None)
    read: list[Pair] = [
        ("dataset", ours if ours in datasets else datasets[0], ours),
        *_told("dataset", data, study.dataset),
        (f"training {study.kind.noun}", size or "all", study.dataset.train_size or "all"),
        ("validation", *_validation(study, entry)),
    ]
    pairs: list[Pair] = [
        # Where nothing is trained, the dataset is named and never read.
        *(read if study.settings.tasks else []),
        ("protocol", entry.protocol, study.settings.protocol),
        *_told("space", entry.space, study.settings.space),
    ]
    retrain = study.settings.retrain
    tuned = retrain is not None and retrain.tune is not None
    pairs.append(("recipes tried before retraining", "some" if entry.tuned else "none", "some" if tuned else "none"))
    for name in ("proxy", "target"):
        theirs, task = getattr(entry, name), study.settings.tasks.get(name)
        pairs += [(name, theirs.network, None)] if task is None else _pairs(name, _training(theirs), _training(task))
    return [f"{name} {_shown(own)} instead of {_shown(theirs)}" for name, theirs, own in pairs if theirs != own]


def _validation(study: StudyData, entry: Published) -> tuple[Any, Any]:
    """Return on what the source validates, and on what we do."""
    asked = study.dataset.validation
    if entry.validation != "own":
        return entry.validation or "an unknown share", asked or study.dataset.validation_share
    # Where nothing is asked, data that have such a part give it; those that have none are other data, which is told.
    return _OWN, asked or _OWN


_OWN = "a part that comes with the data"


def _dump(settings: Settings) -> dict[str, Any]:
    return settings.model_dump(mode="json", context=WHOLE)


def _training(task: TaskSettings) -> dict[str, Any]:
    """Return the settings that shape a training: all but what is measured besides."""
    return {key: value for key, value in _dump(task).items() if key != "record"}


def _told(title: str, told: Mapping[str, Any], settings: Settings) -> Iterator[Pair]:
    """Yield what a source tells of a section, beside ours; what it leaves out is not compared."""
    if told:
        yield from _pairs(title, told, _named(told, _dump(settings)))


def _named(told: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
    """Return of our settings the keys that a source tells, at every level."""
    return {
        key: _named(value, ours.get(key) or {}) if isinstance(value, Mapping) else ours.get(key)
        for key, value in told.items()
    }


def _pairs(title: str, theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[Pair]:
    """Yield ("proxy optimizer lr", 0.001, 0.01) and so on for nested settings.

    Where their type or name differs nothing else is told: the keys of one type say nothing about another.
    """
    for key in ("type", "name"):
        if theirs.get(key) != ours.get(key):
            yield f"{title} {key}", theirs.get(key), ours.get(key)
            return
    for key in {**theirs, **ours}:
        name, sides = f"{title} {key.replace('_', ' ')}", (theirs.get(key), ours.get(key))
        if any(isinstance(side, Mapping) for side in sides):
            yield from _pairs(name, *(side if isinstance(side, Mapping) else {} for side in sides))
        else:
            yield name, *sides


def _shown(value: Any) -> str:
    """Return a value as settings have it: lists without brackets, but for those in lists."""
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(f"({_shown(item)})" if isinstance(item, list) else _shown(item) for item in value)
    return str(value)


def notes(study: StudyData, entry: Published) -> tuple[str, ...]:
    """Return the notes that hold for this study."""
    return entry.notes + (entry.notes_published_test if study.rewards_on_test else entry.notes_validation)
