"""The claims of a study, each from the artefacts that bear on it. An unfinished run decides nothing and says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

from rlsearch.config import artefacts, plugins
from rlsearch.config.models import ClaimSettings, StudySettings
from rlsearch.config.twins import compared
from rlsearch.evidence import claim_headroom, signs, table_claims, tables
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Evidence, Verdict, cost_notes, judge
from rlsearch.measures import Measure
from rlsearch.spaces.base import Continuous, Decision
from rlsearch.statistics.holm import holm
from rlsearch.units import LOG_RATIO, Unit, counted

_FAVOUR = ", and leaving them out would favour that arm"
_PAIRED = (
    "runs are compared in pairs, as was fixed beforehand: run by run both arms start from the same weights and meet "
    "the images in the same order"
)


def evaluate(results: Results) -> list[Verdict]:
    """Return the verdicts on a study's claims, in the order of the settings, Holm-corrected within the study.

    Missing artefacts give verdicts without evidence, never an error.
    """
    settings = results.settings
    evidence = [gather(results, claim) for claim in settings.claims]
    levels = holm([None if item.test is None else item.test.p for item in evidence], settings.alpha)
    verdicts = [judge(item, level) for item, level in zip(evidence, levels, strict=True)]
    rooms = [claim_headroom.of_claim(results, claim) for claim in settings.claims]
    return [replace(verdict, headroom=room) for verdict, room in zip(verdicts, rooms, strict=True)]


def gather(results: Results, claim: ClaimSettings) -> Evidence:
    """Return the evidence on one claim of a study; without a test, it holds the reason why there is none.

    That on learning is the evidence on the comparison with the twin that never updates.
    """
    if claim.against_study is not None:
        return table_claims.beats_other(results, claim)
    asked = compared(results.settings, claim)
    evidence = _KINDS[asked.claim](results, asked)
    if asked is claim:
        return evidence
    text = f"{claim.agent} learns: it finds better candidates than its twin that never updates, at equal cost"
    return replace(evidence, claim=text, kind=claim.claim)


def _beats_agent(results: Results, claim: ClaimSettings) -> Evidence:
    """Compare the scores of two agents' answers; the unit is the search, whatever is nested in it."""
    text = f"{claim.agent} finds better candidates than {claim.against} at equal cost"
    evidence, measure = _start(results, claim, text), results.measure
    rows, seeds = results.searches, results.settings.search.seeds
    if rows is None:
        return evidence.without("not run yet (the searches are not finished)")
    first, second = ([row for row in rows if row["agent"] == agent] for agent in (claim.agent, claim.against))
    if not len(first) == len(second) == seeds:
        return evidence.without("not run yet (searches.csv does not hold all searches of the settings)")
    for arm in (first, second):
        lost = len(arm) - len(_scores(arm, measure))
        if lost:
            return evidence.without(f"{lost} of {len(arm)} searches of {arm[0]['agent']} gave no answer{_FAVOUR}")
    costs = [_cost(results, agent) for agent in (claim.agent, str(claim.against))]
    return evidence.compare(_scores(first, measure), _scores(second, measure), *cost_notes(*costs))


def _cost(results: Results, agent: str) -> float:
    """Return the mean FLOPs of a search: its trials and the re-evaluation of its finalists, not the scoring."""
    summaries = (results.summaries.get((agent, seed)) for seed in range(results.settings.search.seeds))
    costs = [summary["cost"] for summary in summaries if summary is not None]
    return fmean([cost["flops"] + cost["finalist_flops"] for cost in costs] or [0.0])


def _scores(rows: Sequence[Mapping[str, Any]], measure: Measure) -> list[float]:
    return list(map(measure.merit, tables.scores(rows, measure)))


def _selected_beats_baseline(results: Results, claim: ClaimSettings) -> Evidence:
    """Compare test values on the target; the unit is the retraining run, and the claim is about one candidate.

    Runs are pairs where all candidates share the seeds of their runs (`run_seed`), and only there.
    """
    best, baseline = artefacts.answer_of(results.settings, claim.agent).name, str(claim.against)
    evidence = _start(results, claim, f"What {claim.agent} selected beats {baseline} on the target network")
    measure = results.measure
    first, second = results.retrained.get(best), results.retrained.get(baseline)
    if first is None or second is None:
        return evidence.without(f"not run yet (no retraining of {best if first is None else baseline})")
    for arm in (first, second):
        lost = len(arm["runs"]) - len(tables.tested(arm, measure))
        if arm["status"] == "empty":
            return evidence.without(f"slot {arm['slot']} is empty: {arm['reason']}")
        if lost:
            return evidence.without(f"{lost} runs of {arm['slot']} have no test {measure.label}{_FAVOUR}")
    selected = f"What {claim.agent} selected ({first['label']}) beats {baseline} ({second['label']})"
    evidence = _start(results, claim, f"{selected} on the target network")
    own, other = ([measure.merit(level) for level in tables.tested(arm, measure)] for arm in (first, second))
    if first["key"] == second["key"]:
        return evidence.same(own, other, "both arms hold the same candidate, so that there is nothing to gain")
    if not artefacts.stepwise(results.settings):
        return evidence.compare(own, other)
    if [run["seed"] for run in first["runs"]] != [run["seed"] for run in second["runs"]]:
        return evidence.without(f"not run yet (the runs of {best} and {baseline} do not have the same seeds)")
    return evidence.pair(own, other, _PAIRED)


def _convergence(results: Results, claim: ClaimSettings) -> Evidence:
    """Compare how tightly real searches settle with searches whose reward is noise around a constant."""
    text = f"{claim.agent} settles more tightly than it does when the reward says nothing"
    evidence = _start(results, claim, text)
    if not isinstance(results.space.next(()), Continuous):
        return evidence.without("it needs a space whose first decision is continuous")
    real, controls = signs.search_numbers(results, claim.agent), results.controls.get(claim.agent)
    unfinished = results.settings.search.seeds - len(real)
    if unfinished or controls is None:
        return evidence.without(
            f"not run yet ({counted(unfinished, 'search') if unfinished else 'the controls'} missing)"
        )
    # Tightness is minus the spread, so that a positive difference speaks for the claim, as everywhere.
    tightness = [-sd for sd in tables.finite(search["last_sd"] for search in real)]
    if len(tightness) < len(real):
        return evidence.without("a search is too short to have a last quarter")
    null = tables.finite(controls["null_constant"]["last_sd"])
    lengths, prefix = sorted({search["trials"] for search in real}), controls["prefix"]
    notes = [] if lengths == [prefix] else [f"null runs hold {prefix} trials, real searches {_listed(lengths)}"]
    return evidence.compare(tightness, [-sd for sd in null], *notes)


def _listed(numbers: Sequence[int]) -> str:
    return str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"


def _start(results: Results, claim: ClaimSettings, text: str) -> Evidence:
    return Evidence(text, claim.claim, claim.agent, claim.against, unit_of(claim, results.settings), claim.margin)


def unit_of(claim: ClaimSettings, settings: StudySettings) -> Unit:
    """Return the unit of a claim's effect and margin."""
    if claim.claim == "convergence":
        decision = _first_decision(settings)
        return Unit(decision.name if decision else "action")
    return LOG_RATIO if claim.claim == "lowers-gradient-variance" else settings.measure


def _first_decision(study: StudySettings) -> Decision | None:
    decision: Decision | None = plugins.load("spaces", study.space.type).SPACE(study.space).next(())
    return decision


Gather = Callable[[Results, ClaimSettings], Evidence]
_KINDS: dict[str, Gather] = {
    "beats-agent": _beats_agent,
    "selected-beats-baseline": _selected_beats_baseline,
    "convergence": _convergence,
    "beats-agent-on-table": table_claims.beats_agent,
    "lowers-gradient-variance": table_claims.lowers_variance,
}
