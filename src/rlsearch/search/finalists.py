"""What a search answers: its top candidates are trained again on fresh seeds, and the best of those wins.

The score that made a candidate a finalist is a maximum over noise, hence too high; it takes no part in the choice. The
winner is then scored on seeds that neither step has seen.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlsearch.files import canonical_json, csv_text
from rlsearch.measures import Measure
from rlsearch.search.best import finalist_places
from rlsearch.search.evaluators import Evaluator, Request
from rlsearch.search.ledger import Trial
from rlsearch.search.reward import Reward
from rlsearch.seeds import Purpose
from rlsearch.spaces.base import Space, Spec
from rlsearch.training.outcome import Outcome


@dataclass(frozen=True)
class Finalist:
    """A candidate trained again: its rewards and levels over its fresh seeds.

    Attributes:
        measure: what the levels are of, on the validation data; NaN where a training was not measured.
        schedule: the steps that the first of these trainings took, where optimizers are chosen during training.
        restarts: how often they began again, all together.
    """

    key: str
    spec: Spec
    search_reward: float
    rewards: tuple[float, ...]
    levels: tuple[float, ...]
    measure: Measure
    flops: int
    schedule: tuple[str, ...] = ()
    restarts: int = 0

    @property
    def mean_reward(self) -> float:
        """The score by which finalists are ranked."""
        return statistics.fmean(self.rewards)

    @property
    def mean_level(self) -> float | None:
        """Mean of the measure; None when a run has none, since a mean over the others would flatter."""
        return self.measure.mean(self.levels) if all(map(math.isfinite, self.levels)) else None

    @property
    def sd(self) -> float | None:
        """Sample standard deviation of the measure, 0 for a single run."""
        if self.mean_level is None:
            return None
        return self.measure.sd(self.levels) if len(self.levels) > 1 else 0.0


def candidates(ledger: Sequence[Trial], count: int, *, earliest: bool = False) -> list[tuple[str, Spec, float]]:
    """Return (key, spec, mean reward) of the `count` best distinct candidates that trained at least once.

    Repeated trials of a candidate are averaged; ties go to the candidate asked first. `earliest`: the first `count` of
    them in place of the best.
    """
    rewards: dict[str, list[float]] = {}
    specs: dict[str, Spec] = {}
    trained: set[str] = set()
    for trial in ledger:
        rewards.setdefault(trial.key, []).append(trial.reward)
        specs.setdefault(trial.key, trial.spec)
        if trial.entry.outcome.status == "ok":
            trained.add(trial.key)
    keys, means = list(rewards), list(map(statistics.fmean, rewards.values()))
    able = np.array([key in trained for key in keys], dtype=bool)
    best = finalist_places(np.array(means), np.arange(len(keys)), count, able, earliest=earliest)
    return [(keys[place], specs[keys[place]], means[place]) for place in best.tolist()]


def evaluate_again(
    chosen: Sequence[tuple[str, Spec, float]], evaluator: Evaluator, reward: Reward, replicates: int, purpose: Purpose
) -> list[Finalist]:
    """Train each candidate on `replicates` fresh seeds; return finalists in the order given."""
    requests = [
        # Positions count trainings, so that outcomes can be put back in order however they finish.
        Request(position * replicates + replicate, spec, key, replicate, purpose)
        for position, (key, spec, _) in enumerate(chosen)
        for replicate in range(replicates)
    ]
    outcomes: dict[int, Outcome] = {request.position: result.outcome for request, result in evaluator.run(requests)}
    finalists = []
    for position, (key, spec, score) in enumerate(chosen):
        mine = [outcomes[position * replicates + replicate] for replicate in range(replicates)]
        levels = tuple(reward.measure.of(outcome.metrics) if outcome.metrics else math.nan for outcome in mine)
        rewards, flops = tuple(map(reward, mine)), sum(outcome.flops for outcome in mine)
        again = sum(outcome.restarts for outcome in mine)
        finalists.append(Finalist(key, spec, score, rewards, levels, reward.measure, flops, mine[0].schedule, again))
    return finalists


def ranked(finalists: Sequence[Finalist]) -> list[Finalist]:
    """Return finalists by mean reward on the fresh seeds, best first; ties keep their order."""
    # sorted() is stable: of equal means, the one that the search rewarded more stays ahead.
    return sorted(finalists, key=lambda finalist: -finalist.mean_reward)


def render(finalists: Sequence[Finalist], space: Space, measure: Measure) -> str:
    """Return finalists.csv, the answer first."""
    means = ("search_reward", "mean_reward", f"mean_{measure.name}", f"sd_{measure.name}")
    header = ("rank", "key", "spec", "label", *means, "replicates")
    rows = [
        (
            rank,
            f.key,
            canonical_json(dict(f.spec)),
            space.describe(f.spec),
            repr(f.search_reward),
            repr(f.mean_reward),
            _text(f.mean_level),
            _text(f.sd),
            len(f.rewards),
        )
        for rank, f in enumerate(finalists, 1)
    ]
    return csv_text(header, rows)


def _text(value: float | None) -> str:
    return "" if value is None else repr(value)


def answer(winner: Finalist, space: Space) -> Mapping[str, Any]:
    """Return the `answer` block of summary.json from the winner's scoring runs."""
    return {
        "key": winner.key,
        "spec": dict(winner.spec),
        "label": space.describe(winner.spec),
        f"score_{winner.measure.name}": winner.mean_level,
        "score_sd": winner.sd,
        "score_replicates": len(winner.levels),
    }
