"""Every slot on every dataset: what its candidate reaches on the study's own and on those of its transfers."""

from __future__ import annotations

from functools import partial
from typing import Any

from rlsearch.evidence import tables
from rlsearch.measures import Measure
from rlsearch.report import corpora, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Table, level_spread, text

SECTION = "target"
ORDER = 36


def table(study: StudyData) -> Table:
    """One row per slot that is transferred, and columns for each dataset; without any where nothing is transferred."""
    places, rows = corpora.of(study), []
    moved = {slot for place in places if place.name != "target" for slot in place.trained}
    for slot in (slot for slot in study.slots if slot.name in moved):
        proxy = (study.selected.get(slot.name) or {}).get("proxy") or {}
        row: dict[str, Any] = {"slot": slot.name, "proxy": proxy.get(f"mean_{study.measure.name}")}
        for place in places:
            for key, measure in _measured(study, place).items():
                levels = tables.tested(place.trained.get(slot.name, {}), measure)
                row |= {**level_spread(key, levels, measure), f"{key}_runs": len(levels) or None}
        rows.append(row)
    columns = [text("slot", "slot"), Column("proxy", f"proxy: {study.judged}", _shown(study.measure))]
    hidden = []
    for place in places:
        for key, measure in _measured(study, place).items():
            columns.append(Column(key, f"{place.name}: test {measure.label}, {place.dataset}", _shown(measure)))
            columns += [Column(f"{key}{end}", title, _shown(measure)) for end, title in _ENDS.items()]
            hidden += [f"{key}_sd", f"{key}_runs"]
    note = (
        "The same candidates on every dataset on which they were trained; means and 95 % t intervals over the runs, a "
        "dash where there is none. Levels of two datasets cannot be compared with each other, only slots of one."
    )
    return Table("Every slot on every dataset", tuple(columns), rows, note, hidden)


_ENDS = {"_low": "from", "_high": "to"}


def _shown(measure: Measure) -> partial[str]:
    return partial(words.level, measure=measure)


def _measured(study: StudyData, place: corpora.Corpus) -> dict[str, Measure]:
    """Return what was measured there, by the names of its columns: the study's measure, and what a task records."""
    main = study.target_measure
    others = {f"{place.name}_{other.name}": other for other in place.recorded if other.name != main.name}
    return {f"{place.name}_{main.name}": main, **others}
