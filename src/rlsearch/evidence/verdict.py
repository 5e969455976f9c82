"""A claim, the evidence for it and its verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rlsearch import seeds
from rlsearch.boundary import SLACK
from rlsearch.evidence.decision import Decision, decide, explain
from rlsearch.evidence.headroom import UNKNOWN, Headroom
from rlsearch.statistics.intervals import Interval
from rlsearch.statistics.permutation import ShiftTest, sign_flip, two_sample
from rlsearch.statistics.power import Way, detectable
from rlsearch.statistics.reach import SIGN_FLIP_PAIRS
from rlsearch.statistics.spread import Spread
from rlsearch.statistics.studentised import studentised
from rlsearch.statistics.t_test import Identical, TTest
from rlsearch.units import Unit

COST_TOLERANCE = 0.05
"""Costs that differ by more than this share are not called equal."""


@dataclass(frozen=True)
class Statement:
    """A claim as it is judged.

    Attributes:
        claim: the statement in plain words.
        kind, agent, against: the claim as the settings name it.
        unit: of effect, interval, margin and mde: the measure, the log ratio or that of the decision.
        margin: the smallest effect worth having.
    """

    claim: str
    kind: str
    agent: str
    against: str | None
    unit: Unit
    margin: float


@dataclass(frozen=True)
class Verdict(Statement):
    """What the data say about one claim.

    Attributes:
        effect: the measured difference, positive where it supports the claim; None when there is nothing yet.
        interval: at confidence 1 - `level`; None when it cannot be computed.
        level: Holm's corrected alpha for this claim.
        p: two-sided p value of the claim's test. test: the name of the test, empty where there is none.
        decision: one of the four verdicts (`decision.decide`).
        mde: the difference that this test finds with power 0.8, at the noise as measured.
        n: searches, runs, repetitions or trainings in the two arms, the agent's first.
        explanation: the numbers in one plain sentence, or why there is no verdict.
        notes: what else a reader has to know.
        headroom: what the best chooser that we tried gains, in the same unit.
        way, spread: how the values of the two arms are related, and the noise of the effect (`power`, `spread`).
    """

    effect: float | None
    interval: Interval | None
    level: float
    p: float | None
    decision: Decision
    mde: float | None
    n: tuple[int, int]
    explanation: str
    notes: tuple[str, ...] = ()
    test: str = ""
    headroom: Headroom = UNKNOWN
    way: Way = "two samples"
    spread: Spread | None = None

    @property
    def beyond_reach(self) -> bool:
        """Whether the margin is above the headroom, by its estimate: this run could hardly have shown such a gain."""
        return self.headroom.below(self.margin)


@dataclass(frozen=True)
class Evidence(Statement):
    """A claim with its two samples, before it is decided. Without a test, `reason` says why there is none.

    `way` and `spread` say how its power follows from the number of seeds, `units`. Samples may hold more values than
    that in the second arm, whose number then is not that of the seeds.
    """

    first: tuple[float, ...] = ()
    second: tuple[float, ...] = ()
    test: ShiftTest | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
    way: Way = "two samples"
    spread: Spread | None = None
    units: int = 0

    def compare(self, first: Sequence[float], second: Sequence[float], *notes: str) -> Evidence:
        """Return this claim with the permutation test of its two samples."""
        way: Way = "two samples" if len(first) == len(second) else "t"
        with_data = replace(self._of(first, second), notes=notes, way=way, spread=Spread.between(first, second))
        if len(set(first)) <= 1 and len(set(second)) <= 1 and min(len(first), len(second)) > 1:
            return with_data.without("no value varies within either arm, so that the noise is unknown")
        # By the name of the claim: its draws do not depend on which other claims there are.
        rng = seeds.generator("claim", self.kind, self.agent, self.against or "")
        # With unequal sizes a permutation of plain means needs equal spreads (Janssen 1997; `statistics.studentised`).
        unequal = len(first) != len(second) and min(len(first), len(second)) > 1
        test: ShiftTest | None = (studentised if unequal else two_sample)(first, second, rng)
        return with_data.without("an arm has no finite value") if test is None else replace(with_data, test=test)

    def pair(self, first: Sequence[float], second: Sequence[float], *notes: str) -> Evidence:
        """Return this claim with the test of its paired differences: both arms had the same seeds.

        Signs are flipped from SIGN_FLIP_PAIRS pairs on; fewer have too few rearrangements, so Student's t test is used.
        """
        differences = [value - other for value, other in zip(first, second, strict=True)]
        with_data = replace(self._of(first, second), notes=notes, way="pairs", spread=Spread.of(differences))
        # A t test would divide by a spread that is rounding alone.
        if max(differences) - min(differences) <= SLACK * max(map(abs, differences)):
            return with_data.without("the arms differ by the same in every pair, so that the noise is unknown")
        rng = seeds.generator("claim", self.kind, self.agent, self.against or "")
        flips = len(differences) >= SIGN_FLIP_PAIRS
        test: ShiftTest | None = sign_flip(differences, rng) if flips else TTest.of(differences)
        return replace(with_data, test=test)

    def same(self, first: Sequence[float], second: Sequence[float], note: str) -> Evidence:
        """Return this claim decided without a test: both arms hold the same candidate, trained by the same seeds."""
        return replace(self._of(first, second), test=Identical(), notes=(note,))

    def estimate(self, values: Sequence[float], *notes: str) -> Evidence:
        """Return this claim with the t test of a mean that is no difference of means: one value a unit of both arms."""
        with_data = replace(self, way="t", spread=Spread.of(values), units=len(values), notes=notes)
        return replace(with_data, test=TTest.of(values))

    def _of(self, first: Sequence[float], second: Sequence[float]) -> Evidence:
        return replace(self, first=tuple(first), second=tuple(second), units=len(first))

    def without(self, reason: str) -> Evidence:
        """Return this claim with the reason why it cannot be tested."""
        return replace(self, test=None, reason=reason)


def cost_notes(first: float, second: float) -> list[str]:
    """Return a note if two arms' mean costs of a search (FLOPs) differ: "equal cost" is part of such claims."""
    if abs(first - second) <= COST_TOLERANCE * max(first, second):
        return []
    return [f"the arms did not cost the same: {first:.3g} and {second:.3g} FLOPs a search"]


def judge(evidence: Evidence, level: float) -> Verdict:
    """Turn evidence into a verdict at its corrected level."""
    test = evidence.test
    interval = None if test is None else test.interval(1 - level)
    way, spread, units = evidence.way, evidence.spread, evidence.units
    mde = None if test is None or spread is None else detectable(way, units, spread, level)
    decision = decide(interval, evidence.margin)
    return Verdict(
        claim=evidence.claim,
        kind=evidence.kind,
        agent=evidence.agent,
        against=evidence.against,
        effect=None if test is None else test.effect,
        unit=evidence.unit,
        interval=interval,
        level=level,
        p=None if test is None else test.p,
        margin=evidence.margin,
        decision=decision,
        mde=mde,
        n=_sizes(evidence),
        explanation=_explanation(evidence, decision, interval, mde),
        notes=evidence.notes,
        test="" if test is None else test.name,
        way=way,
        spread=spread,
    )


def _sizes(evidence: Evidence) -> tuple[int, int]:
    sizes = len(evidence.first), len(evidence.second)
    return sizes if any(sizes) else (evidence.units, evidence.units)


def _explanation(evidence: Evidence, decision: Decision, interval: Interval | None, mde: float | None) -> str:
    if interval is None or evidence.test is None:
        return f"Not decided: {evidence.reason}."
    if math.isinf(interval.low) and math.isinf(interval.high):
        arms = f"{len(evidence.first)} against {len(evidence.second)} values"
        return f"Not decided: {arms} are too few to bound a difference at this level."
    return explain(decision, evidence.test.effect, interval, evidence.margin, evidence.unit, mde)
