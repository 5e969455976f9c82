"""The headroom of each kind of claim: on a truth table, on the fidelity grid, or by definition; else unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlsearch.config import artefacts
from rlsearch.config.models import ClaimSettings, Params, StudySettings
from rlsearch.config.twins import compared
from rlsearch.errors import RlsearchError
from rlsearch.evidence import ceilings, tables
from rlsearch.evidence.headroom import UNKNOWN, Headroom
from rlsearch.evidence.regret import Truth
from rlsearch.measures import Measure
from rlsearch.truth import recipe

Floats = NDArray[np.float64]
Simulate = Callable[[StudySettings, str, Path], Mapping[str, Any] | None]
"""Maps a study, its name and the folder of its table to the repetitions of random search at the study's budget."""


def of_claim(
    claim: ClaimSettings, params: Params, study: str, root: Path, simulate: Simulate | None = None
) -> Headroom:
    """Return a claim's headroom from what is there.

    A table or an artefact that cannot be read gives an unknown headroom, never an error.

    Args:
        simulate: stands in for the other arm's searches on a table before they have run; nothing does by default.
    """
    asked = compared(params.studies[study], claim)
    try:
        if asked.claim == "beats-agent-on-table":
            return _on_table(asked, params, study, root, simulate)
        return _KINDS.get(asked.claim, _unknown)(asked, params, study, root)
    except RlsearchError as error:
        return Headroom(error.what)


def _on_table(claim: ClaimSettings, params: Params, study: str, root: Path, simulate: Simulate | None) -> Headroom:
    """Compare with the other arm's answers on its table; both are judged as the claim judges them."""
    own, other = params.studies[study], claim.against_study or study
    if own.table is None or params.studies[other].table is None:
        return UNKNOWN
    ceiling = ceilings.on_table(own.table, _home(own.table, root), sees_training=artefacts.closed_loop(own))
    block, said = _floor_block(params, other, str(claim.against), root, simulate)
    if block is None:
        return Headroom("the other arm has not run")
    floor = _reached(str(params.studies[other].table), root, block)
    return ceilings.over(floor, ceiling, f"{said}; {ceiling.source}")


def _floor_block(
    params: Params, study: str, agent: str, root: Path, simulate: Simulate | None
) -> tuple[Mapping[str, Any] | None, str]:
    """Return repeated searches of the other arm, else those that stand in for them, and what they are."""
    settings = params.studies[study]
    wanted = settings.controls.repetitions
    found = (tables.controls(root, study, agent) or {}).get("repetitions")
    if found and wanted and (found["runs"], found["trials"]) == (wanted.runs, wanted.trials):
        return found, f"the floor is what {agent} reached in {found['runs']} searches"
    if simulate is None or wanted is None or settings.table is None:
        return None, ""
    simulated = simulate(settings, study, _home(settings.table, root))
    return simulated, "the floor is random search's, simulated before the run"


def _home(table: str, root: Path) -> Path:
    """Return the folder that a table lies in: the project's, else that of the code; results are the project's alone."""
    return root if (root / artefacts.table_folder(table)).exists() else recipe.home(table)


def _reached(table: str, root: Path, block: Mapping[str, Any]) -> Floats:
    """Return the test merits of the answers, (runs, judges) or (runs, 1)."""
    return Truth.load(table, _home(table, root)).reached(block)


def _on_proxy(claim: ClaimSettings, params: Params, study: str, root: Path) -> Headroom:
    """Compare with the scores of the other arm; the ceiling is the best point of the grid, by the other searches."""
    settings, grid = params.studies[study], params.studies[study].fidelity
    if grid is None:
        return UNKNOWN
    seeds = range(settings.search.seeds)
    ledgers = [tables.trials(root, study, grid.agent, seed) for seed in seeds]
    measure = settings.measure
    rows = [row for row in tables.searches(root, study, measure) or () if row["agent"] == claim.against]
    scores = list(map(measure.merit, tables.scores(rows, measure)))
    if any(ledger is None for ledger in ledgers) or len(scores) < 2 or len(ledgers) < 2:
        return Headroom("the grid's searches and the other arm have not run")
    kept = [_by_candidate(ledger or (), measure) for ledger in ledgers]
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


def _on_target(claim: ClaimSettings, params: Params, study: str, root: Path) -> Headroom:
    """Compare with the baseline on the target; the ceiling is the grid point that is best in all runs but one."""
    settings = params.studies[study]
    names = [slot.name for slot in artefacts.slots(settings) if slot.role == "point"]
    baseline = _tested(root, study, str(claim.against), settings.measure)
    if not names:
        return _on_tree(claim, settings, baseline, root)
    points = [_tested(root, study, name, settings.measure) for name in names]
    fewest = min(len(values) for values in points)
    if fewest < 2 or len(baseline) < 2:
        return Headroom("the grid and the baseline have not been retrained")
    source = (
        f"the floor is {claim.against}; the ceiling is the point of the grid that is best in all of its {fewest} runs "
        "but the one that judges"
    )
    return _grid([[[value] for value in values[:fewest]] for values in points], baseline, source)


def _tested(root: Path, study: str, slot: str, measure: Measure) -> list[float]:
    """Return the test merits of a slot's runs."""
    return list(map(measure.merit, tables.tested(tables.retraining(root, study, slot) or {}, measure)))


def _on_tree(claim: ClaimSettings, settings: StudySettings, baseline: Sequence[float], root: Path) -> Headroom:
    """Compare with a baseline that is trained as a table's rows were: the same network, recipe and images."""
    if settings.table is None or not artefacts.closed_loop(settings) or settings.target != settings.proxy:
        return UNKNOWN
    if len(baseline) < 2:
        return Headroom("the baseline has not been retrained")
    ceiling, floor = (
        ceilings.on_table(settings.table, _home(settings.table, root), sees_training=True),
        np.array(baseline),
    )
    judges = [] if ceiling.by_judge is None else [ceilings.error(ceiling.by_judge)]
    source = f"the floor is {claim.against}; {ceiling.source}"
    return Headroom.between(source, float(floor.mean()), ceiling.value, [ceilings.error(floor), *judges])


def _grid(scores: Sequence[Sequence[Sequence[float]]], floor: Sequence[float], source: str) -> Headroom:
    ceiling, other = ceilings.by_group(scores), np.array(floor)
    errors = [ceilings.error(arm) for arm in (ceiling, other)]
    return Headroom.between(source, float(other.mean()), float(ceiling.mean()), errors)


def _tightness(claim: ClaimSettings, params: Params, study: str, root: Path) -> Headroom:
    """Compare with null searches: nothing settles more tightly than a search that always proposes the same."""
    null = (tables.controls(root, study, claim.agent) or {}).get("null_constant") or {}
    spreads = np.array(tables.finite(null.get("last_sd", ())))
    if spreads.size < 2:
        return Headroom("the null searches have not run")
    said = "the floor is the spread of null searches, the ceiling that of a search which always proposes the same"
    return Headroom.between(said, -float(spreads.mean()), 0.0, [ceilings.error(spreads)])


def _variance(claim: ClaimSettings, params: Params, study: str, root: Path) -> Headroom:
    return Headroom("a ratio of variances has no upper bound")


def _unknown(claim: ClaimSettings, params: Params, study: str, root: Path) -> Headroom:
    return UNKNOWN


_KINDS: Mapping[str, Callable[[ClaimSettings, Params, str, Path], Headroom]] = {
    "beats-agent": _on_proxy,
    "selected-beats-baseline": _on_target,
    "convergence": _tightness,
    "lowers-gradient-variance": _variance,
}
