"""The headroom of each kind of claim: on a truth table, on the fidelity grid, or by definition; else unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.config import artefacts
from rlsearch.config.models import ClaimSettings
from rlsearch.config.twins import compared
from rlsearch.errors import RlsearchError
from rlsearch.evidence import ceilings, tables
from rlsearch.evidence.headroom import UNKNOWN, Headroom
from rlsearch.evidence.results import Results
from rlsearch.evidence.worth import Truth, exact
from rlsearch.measures import Measure

Floats = NDArray[np.float64]


def of_claim(results: Results, claim: ClaimSettings) -> Headroom:
    """Return a claim's headroom from what is there.

    A table or an artefact that cannot be read gives an unknown headroom, never an error.
    """
    asked = compared(results.settings, claim)
    try:
        return _KINDS.get(asked.claim, _unknown)(results, asked)
    except RlsearchError as error:
        return Headroom(error.what)


def _on_table(results: Results, claim: ClaimSettings) -> Headroom:
    """Compare with the other arm's answers on its table; both are judged as the claim judges them."""
    other = results.of(claim.against_study) if claim.against_study else results
    if results.settings.surrogate and not claim.against_study:
        return _on_surrogate(results, claim)
    if results.settings.table is None or other.settings.table is None:
        return UNKNOWN
    sees = artefacts.closed_loop(results.settings)
    ceiling = ceilings.on_table(results.table("validation"), results.table("test"), sees_training=sees)
    block, said = _floor_block(other, str(claim.against))
    if block is None:
        return Headroom("the other arm has not run")
    floor = Truth(other.table("test")).reached(block)
    return ceilings.over(floor, ceiling, f"{said}; {ceiling.source}")


def _on_surrogate(results: Results, claim: ClaimSettings) -> Headroom:
    """Compare the other arm's answers with the optimum, which is known."""
    truth = exact(results)
    block, said = _floor_block(results, str(claim.against))
    if block is None:
        return Headroom("the other arm has not run")
    ceiling = ceilings.Ceiling(truth.best, None, "the ceiling is the surrogate's optimum")
    return ceilings.over(truth.reached(block), ceiling, f"{said}; {ceiling.source}")


def _floor_block(results: Results, agent: str) -> tuple[Mapping[str, Any] | None, str]:
    """Return repeated searches of the other arm, else those that stand in for them, and what they are."""
    wanted, found = results.settings.controls.repetitions, results.block(agent, "repetitions")
    if found and wanted and (found["runs"], found["trials"]) == (wanted.runs, wanted.trials):
        return found, f"the floor is what {agent} reached in {found['runs']} searches"
    simulated = None if wanted is None else results.simulated
    return simulated, "the floor is random search's, simulated before the run"


def _on_proxy(results: Results, claim: ClaimSettings) -> Headroom:
    """Compare with the scores of the other arm; the ceiling is the best point of the grid, by the other searches."""
    grid = results.settings.fidelity
    if grid is None:
        return UNKNOWN
    ledgers, measure = results.ledgers_of(grid.agent), results.measure
    rows = [row for row in results.searches or () if row["agent"] == claim.against]
    scores = list(map(measure.merit, tables.scores(rows, measure)))
    if len(ledgers) < max(2, results.settings.search.seeds) or len(scores) < 2:
        return Headroom("the grid's searches and the other arm have not run")
    kept = [_by_candidate(ledger, measure) for ledger in ledgers]
    common = sorted(set.intersection(*(set(found) for found in kept)))
    source = (
        f"the floor is the mean score of {claim.against}; the ceiling is the point of the grid that is best in all "
        "searches but the one that judges"
    )
    return _grid([[found[key] for found in kept] for key in common], scores, source)


def _by_candidate(ledger: Sequence[Mapping[str, Any]], measure: Measure) -> dict[str, list[float]]:
    """Return the merits of every candidate's trainings."""
    found: dict[str, list[float]] = {}
    for trial in ledger:
        if trial["status"] == "ok":
            found.setdefault(trial["key"], []).append(measure.merit(measure.of(trial["metrics"])))
    return found


def _on_target(results: Results, claim: ClaimSettings) -> Headroom:
    """Compare with the baseline on the target; the ceiling is the grid point that is best in all runs but one."""
    names = [slot.name for slot in results.slots if slot.role == "point"]
    baseline = _tested(results, str(claim.against))
    if not names:
        return _on_tree(results, claim, baseline)
    points = [_tested(results, name) for name in names]
    fewest = min(len(values) for values in points)
    if fewest < 2 or len(baseline) < 2:
        return Headroom("the grid and the baseline have not been retrained")
    source = (
        f"the floor is {claim.against}; the ceiling is the point of the grid that is best in all of its {fewest} runs "
        "but the one that judges"
    )
    return _grid([[[value] for value in values[:fewest]] for values in points], baseline, source)


def _tested(results: Results, slot: str) -> list[float]:
    """Return the test merits of a slot's runs."""
    return list(map(results.measure.merit, tables.tested(results.retrained.get(slot, {}), results.measure)))


def _on_tree(results: Results, claim: ClaimSettings, baseline: Sequence[float]) -> Headroom:
    """Compare with a baseline that is trained as a table's rows were: the same network, recipe and images."""
    settings = results.settings
    if settings.table is None or not artefacts.closed_loop(settings) or settings.target != settings.proxy:
        return UNKNOWN
    if len(baseline) < 2:
        return Headroom("the baseline has not been retrained")
    ceiling = ceilings.on_table(results.table("validation"), results.table("test"), sees_training=True)
    floor = np.array(baseline)
    judges = [] if ceiling.by_judge is None else [ceilings.error(ceiling.by_judge)]
    source = f"the floor is {claim.against}; {ceiling.source}"
    return Headroom.between(source, float(floor.mean()), ceiling.value, [ceilings.error(floor), *judges])


def _grid(scores: Sequence[Sequence[Sequence[float]]], floor: Sequence[float], source: str) -> Headroom:
    ceiling, other = ceilings.by_group(scores), np.array(floor)
    errors = [ceilings.error(arm) for arm in (ceiling, other)]
    return Headroom.between(source, float(other.mean()), float(ceiling.mean()), errors)


def _tightness(results: Results, claim: ClaimSettings) -> Headroom:
    """Compare with null searches: nothing settles more tightly than a search that always proposes the same."""
    spreads = np.array(tables.finite(results.block(claim.agent, "null_constant").get("last_sd", ())))
    if spreads.size < 2:
        return Headroom("the null searches have not run")
    said = "the floor is the spread of null searches, the ceiling that of a search which always proposes the same"
    return Headroom.between(said, -float(spreads.mean()), 0.0, [ceilings.error(spreads)])


def _variance(results: Results, claim: ClaimSettings) -> Headroom:
    return Headroom("a ratio of variances has no upper bound")


def _unknown(results: Results, claim: ClaimSettings) -> Headroom:
    return UNKNOWN


_KINDS: Mapping[str, Callable[[Results, ClaimSettings], Headroom]] = {
    "beats-agent": _on_proxy,
    "selected-beats-baseline": _on_target,
    "convergence": _tightness,
    "beats-agent-on-table": _on_table,
    "lowers-gradient-variance": _variance,
}
