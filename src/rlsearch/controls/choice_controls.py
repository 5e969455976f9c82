"""Null and planted controls of agents that search a space of choices.

The rewards are made up from the measured noise as for a continuous decision. That one interpolates between
measured actions; nothing lies between choices, so a candidate has the noise of the measured one with which it shares
most actions.
A space that grows during a search is controlled at its first stage.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rlsearch.boundary import rounded_up
from rlsearch.config import plugins
from rlsearch.controls.candidates import Candidates, Frozen, planted_values
from rlsearch.controls.noise import Noise
from rlsearch.controls.signs import SETTLED_SHARE, choice_signs
from rlsearch.controls.simulate import ChoiceReward, Floats, Integers, answer, simulate_choices
from rlsearch.search.answers import Answers

BEST_SHARE = 0.01
"""An answer is a hit when it is the planted optimum, or among the best candidates that make up this share."""


def simulated(answers: Answers, agent: str, noise: Noise, prefix: int) -> dict[str, Any]:
    """Return the blocks `null_constant`, `null_heteroscedastic` and `planted` of one agent."""
    work = _Work(answers, agent, noise, prefix)
    return {
        "null_constant": work.null(noise.reward(work.draws("constant"))),
        "null_heteroscedastic": work.null(noise.reward(work.draws("heteroscedastic"), sd=work.sd)),
        "planted": work.planted(),
    }


class _Work:
    """One agent's simulated searches."""

    def __init__(self, answers: Answers, agent: str, noise: Noise, prefix: int) -> None:
        self.answers, self.noise, self.prefix = answers, noise, prefix
        self.settings, self.control = answers.study.agents[agent], answers.study.controls
        self.space = answers.space.at(0)
        self.candidates = Candidates(self.space)

    def draws(self, name: str) -> ChoiceReward:
        """Return the noise of this name, which stands still for each candidate of a run."""
        frozen = Frozen(name)
        return lambda actions, replicate: frozen(self.candidates.numbers(actions), replicate)

    def sd(self, actions: Integers) -> Floats:
        """Return the noise of the measured candidates that are nearest."""
        return self.noise.sd[nearest(actions, self.noise)]

    def null(self, reward: ChoiceReward) -> dict[str, Any]:
        """Return the signs after the trials that the budget pays for at the mean cost, and at the full length.

        Real searches that like large networks are shorter.
        """
        actions, rewards = self._simulate(reward)
        numbers = self.candidates.numbers(actions)
        full = choice_signs(numbers, rewards)
        collapsed = float(np.mean(np.array(full["distinct_share"]) <= SETTLED_SHARE))
        return {
            **choice_signs(numbers[:, : self.prefix], rewards[:, : self.prefix]),
            **{f"full_{name}": values for name, values in full.items()},
            "collapsed_share": collapsed,
            "example": actions[0].tolist(),
        }

    def planted(self) -> dict[str, Any]:
        """Return how often the study's own rule (finalists on fresh noise) finds a planted optimum.

        `answers` and `optimum` are planted rewards. A hit is an answer within `within` of the optimum: the best 1 % of
        the space, or the optimum itself where more candidates than that share it. `chance` is that of a random answer,
        `optimum_share` counts the answers that are the optimum, `signal_sd` is the spread of the planted rewards.
        """
        reward = self.noise.reward(self.draws("planted"), signal=self.candidates.planted)
        actions, rewards = self._simulate(reward)
        actions, rewards = actions[:, : self.prefix], rewards[:, : self.prefix]
        numbers, rule = self.candidates.numbers(actions), self.answers.study.search
        # Fresh noise comes from one generator, search by search: the order of the runs decides the numbers.
        chosen = [answer(*run, reward, rule) for run in zip(numbers, actions, rewards, strict=True)]
        answers = self.candidates.planted(actions[np.arange(len(actions)), chosen])
        values = planted_values(self.space)
        optimum, least = float(values.max()), hit_value(values)
        return {
            "optimum": optimum,
            "within": optimum - least,
            # `least` is rounded to 12 decimals (`hit_value`), so it may lie just above the value it stands for.
            "hit_share": float(np.mean(answers >= least - 1e-12)),
            "hit_share_fit": None,
            "optimum_share": float(np.mean(answers >= optimum - 1e-12)),
            "chance": float(np.mean(values >= least - 1e-12)),
            "signal_sd": float(values.std()),
            "answers": answers.tolist(),
        }

    def _simulate(self, reward: ChoiceReward) -> tuple[Integers, Floats]:
        kind = plugins.load("agents", self.settings.type).AGENT
        episodes, runs = self.control.episodes, self.control.runs
        return simulate_choices(kind, self.space, self.settings, reward, episodes=episodes, runs=runs)


def nearest(actions: Integers, noise: Noise) -> Integers:
    """Return the index of the measured candidate that shares most actions; of equal ones the first."""
    shared = []
    for measured in noise.actions:
        common = min(len(measured), actions.shape[1])
        # PADDING equals no action, so a shorter candidate shares nothing beyond its end.
        shared.append((actions[:, :common] == np.array(measured[:common], dtype=np.int64)).sum(axis=1))
    return np.asarray(np.argmax(np.stack(shared), axis=0))


def hit_value(values: Floats) -> float:
    """Return the least planted reward that no more than 1 % of the candidates reach (13 of 1,296, rounded up).

    Where more candidates than that share the highest reward, it is the highest.
    """
    # Rounded, since equal candidates' values are sums that may differ in their last bits.
    levels, counts = np.unique(np.round(values, 12), return_counts=True)
    # How many candidates reach each level or a higher one.
    reached = np.cumsum(counts[::-1])[::-1]
    rare = levels[reached <= rounded_up(BEST_SHARE, values.size)]
    return float(rare[0] if rare.size else levels[-1])
