"""The claims that rest on the controls: searches repeated on a truth table, and the variance of policy gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from rlsearch.config import artefacts
from rlsearch.config.models import ClaimSettings
from rlsearch.controls.gradient_labels import estimator
from rlsearch.evidence import worth
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Evidence, cost_notes
from rlsearch.statistics.intervals import is_rounding
from rlsearch.statistics.spread import Spread
from rlsearch.statistics.t_test import TTest
from rlsearch.units import LOG_RATIO

Floats = NDArray[np.float64]

SUSPICIOUS = 0.01
"""Means of two unbiased estimators that differ at this p are pointed out."""


def beats_agent(results: Results, claim: ClaimSettings) -> Evidence:
    """Compare the regret of two agents' answers; the unit is the repetition, in which both meet the same luck.

    Pairing is part of the design: in repetition i every agent meets the same training of each network. Where trainings
    are kept to judge, answers are compared on these (`judged`).
    """
    sought = "schedules" if artefacts.closed_loop(results.settings) else "networks"
    where = "surrogate" if results.settings.surrogate else "truth table"
    text = f"{claim.agent} finds better {sought} of the {where} than {claim.against} at equal cost"
    evidence = Evidence(text, claim.claim, claim.agent, claim.against, results.measure, claim.margin)
    wanted = results.settings.controls.repetitions
    blocks = [results.block(agent, "repetitions") for agent in (claim.agent, str(claim.against))]
    missing = [agent for agent, block in zip((claim.agent, claim.against), blocks, strict=True) if not block]
    if missing or wanted is None:
        return evidence.without(f"not run yet (no repetitions of {' and '.join(map(str, missing)) or 'this study'})")
    if any((block["runs"], block["trials"]) != (wanted.runs, wanted.trials) for block in blocks):
        return evidence.without("not run yet (the repetitions are not those of the settings)")
    truth = worth.load_truth(results)
    if isinstance(truth, str):
        return evidence.without(truth)
    first, second = (worth.final(block, truth) for block in blocks)
    for agent, found in ((claim.agent, first), (claim.against, second)):
        lost = int(np.isnan(found.values).sum())
        if lost:
            return evidence.without(f"{lost} of {wanted.runs} repetitions of {agent} gave no answer")
    notes = cost_notes(*(fmean(block["flops"]) for block in blocks))
    if truth.kept and truth.columns > 1:
        own, other = (truth.by_judge(block) for block in blocks)
        return judged(evidence, own, other, notes)
    # Minus the regret, so that a positive difference speaks for the claim, as everywhere.
    return evidence.pair((-first.values).tolist(), (-second.values).tolist(), *notes)


def beats_other(results: Results, claim: ClaimSettings) -> Evidence:
    """Compare with an agent of another study, whose table holds other ways to train the same network on the same data.

    The two do not meet the same luck in learning; the trainings that judge are seed by seed the same.
    """
    against = f"{claim.against} of {claim.against_study}"
    measure = results.measure
    better = "higher" if measure.higher_is_better else "lower"
    text = f"{claim.agent} reaches a {better} test {measure.label} than {against} at equal cost"
    evidence = Evidence(text, claim.claim, claim.agent, against, measure, claim.margin)
    arms = ((results, claim.agent), (results.of(str(claim.against_study)), str(claim.against)))
    values, costs = [], []
    for arm, agent in arms:
        block, truth, wanted = arm.block(agent, "repetitions"), worth.load_truth(arm), arm.settings.controls
        if not block or isinstance(truth, str):
            return evidence.without(
                f"not run yet ({truth if isinstance(truth, str) else f'no repetitions of {agent}'})"
            )
        asked = wanted.repetitions and (wanted.repetitions.runs, wanted.repetitions.trials)
        if (block["runs"], block["trials"]) != asked:
            return evidence.without(f"not run yet (the repetitions of {agent} are not those of the settings)")
        values.append(truth.by_judge(block))
        costs.append(fmean(block["flops"]))
    if values[0].shape[1] != values[1].shape[1]:
        return evidence.without("the two tables are not judged by the same number of trainings")
    return judged(evidence, values[0], values[1], cost_notes(*costs))


def judged(evidence: Evidence, first: Floats, second: Floats, notes: Sequence[str]) -> Evidence:
    """Compare answers (runs, judges) that are all judged by the same trainings, which no search has met.

    Other searches would give other answers, and other trainings would judge them otherwise: the variance of the
    difference is that between runs plus that between judges, with Satterthwaite's degrees of freedom. Nothing is paired
    by run, since a policy and a schedule share no luck; the judges are common to both arms and pair.
    """
    if np.isnan(first).any() or np.isnan(second).any():
        lost = int(np.isnan(first).any(axis=1).sum() + np.isnan(second).any(axis=1).sum())
        return evidence.without(f"{lost} repetitions gave no answer")
    runs, judges = [arm.mean(axis=1) for arm in (first, second)], first.mean(axis=0) - second.mean(axis=0)
    between = float(judges.var(ddof=1)) / judges.size, judges.size - 1.0
    spread = Spread.between(runs[0].tolist(), runs[1].tolist(), fixed=(between,))
    if spread is None:
        return evidence.without("nothing varies, so that the noise is unknown")
    test = TTest(float(first.mean() - second.mean()), spread.error(len(first)), spread.df(len(first)))
    said = f"both arms are judged by the same {judges.size} trainings, whose luck the interval counts in"
    return replace(
        evidence,
        first=tuple(runs[0].tolist()),
        second=tuple(runs[1].tolist()),
        test=test,
        way="t",
        spread=spread,
        units=len(first),
        notes=(*notes, said),
    )


def lowers_variance(results: Results, claim: ClaimSettings) -> Evidence:
    """Compare two gradient estimators on the same batches, at the frozen policies of the claim's agent.

    The unit is the training: each gives one number, the mean over its policies of log(variance of the other estimator /
    variance of this one). The effect is their mean, with a t test over trainings.
    """
    own, other = (estimator(results.settings.agents[str(agent)]) for agent in (claim.agent, claim.against))
    wanted = results.settings.controls.gradient
    over = f" over {wanted.searches} trainings" if wanted else ""
    text = f"The gradient estimate of {claim.agent} ({own}) varies less than that of {claim.against} ({other}){over}"
    evidence = Evidence(text, claim.claim, claim.agent, claim.against, LOG_RATIO, claim.margin)
    block = results.block(claim.agent, "gradient")
    if not block or wanted is None:
        return evidence.without(f"not run yet (no gradients of {claim.agent})")
    asked = (sorted(wanted.updates), wanted.batches, wanted.searches)
    if tuple(block.get(key) for key in ("updates", "batches", "searches")) != asked:
        return evidence.without("not run yet (the gradients are not those of the settings)")
    if own == other:
        return evidence.without(f"both agents use the same estimator ({own})")
    found = block["others"].get(other)
    if found is None:
        return evidence.without(f"the estimator {other!r} was not evaluated on the batches of {claim.agent}")
    values = found["per_search"]
    if is_rounding(max(values) - min(values), values):
        return evidence.without("nothing varies between the trainings, so that the noise is unknown")
    notes = [
        f"after {updates} updates the mean gradient differs from that without a baseline (p = {p:.2g})"
        for updates, p in zip(block["updates"], block["mean_difference_p"], strict=True)
        if p < SUSPICIOUS
    ]
    return evidence.estimate(values, *notes)
