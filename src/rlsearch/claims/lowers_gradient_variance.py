"""The agent's policy gradient varies less than another agent's estimate of it would, at the same frozen policies."""

from __future__ import annotations

from collections.abc import Iterator

from rlsearch.claims.base import AgainstAgentSettings, Claim, Meaning, Meanings, Place, Seeds, must_be_other_agent
from rlsearch.config.faults import Fault
from rlsearch.config.models import StudySettings
from rlsearch.controls.gradient_labels import estimator, measurable
from rlsearch.evidence.headroom import Headroom
from rlsearch.evidence.results import Results
from rlsearch.evidence.verdict import Evidence
from rlsearch.statistics import reach
from rlsearch.statistics.intervals import is_rounding
from rlsearch.units import LOG_RATIO, Unit

SUSPICIOUS = 0.01
"""Means of two unbiased estimators that differ at this p are pointed out."""


class LowersGradientVariance(Claim[AgainstAgentSettings]):
    """Two estimators on the same batches, at the frozen policies of the claim's agent: the unit is the training."""

    TOPIC = "noise of the gradient, {agent} against {against}"
    MEANINGS = Meanings(
        better=Meaning(
            "Yes: the gradient estimate of {agent} is less noisy than that of {against}.",
            "The gradient estimate of {agent} is less noisy than that of {against}, by {size} in the variance; whether "
            "the search is better for it is another question (see regret).",
        ),
        worse=Meaning(
            "No: the gradient estimate of {agent} is noisier than that of {against}.",
            "The gradient estimate of {agent} does not vary less than that of {against}: it is worse, noisier by "
            "{size} in the variance.",
        ),
        too_small_to_matter=Meaning(
            "The gradient estimates of {agent} and {against} are about equally noisy.",
            "The gradient estimates of {agent} and {against} are about equally noisy.",
        ),
        cannot_tell=Meaning(
            "This run cannot tell whose gradient estimate is noisier.",
            "These trainings cannot tell whose gradient estimate is noisier.",
        ),
    )

    def unit(self, study: StudySettings) -> Unit:
        """Return that of the natural logarithm of a ratio of variances."""
        return LOG_RATIO

    def check(self, place: Place) -> Iterator[Fault]:
        """Yield faults of agents whose gradient is not measured, or has none."""
        study, mine, gradient = place.study, self.settings, place.study.controls.gradient
        yield from must_be_other_agent(place, mine)
        if gradient is None:
            problem = "needs controls.gradient: it compares estimates of the gradient at frozen policies"
            yield place.own("claim", problem)
        elif gradient.agents is not None and mine.agent in study.agents and mine.agent not in gradient.agents:
            yield place.own("agent", "is not measured: name it in controls.gradient.agents", mine.agent)
        if gradient is not None and gradient.searches < reach.FEWEST:
            too_few = f"too few trainings to decide {mine.claim}, whose unit they are; must be at least {reach.FEWEST}"
            yield place.beside(("controls", "gradient", "searches"), too_few, gradient.searches)
        able = measurable(study)
        for key, label in (("agent", mine.agent), ("against", mine.against)):
            if label in study.agents and label not in able:
                yield place.own(key, f"must learn by policy gradient; here: {', '.join(able) or 'none'}", label)

    def power(self, study: StudySettings, level: float) -> Seeds:
        """Return the trainings whose policies are frozen; a t test has no smallest p."""
        gradient = study.controls.gradient
        now = gradient.searches if gradient else 0
        return Seeds(("controls", "gradient", "searches"), now, max(now, reach.FEWEST))

    def evidence(self, results: Results) -> Evidence:
        """Compare the two estimators.

        Each training gives one number, the mean over its policies of log(variance of the other estimator / variance of
        this one). The effect is their mean, with a t test over trainings.
        """
        mine, study = self.settings, results.settings
        own, other = (estimator(study.agents[agent]) for agent in (mine.agent, mine.against))
        wanted, block = study.controls.gradient, results.block(mine.agent, "gradient")
        over = f" over {wanted.searches} trainings" if wanted else ""
        less = f"The gradient estimate of {mine.agent} ({own}) varies less than that of {mine.against} ({other})"
        evidence = self.start(results, f"{less}{over}")
        if not block or wanted is None:
            return evidence.without(f"not run yet (no gradients of {mine.agent})")
        planned = (sorted(wanted.updates), wanted.batches, wanted.searches)
        if tuple(block.get(key) for key in ("updates", "batches", "searches")) != planned:
            return evidence.without("not run yet (the gradients are not those of the settings)")
        # The ratio of an estimator to itself is 1 by construction.
        if own == other:
            return evidence.without(f"both agents use the same estimator ({own})")
        ratios = block["others"].get(other)
        if ratios is None:
            return evidence.without(f"the estimator {other!r} was not evaluated on the batches of {mine.agent}")
        values = ratios["per_search"]
        # A t test would divide by a spread that is rounding alone.
        if is_rounding(max(values) - min(values), values):
            return evidence.without("nothing varies between the trainings, so that the noise is unknown")
        notes = [
            f"after {updates} updates the mean gradient differs from that without a baseline (p = {p:.2g})"
            for updates, p in zip(block["updates"], block["mean_difference_p"], strict=True)
            if p < SUSPICIOUS
        ]
        return evidence.estimate(values, *notes)

    def headroom(self, results: Results) -> Headroom:
        """Return an unknown headroom: the effect has no upper bound."""
        return Headroom("a ratio of variances has no upper bound")


SETTINGS, CLAIM = AgainstAgentSettings, LowersGradientVariance
TEST_SETTINGS = {"against": "random"}
