"""Whether every dataset ranks a study's candidates as its proxy and its target do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rlsearch.evidence import tables
from rlsearch.report import corpora, words
from rlsearch.report.study import StudyData
from rlsearch.report.table import Column, Row, Table, text
from rlsearch.statistics.intervals import kendall

SECTION = "target"
ORDER = 37
AGAINST = ("proxy", "target")
Merits = Mapping[str, float]
"""Of candidates by their key: slots with one candidate share its runs, and would agree with themselves."""


def table(study: StudyData) -> Table:
    """One row per dataset beside the proxy; without any where the study has no transfer."""
    columns = [text("on", "trained as"), text("dataset", "dataset")]
    for name in AGAINST:
        columns += [
            Column(f"{name}_n", f"candidates, with the {name} too", words.count),
            Column(f"{name}_tau", f"tau against the {name}", _tau),
            Column(f"{name}_low", "from", _tau),
            Column(f"{name}_high", "to", _tau),
        ]
    note = (
        f"Kendall's tau-b of mean {study.target_measure.label}: 1 where two put all candidates in one order, −1 where "
        "in opposite ones, and about 0 without any agreement. 95 % interval by Fisher's z, from five candidates on. "
        "Means have noise of their own, which moves tau towards 0. The proxy is that of candidates that a search "
        "trained: most baselines have none."
    )
    rows = list(_rows(study)) if study.transferred else []
    return Table("Does every dataset rank alike?", tuple(columns), rows, note, [f"{name}_p" for name in AGAINST])


def _rows(study: StudyData) -> Iterator[Row]:
    places = corpora.of(study)
    moved = {slot for place in places if place.name != "target" for slot in place.trained}
    merits = {place.name: _tested(study, place, moved) for place in places}
    known = {"proxy": _proxies(study, moved), "target": merits.get("target", {})}
    for place in places:
        row: dict[str, Any] = {"on": place.name, "dataset": place.dataset}
        for name in AGAINST:
            if name != place.name:
                row |= _agreement(name, merits[place.name], known[name])
        yield row


def _tested(study: StudyData, place: corpora.Corpus, moved: set[str]) -> Merits:
    measure, found = study.target_measure, dict[str, float]()
    for slot in sorted(moved & set(place.trained)):
        if levels := tables.tested(place.trained[slot], measure):
            # A baseline that was built anew in the size of what it stands beside is still the one that was selected.
            selected = place.trained[slot].get("selected") or place.trained[slot]
            found[str(selected["key"])] = float(measure.merit(measure.mean(levels)))
    return found


def _proxies(study: StudyData, moved: set[str]) -> Merits:
    measure, found = study.measure, dict[str, float]()
    for slot in sorted(moved):
        selected = study.selected.get(slot) or {}
        level = (selected.get("proxy") or {}).get(f"mean_{measure.name}")
        if level is not None:
            found[str(selected["key"])] = float(measure.merit(level))
    return found


def _agreement(name: str, these: Merits, those: Merits) -> Row:
    keys = [key for key in these if key in those]
    rank = kendall([these[key] for key in keys], [those[key] for key in keys])
    ends = rank.interval
    low, high = (ends.low, ends.high) if ends else (None, None)
    return {
        f"{name}_n": rank.n,
        f"{name}_tau": rank.tau,
        f"{name}_low": low,
        f"{name}_high": high,
        f"{name}_p": rank.p,
    }


def _tau(value: float) -> str:
    return words.minus(f"{value:.2f}")
