"""Regret as the figures and tables want it: curves over the share of the budget, and the numbers at its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlsearch.measures import Measure, with_loss
from rlsearch.report.repetitions import Band
from rlsearch.report.study import StudyData


def measures(study: StudyData) -> tuple[Measure, ...]:
    """Return in what regret is stated, the study's own measure first; a surrogate gives that one alone."""
    return (study.measure,) if study.settings.surrogate else with_loss(study.measure)


def meaning(study: StudyData, answer: str) -> str:
    """Return in words what the regret of an answer is."""
    best = f"the best {study.noun} of the space"
    if study.settings.surrogate:
        return f"what {best} is worth without noise, less what {answer} is worth"
    return f"mean test value of {best}, less that of {answer}, over the trainings that the search did not see"


def of_trainings(study: StudyData, words: str) -> str:
    """Return these words about trainings over which regret is a mean; nothing where a surrogate gives it exactly."""
    return "" if study.settings.surrogate else words


def curves(study: StudyData, measure: Measure) -> dict[str, Band]:
    """Return each agent's mean regret in its unit, with its 95 % t band, over the share of the budget in per cent."""
    regrets = {agent: values[measure.name]["by_budget"] for agent, values in study.regret.items()}
    return {
        agent: Band(100 * curve.x, *map(measure.scaled, (curve.mean, curve.low, curve.high)))
        for agent, curve in regrets.items()
    }


def final(study: StudyData, agent: str, measure: Measure | None = None) -> Mapping[str, Any]:
    """Return the regret of an agent's answers: `values` (one a search), `reused` and more; empty before they are known.

    In the study's own measure by default. `reused` counts answers of which the search had seen every training, so that
    none was left to judge by alone.
    """
    block: Mapping[str, Any] = study.regret.get(agent, {}).get((measure or study.measure).name, {}).get("final", {})
    return block
