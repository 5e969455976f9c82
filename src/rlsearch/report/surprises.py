"""What a reader of a study would not expect, found in its own numbers: exploratory, and said to be.

A surprise is no verdict. Nobody claimed it in advance, so each kind is tested at a level that is divided by the
number of places where it could be, with tests that make no use of pairs: these are wide where arms share their seeds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import product
from statistics import NormalDist
from typing import Any

from rlsearch.claims import base as claims
from rlsearch.evidence import tables
from rlsearch.report import regret, words
from rlsearch.report.places import heeds_rewards
from rlsearch.report.study import StudyData
from rlsearch.statistics.intervals import kendall, welch

LEVEL = 0.05
FEWEST_POINTS = 5
"""Points on one side of the proxy's best, below which no ranking there can be judged."""


def surprises(study: StudyData) -> list[str]:
    """Return what is surprising, one sentence each, in the order of their weight."""
    return [*_baselines(study), *_proxy_sides(study), *_careless_agents(study), *_noise_learners(study)]


def _baselines(study: StudyData) -> Iterator[str]:
    """Baselines that beat what the searches selected, on the target's test set: all distinct answers taken together."""
    # By candidate: agents that selected the same one share its runs, which would count twice.
    answers = {study.selected[slot.name]["key"]: slot for slot in study.of_role("answer") if _tested(study, slot.name)}
    own = [value for slot in answers.values() for value in _tested(study, slot.name)]
    rivals = [slot.name for slot in study.of_role("reference")]
    # Bonferroni's correction: one comparison for each baseline.
    confidence = 1 - LEVEL / max(1, len(rivals))
    gains = {name: welch(_tested(study, name), own, confidence) for name in rivals}
    better = {name: gain.effect for name, gain in gains.items() if gain.interval is not None and gain.interval.low > 0}
    if better:
        verb, least = ("beats", "") if len(better) == 1 else ("beat", "at least ")
        labels = words.listed([study.label(slot) for slot in answers.values()])
        size = words.effect(min(better.values()), study.target_measure, sign=False)
        lead = f"{least}{size}" if len(answers) == 1 else f"{least}{size} over their mean"
        yield f"{words.listed(list(better))} {verb} what the searches selected ({labels}) on the target by {lead}."


def _tested(study: StudyData, slot: str) -> list[float]:
    """Return the test merits of a slot's runs."""
    measure = study.target_measure
    return list(map(measure.merit, tables.tested(study.retrained.get(slot, {}), measure)))


def _proxy_sides(study: StudyData) -> Iterator[str]:
    """A stretch of the single decision on which the proxy ranks candidates the wrong way round."""
    if study.decision is None or not study.fidelity["points"]:
        return
    points = study.along(study.fidelity["points"])
    best = max(range(len(points)), key=lambda index: study.measure.key(points[index]["proxy"]))
    sides = (("below", points[: best + 1]), ("above", points[best:]))
    for name, side in sides:
        rank = kendall([point["proxy"] for point in side], [point["target"] for point in side])
        if len(side) < FEWEST_POINTS or rank.tau is None or rank.p is None:
            continue
        # Half the level: both sides of the best are looked at.
        if rank.tau < 0 and rank.p < LEVEL / 2:
            text = words.number(rank.tau, 2)
            yield (
                f"{name.capitalize()} {points[best]['label']}, where the proxy is at its best, it ranks the candidates "
                f"the wrong way round: what the proxy likes less, the target likes more (tau = {text}, n = {rank.n})."
            )


def _careless_agents(study: StudyData) -> Iterator[str]:
    """Agents that ignore rewards and still end nearer to the best than one that a claim is about."""
    heeding = {agent: heeds_rewards(settings) for agent, settings in study.settings.agents.items()}
    learners = [agent for agent, heeds in heeding.items() if heeds and agent in _claimed(study)]
    others = [agent for agent, heeds in heeding.items() if not heeds and agent in study.regret]
    pairs = [pair for pair in product(learners, others) if pair[0] in study.regret]
    nearer_rivals: dict[str, list[str]] = {}
    for learner, other in pairs:
        first, second = regret.final(study, other), regret.final(study, learner)
        if _nearer(first, second, 1 - LEVEL / len(pairs)):
            nearer_rivals.setdefault(learner, []).append(other)
    for learner, rivals in nearer_rivals.items():
        verb = "ends" if len(rivals) == 1 else "end"
        names = words.listed(rivals)
        yield f"{names}, whose proposals ignore rewards, {verb} nearer to the best of the table than {learner}."


def _nearer(first: Mapping[str, Any], second: Mapping[str, Any], confidence: float) -> bool:
    """Tell whether the first regrets are lower, beyond the spread of the runs and the error of the table itself.

    All runs may give the same few answers, each judged by the same few trainings, whose error more runs do not lower.
    """
    gain = welch(second.get("values", ()), first.get("values", ()), confidence)
    if gain.interval is None:
        return False
    table = math.hypot(*(arm.get("error") or 0.0 for arm in (first, second))) * NormalDist().inv_cdf(
        (1 + confidence) / 2
    )
    # Half the width of the interval over runs and the error of the table are independent, so their squares add.
    return gain.effect > math.hypot(gain.effect - gain.interval.low, table)


def _noise_learners(study: StudyData) -> Iterator[str]:
    """Policies shown to gain less than a margin over those that learned from pure noise."""
    policies, stated = study.loop.policies, claims.of_study(study.settings)
    margins = [claim.settings.margin for claim in stated if claim.unit(study.settings) == study.measure]
    if not policies or not margins:
        return
    confidence, margin, key = 1 - LEVEL / len(policies), min(margins), study.measure.name
    gains = {
        name: welch(controls.null_regret[key], controls.regret[key], confidence) for name, controls in policies.items()
    }
    idle = [name for name, gain in gains.items() if gain.interval is not None and gain.interval.high < margin]
    if idle:
        verb, whose = ("improves on", "its") if len(idle) == 1 else ("improve on", "their")
        size = words.effect(margin, study.measure, sign=False)
        yield (
            f"{words.listed(idle)} {verb} {whose} null runs, whose episodes have nothing to learn from, by less than "
            f"{size}, if at all."
        )


def _claimed(study: StudyData) -> set[str]:
    return {claim.agent for claim in study.settings.claims}
