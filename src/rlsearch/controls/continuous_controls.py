"""Null and planted controls of agents that search one continuous decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rlsearch import seeds
from rlsearch.boundary import at_most
from rlsearch.config import plugins
from rlsearch.controls.fit import quadratic
from rlsearch.controls.noise import Noise
from rlsearch.controls.signs import SETTLED_SD, signs
from rlsearch.controls.simulate import Floats, RewardFunction, answer, simulate
from rlsearch.errors import RlsearchError
from rlsearch.search.answers import Answers
from rlsearch.spaces.base import Continuous

# The table of frozen noise has (runs, levels) doubles: 0.8 MB a run at this limit.
MOST_LEVELS = 100_000

WITHIN_SHARE = 1 / 14
"""An answer this close to the optimum, as a share of the range, is a hit (0.1 on [0.3, 1.7])."""


class Draws:
    """Standard normal noise as a search meets it: frozen for each candidate of a run, fresh for another replicate.

    A child's seed depends on the candidate, so a scale that is proposed twice earns the same reward twice, and an agent
    can climb noise that stands still. A null with fresh noise at every proposal would look too innocent.
    """

    def __init__(self, answers: Answers, name: str) -> None:
        decision = answers.space.next(())
        assert isinstance(decision, Continuous)  # other spaces have `choice_controls`
        # Not named after the agent: all agents meet the same noise, so their controls can be compared.
        self.decision, self.rng = decision, seeds.generator("controls", name)
        if decision.levels > MOST_LEVELS:
            raise RlsearchError(
                f"{decision.levels} values of {decision.name} are too many for the controls' table of noise",
                where="space.digits",
                allowed=f"at most {MOST_LEVELS} distinct values",
                remedy="round to fewer digits",
            )
        self.table = self.rng.standard_normal((answers.study.controls.runs, decision.levels))

    def __call__(self, actions: Floats, replicate: int) -> Floats:
        """Return the noise of all runs (runs,) at these actions."""
        if replicate > 0:
            return self.rng.standard_normal(len(actions))
        # `rint`, since the product of two decimals is seldom whole in binary; truncation could miss by one level.
        level = np.rint((actions - self.decision.low) * 10.0**self.decision.digits).astype(int)
        return np.asarray(self.table[np.arange(len(actions)), level])


def simulated(answers: Answers, agent: str, noise: Noise, prefix: int) -> dict[str, Any]:
    """Return the blocks `null_constant`, `null_heteroscedastic` and `planted` of one agent."""
    positions = np.array([float(candidate[0]) for candidate in noise.actions])

    def sd(actions: Floats) -> Floats:
        return np.asarray(np.interp(actions, positions, noise.sd))

    heteroscedastic = noise.reward(Draws(answers, "heteroscedastic"), sd=sd)
    return {
        "null_constant": _null(answers, agent, noise.reward(Draws(answers, "constant")), prefix),
        "null_heteroscedastic": _null(answers, agent, heteroscedastic, prefix),
        "planted": _planted(answers, agent, noise, prefix),
    }


def _simulate(answers: Answers, agent: str, reward: RewardFunction) -> tuple[Floats, Floats]:
    chosen, control = answers.study.agents[agent], answers.study.controls
    kind = plugins.load("agents", chosen.type).AGENT
    return simulate(kind, answers.space, chosen, reward, episodes=control.episodes, runs=control.runs)


def _null(answers: Answers, agent: str, reward: RewardFunction, prefix: int) -> dict[str, Any]:
    """Return the signs at the real searches' length, which an agent that ignores its horizon passes on its way."""
    actions, rewards = _simulate(answers, agent, reward)
    full = signs(actions, rewards)
    collapsed = float(np.mean(np.array(full["last_sd"]) < SETTLED_SD))
    return {
        **signs(actions[:, :prefix], rewards[:, :prefix]),
        **{f"full_{name}": values for name, values in full.items()},
        "collapsed_share": collapsed,
        "example": actions[0].tolist(),
    }


def _planted(answers: Answers, agent: str, noise: Noise, prefix: int) -> dict[str, Any] | None:
    """Return how often the study's own rule (finalists on fresh noise) and a quadratic fit find a planted optimum."""
    draws, best = Draws(answers, "planted"), answers.space.optimum()
    if best is None:
        return None

    def signal(actions: Floats) -> Floats:
        return np.array([answers.space.planted((float(action),)) for action in actions])

    reward = noise.reward(draws, signal=signal)
    actions, rewards = (part[:, :prefix] for part in _simulate(answers, agent, reward))
    searches = list(zip(actions, rewards, strict=True))
    reached = [float(a[answer(a, a, r, reward, answers.study.search)]) for a, r in searches]
    fits = [quadratic(a, r, draws.decision.low, draws.decision.high) for a, r in searches]
    fitted = [None if fit is None else fit.vertex for fit in fits]
    optimum = float(best[0])
    width = draws.decision.high - draws.decision.low
    within = WITHIN_SHARE * width
    return {
        "optimum": optimum,
        "within": within,
        "hit_share": _hits(reached, optimum, within),
        "hit_share_fit": _hits(fitted, optimum, within),
        # Exact where the optimum lies at least `within` away from both ends, as init-scale's does.
        "chance": min(1.0, 2 * within / width),
        "answers": reached,
    }


def _hits(answers: Sequence[float | None], optimum: float, within: float) -> float:
    return float(np.mean([answer is not None and at_most(abs(answer - optimum), within) for answer in answers]))
