"""Problems with a known best schedule on which policies learn: one without noise, one with the noise of the tree.

Without noise a policy shows that it can learn at all. With the tree's noise, and an effect as large as the tree's own,
it shows what the study's real runs could have found: their power.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from rlsearch import seeds
from rlsearch.controls.policy_learning import Learned, Problem, drive
from rlsearch.envs.closed_loop import Answer, ClosedLoopEnv
from rlsearch.measures import Measure
from rlsearch.spaces.base import planted_option
from rlsearch.training.observation import LOSS_LIMIT, merits
from rlsearch.truth.table import Floats, TruthTable

TRIALS = 64
"""Fresh trainings in which a learnt policy is played."""


@dataclass(frozen=True)
class Signal:
    """What the planted problem takes from the tree, each after every step, (steps,) unless said otherwise.

    Attributes:
        measure: of the tree's task; merit, loss: means over all schedules and trainings.
        merit_noise, loss_noise: (schedules, trainings, steps) less the mean over the trainings of a schedule.
        effect, loss_effect: how far the schedule of the highest mean merit ends above the mean of all.
    """

    measure: Measure
    merit: Floats
    loss: Floats
    merit_noise: Floats
    loss_noise: Floats
    effect: float
    loss_effect: float

    @classmethod
    def of(cls, table: TruthTable) -> Signal:
        """Return it from the validation part of a tree; trainings that diverged have no noise of their own."""
        merit, loss = merits(table.measure, table.levels), np.minimum(table.values["loss"], LOSS_LIMIT)
        means, losses = np.nanmean(merit, axis=1), np.nanmean(loss, axis=1)
        best = int(np.argmax(means[:, -1]))
        return cls(
            table.measure,
            means.mean(axis=0),
            losses.mean(axis=0),
            # 0 where a training diverged (NaN): it follows the mean curve.
            np.nan_to_num(merit - means[:, None]),
            np.nan_to_num(loss - losses[:, None]),
            float(means[best, -1] - means[:, -1].mean()),
            float(losses[:, -1].mean() - losses[best, -1]),
        )


@dataclass
class NoisyChild:
    """One training: the tree's mean curve, the noise of one of its trainings, and what good choices add.

    A run of good choices alone ends the effect above the mean; choices by chance end at the mean.
    """

    signal: Signal
    noise: tuple[int, int]
    best: tuple[str, ...]
    width: int
    taken: list[str] = field(default_factory=list)

    def step(self, label: str) -> Answer:
        """Return the next point of the curve; every choice costs the same."""
        self.taken.append(label)
        now, chance = len(self.taken) - 1, 1 / self.width
        # Not strict: so far the run may be shorter than `best`.
        hits = sum(took == good for took, good in zip(self.taken, self.best, strict=False))
        # 1 after a whole run of good choices, 0 on average by chance.
        gained = (hits - chance * len(self.taken)) / len(self.best) / (1 - chance)
        at = (*self.noise, now)
        merit = self.signal.merit[now] + self.signal.merit_noise[at] + self.signal.effect * gained
        loss = self.signal.loss[now] + self.signal.loss_noise[at] - self.signal.loss_effect * gained
        measure = self.signal.measure
        # Noise and effect together may leave the range that the measure and the loss have.
        level = measure.level_of(float(np.clip(merit, *measure.merit_bounds)))
        return Answer(level, float(np.clip(loss, 0.0, LOSS_LIMIT)))


@dataclass(frozen=True)
class Planted:
    """Both planted problems of an agent, with as many episodes as its real runs can pay for."""

    problem: Problem

    @cached_property
    def signal(self) -> Signal:
        """What the tree's curves give."""
        return Signal.of(self.problem.table)

    @property
    def best(self) -> tuple[str, ...]:
        """The label of the planted best choice at every step."""
        options, plan = self.problem.options, self.problem.space.plan
        return tuple(options[planted_option(step, decision) % len(options)] for step, decision in enumerate(plan))

    def share_of_return(self, seed: int) -> float:
        """Return the share of the best possible return that the greedy policy reaches without noise."""
        env = ClosedLoopEnv(
            self.problem.space,
            optimizers=self.problem.options,
            measure=self.problem.table.measure,
            weights=self.problem.weights,
        )
        learned = self._learn(env, seed)
        best = iter([self.problem.options.index(label) for label in self.best])
        return _return(env, learned.last.choose) / _return(env, lambda observation: next(best))

    def share_of_choices(self, seed: int) -> float:
        """Return the share of best choices that the greedy policy makes under the tree's noise; chance is 1 / options.

        Counted over TRIALS fresh trainings, which differ in their noise and so in what the policy sees.
        """
        rng = seeds.generator("planted-tree", self.problem.name, seed)
        children: list[NoisyChild] = []

        def start(number: int, _: int) -> NoisyChild:
            rows, columns, _ = self.signal.merit_noise.shape
            noise = (int(rng.integers(rows)), int(rng.integers(columns)))
            children.append(NoisyChild(self.signal, noise, self.best, len(self.problem.options)))
            return children[-1]

        env = ClosedLoopEnv(
            self.problem.space,
            start,
            optimizers=self.problem.options,
            measure=self.problem.table.measure,
            weights=self.problem.weights,
            outputs=self.problem.table.outputs,
        )
        learned = self._learn(env, seed)
        # What learning trained goes: the frozen policy is judged on fresh trainings alone.
        children.clear()
        for _ in range(TRIALS):
            _return(env, learned.last.choose)
        return float(np.mean([[a == b for a, b in zip(child.taken, self.best, strict=True)] for child in children]))

    def _learn(self, env: ClosedLoopEnv, seed: int) -> Learned:
        episodes, learned = self.problem.limit.trials_at(self.problem.limit.place), Learned()
        drive(self.problem, seed, env, lambda info: None, lambda: len(learned.returns) < episodes, learned)
        return learned


def _return(env: ClosedLoopEnv, choose: Callable[[Any], int]) -> float:
    observation, _ = env.reset()
    total, finished = 0.0, False
    while not finished:
        observation, reward, ended, cut, _ = env.step(choose(observation))
        total, finished = total + reward, ended or cut
    return total
