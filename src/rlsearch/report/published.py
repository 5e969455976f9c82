"""What a study's source published, beside what was measured here, marked where the two cannot be compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from rlsearch.config import plugins
from rlsearch.config.artefacts import Slot
from rlsearch.errors import RlsearchError
from rlsearch.evidence import tables
from rlsearch.report import words
from rlsearch.report.published_models import Measured, Published
from rlsearch.report.study import StudyData
from rlsearch.report.table import Row, Table, text
from rlsearch.units import counted


def load(name: str | None) -> Published | None:
    """Return the entry that a study's setting `published` names.

    Raises:
        RlsearchError: there is no such entry, or its file is malformed.
    """
    if name is None:
        return None
    files = plugins.published()
    if name not in files:
        allowed = ", ".join(sorted(files))
        raise RlsearchError(f"there are no published numbers {name!r}", where="published", allowed=allowed)
    try:
        return Published.model_validate(yaml.safe_load(files[name].read_text(encoding="utf-8")), strict=False)
    except (ValidationError, yaml.YAMLError) as error:
        raise RlsearchError(f"cannot use the published numbers: {error}", where=files[name].name) from None


def differences(study: StudyData, entry: Published, dataset: str | None = None) -> list[str]:
    """Return why the published numbers cannot be compared with ours; empty where they can.

    Args:
        dataset: of one number, where a source has several; all of them serve where it is not given.
    """
    known = [dataset] if dataset else [entry.dataset, *(arm.dataset for arm in entry.arms)]
    ours = study.dataset.source
    validation = study.dataset.validation or study.dataset.validation_share
    pairs = [
        ("dataset", ours if ours in known else known[0], ours),
        ("training images", "all", study.dataset.train_size or "all"),
        ("validation", entry.validation or "an unknown share", validation),
        ("protocol", entry.protocol, study.settings.protocol),
    ]
    for name in ("proxy", "target"):
        sides = [dict(_leaves(getattr(side, name).model_dump(), name)) for side in (entry, study.settings)]
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
            yield title, value


def notes(study: StudyData, entry: Published) -> tuple[str, ...]:
    """Return the notes that hold for this study."""
    return entry.notes + (entry.notes_published_test if study.rewards_on_test else entry.notes_validation)


def table(study: StudyData, entry: Published) -> Table:
    """Return the published numbers beside the measured ones; one that this study does not measure is left out."""
    reasons = differences(study, entry)
    known = [item for item in entry.numbers if _has(study, item.measured)]
    rows: list[Row] = [
        {
            **{key: getattr(item, key) for key in ("quantity", "candidate", "published", "n")},
            **_measure(study, item.measured),
            "comparable": "not comparable" if reasons or item.because else "comparable",
            "because": ", ".join([*reasons, *filter(None, [item.because])]),
            "greyed": _GREY if reasons or item.because else (),
        }
        for item in known
    ]
    columns = (
        text("quantity", "quantity"),
        text("candidate", "published of"),
        text("published", "published"),
        text("n", "n there"),
        text("measured", "measured here"),
        text("measured_of", "measured of"),
        text("comparable", "comparable?"),
    )
    title = "The source's numbers beside ours"
    note, absent = entry.citation, len(entry.numbers) - len(known)
    if absent:
        note += f" Left out: {absent} of its {len(entry.numbers)} numbers, which this study does not measure."
    return Table("published", "published", title, columns, rows, note, ("because",))


_GREY = ("candidate", "published", "n", "comparable")


def _has(study: StudyData, wanted: Measured | None) -> bool:
    """Tell whether the settings of a study lead to the number that is wanted, now or when it has run."""
    if wanted is None:
        return True
    if wanted.proxy_at is not None:
        return _grid_slot(study, wanted.proxy_at) is not None
    if wanted.settles is not None:
        return wanted.settles in study.agents
    return (wanted.target_slot or wanted.proxy_slot) in {slot.name for slot in study.slots}


def _measure(study: StudyData, wanted: Measured | None) -> Mapping[str, str | None]:
    finders: tuple[tuple[Any, Callable[..., tuple[str | None, str | None]]], ...] = (
        (wanted and wanted.target_slot, _target),
        (wanted and wanted.proxy_slot, _proxy),
        (wanted and wanted.proxy_at, _proxy_at),
        (wanted and wanted.settles, _settles),
    )
    for key, find in finders:
        if key is not None:
            value, candidate = find(study, key)
            return {"measured": value, "measured_of": candidate}
    return {"measured": None, "measured_of": None}


def _target(study: StudyData, slot: str) -> tuple[str | None, str | None]:
    found = study.retrained.get(slot, {})
    values = tables.tested(found, study.measure)
    if not values:
        return None, None
    mean = words.level(study.measure.mean(values), study.measure)
    return f"{mean} (mean of {len(values)})", f"{found['label']} ({slot})"


def _proxy(study: StudyData, slot: str) -> tuple[str | None, str | None]:
    found = study.selected.get(slot) or {}
    level = (found.get("proxy") or {}).get(f"mean_{study.measure.name}")
    return (None, None) if level is None else (words.level(level, study.measure), f"{found['label']} ({slot})")


def _proxy_at(study: StudyData, value: float) -> tuple[str | None, str | None]:
    slot = _grid_slot(study, value)
    return (None, None) if slot is None else _proxy(study, slot.name)


def _grid_slot(study: StudyData, value: float) -> Slot | None:
    """Return the grid's slot at a value of the decision, from the settings: it need not have run."""
    slots = study.of_role("point")
    points = study.space.spread(len(slots)) if slots else ()
    found = (slot for slot, point in zip(slots, points, strict=True) if study.value(study.space.decode(point)) == value)
    return next(found, None)


def _settles(study: StudyData, agent: str) -> tuple[str | None, str | None]:
    means = [search["last_mean"] for search in study.signs.get(agent, {}).get("searches", ())]
    if not means:
        return None, None
    return f"{min(means):.2f} to {max(means):.2f}", f"{agent}, {counted(len(means), 'search')}"
