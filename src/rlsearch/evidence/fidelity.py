"""Does the cheap proxy rank candidates as the target network does? The source of the first study leaves this open."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from rlsearch.config import plugins
from rlsearch.evidence import tables
from rlsearch.evidence.results import Results
from rlsearch.measures import Measure
from rlsearch.statistics.intervals import kendall

TRAINED = 2.0
"""A candidate "trained" on the proxy when its mean level is this many times better than chance."""
FEW = 1 / 9
"""Of two to ten classes: when it is this far from chance to perfect, which for ten is TRAINED times chance too; of two
classes twice chance would be a perfect network."""


def least(measure: Measure, chance: float) -> float:
    """Return the level that is TRAINED times better than chance: what is better still has learned something.

    >>> from rlsearch.measures import ACCURACY
    >>> least(ACCURACY, 0.01), least(ACCURACY, 0.1), round(least(ACCURACY, 0.5), 4)
    (0.02, 0.2, 0.5556)
    """
    if not measure.higher_is_better:
        return chance / TRAINED
    return min(TRAINED * chance, chance + FEW * (measure.bounds[1] - chance))


def evaluate(results: Results, confidence: float = 0.95) -> dict[str, Any]:
    """Compare proxy and target over those slots of a study that are there for it: a grid's points or a sample.

    Returns:
        `points`: per filled slot with both measurements `slot`, `label`, `proxy` (mean validation level), `target`
        (mean test level), `trained`; `all` and `trained`: Kendall's `tau`, `interval`, `p` and `n` over all points
        and over those that trained (a rank correlation over a wide range can rest on the failures alone); `slots`:
        how many slots there are, and `noun`, what one of them is; `chance`: the level of a network that has learned
        nothing; `cost`: FLOPs of one `proxy` and one `target` training and their ratio `cut`. What is not known yet is
        None.
    """
    slots = [slot for slot in results.slots if slot.role == "point"]
    names = [slot.name for slot in slots]
    manifest = results.manifest
    # The level of a network that has learned nothing is not known before the data are there, nor where none is trained.
    chance = None
    if manifest is not None and results.settings.surrogate is None:
        chance = results.measure.chance(results.kind.guessed(manifest))
    points = [point for name in names if (point := _point(results, name, chance)) is not None]
    return {
        "slots": len(names),
        "noun": plugins.load("slots", slots[0].kind).SLOT.noun if slots else "point",
        "points": points,
        "chance": chance,
        "all": _tau(points, confidence),
        "trained": None if chance is None else _tau([point for point in points if point["trained"]], confidence),
        "cost": _cost(results, names),
    }


def _point(results: Results, name: str, chance: float | None) -> dict[str, Any] | None:
    selected, retrained, measure = results.selected.get(name), results.retrained.get(name), results.measure
    if selected is None or retrained is None or selected["status"] == "empty":
        return None
    proxy, target = (selected["proxy"] or {}).get(f"mean_{measure.name}"), tables.tested(retrained, measure)
    if proxy is None or not target:
        return None
    return {
        "slot": name,
        "label": selected["label"],
        "proxy": proxy,
        "target": measure.mean(target),
        "trained": None if chance is None else measure.better(proxy, least(measure, chance)),
    }


def _tau(points: Sequence[dict[str, Any]], confidence: float) -> dict[str, Any]:
    rank = kendall([point["proxy"] for point in points], [point["target"] for point in points], confidence)
    interval = None if rank.interval is None else rank.interval.to_json()
    return {"tau": rank.tau, "interval": interval, "p": rank.p, "n": rank.n}


def _cost(results: Results, names: Sequence[str]) -> dict[str, float | None]:
    """Return the FLOPs of one full training of these slots: medians, since networks may cost different amounts.

    Over finished trainings, since diverged children stop early; on the proxy, of the same candidates in all searches.
    """
    keys = {results.selected[name]["key"] for name in names if name in results.selected}
    trials = (trial for job in (results.ledgers if keys else ()) for trial in results.ledgers[job])
    proxy = [trial["flops"] for trial in trials if trial["key"] in keys and trial["status"] == "ok"]
    metrics = (results.retrained.get(name) for name in names)
    target = [run["flops"] for value in metrics if value for run in value["runs"] if run["status"] == "ok"]
    cheap = float(median(proxy)) if proxy else None
    full = float(median(target)) if target else None
    return {"proxy": cheap, "target": full, "cut": full / cheap if cheap and full else None}
