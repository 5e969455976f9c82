"""The source's numbers beside the measured ones, marked where the two cannot be compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from rlsearch.config.artefacts import Slot
from rlsearch.config.twins import plainest
from rlsearch.evidence import tables
from rlsearch.report import exploration, words
from rlsearch.report.published import differences
from rlsearch.report.published_models import Measured
from rlsearch.report.study import StudyData
from rlsearch.report.table import Row, Table, text
from rlsearch.units import counted

SECTION = "published"
ORDER = 55
TITLE = "The source's numbers beside ours"


def table(study: StudyData) -> Table:
    """Return the published numbers beside the measured ones; one that this study does not measure is left out."""
    entry = study.published
    if entry is None:
        return Table(TITLE, (), ())
    reasons = differences(study, entry)
    measured = [item for item in entry.numbers if _has(study, item.measured)]
    rows: list[Row] = [
        {
            **{key: getattr(item, key) for key in ("quantity", "candidate", "published", "n")},
            **_measure(study, item.measured),
            "comparable": "not comparable" if reasons or item.because else "comparable",
            "because": "; ".join([*reasons, *filter(None, [item.because])]),
            "greyed": _GREY if reasons or item.because else (),
        }
        for item in measured
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
    note, absent = entry.citation, len(entry.numbers) - len(measured)
    if absent:
        note += f" Left out: {absent} of its {len(entry.numbers)} numbers, which this study does not measure."
    return Table(TITLE, columns, rows, note, ("because",))


_GREY = ("candidate", "published", "n", "comparable")


def _has(study: StudyData, wanted: Measured | None) -> bool:
    """Tell whether the settings of a study lead to the number that is wanted, now or when it has run."""
    if wanted is None or wanted.kept or wanted.at_epsilon is not None:
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
        (wanted and wanted.at_epsilon, _at_epsilon),
    )
    for key, find in finders:
        if key is not None:
            value, candidate = find(study, key)
            return {"measured": value, "measured_of": candidate}
    return {"measured": None, "measured_of": None}


def _target(study: StudyData, slot: str) -> tuple[str | None, str | None]:
    retrained = study.retrained.get(slot, {})
    values = tables.tested(retrained, study.target_measure)
    if not values:
        return None, None
    mean = words.level(study.target_measure.mean(values), study.target_measure)
    return f"{mean} (mean of {len(values)})", f"{retrained['label']} ({slot})"


def _proxy(study: StudyData, slot: str) -> tuple[str | None, str | None]:
    selected = study.selected.get(slot) or {}
    level = (selected.get("proxy") or {}).get(f"mean_{study.measure.name}")
    return (None, None) if level is None else (words.level(level, study.measure), f"{selected['label']} ({slot})")


def _proxy_at(study: StudyData, value: float) -> tuple[str | None, str | None]:
    slot = _grid_slot(study, value)
    return (None, None) if slot is None else _proxy(study, slot.name)


def _grid_slot(study: StudyData, value: float) -> Slot | None:
    """Return the grid's slot at a value of the decision, from the settings: it need not have run."""
    # A sample's networks are known when searches have ended, and at which value they lie is chance.
    asked = study.settings.fidelity
    slots = study.of_role("point") if asked and asked.agent else []
    points = study.space.spread(len(slots)) if slots else ()
    matching = (
        slot for slot, point in zip(slots, points, strict=True) if study.value(study.space.decode(point)) == value
    )
    return next(matching, None)


def _settles(study: StudyData, agent: str) -> tuple[str | None, str | None]:
    means = [search["last_mean"] for search in study.signs.get(agent, {}).get("searches", ())]
    if not means:
        return None, None
    return f"{min(means):.2f} to {max(means):.2f}", f"{agent}, {counted(len(means), 'search')}"


def _at_epsilon(study: StudyData, epsilon: float) -> tuple[str | None, str | None]:
    agents = {label: study.settings.agents[label] for label in exploration.agents(study)}
    # The plainest, which is the source's own: jobs have agents in another order than the settings.
    for agent in [plainest(agents)] if agents else []:
        rows = exploration.trials(study, agent)
        here = rows[np.isclose(rows["epsilon"], epsilon)]
        if levels := here["level"].dropna().tolist():
            searches = counted(int(here["seed"].nunique()), "search")
            mean = words.level(study.measure.mean(levels), study.measure)
            return f"{mean} (mean of {len(levels)})", f"{agent}, {searches}, on {study.judged}"
    return None, None
