"""Null and planted controls: an agent's searches on rewards that are made up from the noise of real children.

Around one continuous decision the noise lies between that of the measured actions. Nothing lies between choices, so a
candidate has the noise of the measured one with which it shares most actions. A space that grows during a search is
controlled at its first stage. Null runs are cut at about the length of the real searches, which an agent that ignores
its horizon passes on its way: where costs differ, the real ones end after more or fewer trials.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rlsearch.boundary import at_most, rounded_up
from rlsearch.config import plugins
from rlsearch.controls.candidates import Candidates, Draws, Frozen, planted_values
from rlsearch.controls.fit import quadratic
from rlsearch.controls.noise import MadeUp, Noise
from rlsearch.controls.signs import SETTLED_SD, SETTLED_SHARE, choice_signs, signs
from rlsearch.controls.simulate import Floats, Integers, answer, simulate, simulate_choices
from rlsearch.search.answers import Answers

WITHIN_SHARE = 1 / 14
"""An answer this close to the optimum, as a share of the range, is a hit (0.1 on [0.3, 1.7])."""
BEST_SHARE = 0.01
"""Among choices a hit is the planted optimum, or one of the best candidates that make up this share."""


def of_decision(answers: Answers, agent: str, noise: Noise, prefix: int) -> dict[str, Any]:
    """Return the blocks `null_constant`, `null_heteroscedastic` and `planted` around one continuous decision."""
    positions = np.array([float(candidate[0]) for candidate in noise.actions])

    def sd(actions: Floats) -> Floats:
        return np.asarray(np.interp(actions, positions, noise.sd))

    def null(reward: MadeUp) -> dict[str, Any]:
        actions, rewards = _searches(simulate, answers, agent, reward)
        full = signs(actions, rewards)
        return {
            **signs(actions[:, :prefix], rewards[:, :prefix]),
            **{f"full_{name}": values for name, values in full.items()},
            "collapsed_share": float(np.mean(np.array(full["last_sd"]) < SETTLED_SD)),
            "example": actions[0].tolist(),
        }

    return {
        "null_constant": null(noise.reward(Draws(answers, "constant"))),
        "null_heteroscedastic": null(noise.reward(Draws(answers, "heteroscedastic"), sd=sd)),
        "planted": _planted_in_decision(answers, agent, noise, prefix),
    }


def _planted_in_decision(answers: Answers, agent: str, noise: Noise, prefix: int) -> dict[str, Any] | None:
    """Return how often the study's own rule (finalists on fresh noise) and a quadratic fit find a planted optimum."""
    draws, best = Draws(answers, "planted"), answers.space.optimum()
    if best is None:
        return None

    def signal(actions: Floats) -> Floats:
        return np.array([answers.space.planted((float(action),)) for action in actions])

    reward = noise.reward(draws, signal=signal)
    actions, rewards = _searches(simulate, answers, agent, reward)
    searches = list(zip(actions[:, :prefix], rewards[:, :prefix], strict=True))
    rule, earliest = answers.study.search, _earliest(answers, agent)
    reached = [float(a[answer(a, a, r, reward, rule, earliest=earliest)]) for a, r in searches]
    fits = [quadratic(a, r, draws.decision.low, draws.decision.high) for a, r in searches]
    optimum, width = float(best[0]), draws.decision.high - draws.decision.low
    within = WITHIN_SHARE * width
    return {
        "optimum": optimum,
        "within": within,
        "hit_share": _hits(reached, optimum, within),
        "hit_share_fit": _hits([None if fit is None else fit.vertex for fit in fits], optimum, within),
        # Exact where the optimum lies at least `within` away from both ends, as init-scale's does.
        "chance": min(1.0, 2 * within / width),
        "answers": reached,
    }


def _hits(answers: Sequence[float | None], optimum: float, within: float) -> float:
    return float(np.mean([answer is not None and at_most(abs(answer - optimum), within) for answer in answers]))


def of_choices(answers: Answers, agent: str, noise: Noise, prefix: int) -> dict[str, Any]:
    """Return the same blocks of a space of choices."""
    candidates = Candidates(answers.space.at(0))

    def draws(name: str) -> MadeUp:
        frozen = Frozen(name)
        return lambda actions, replicate: frozen(candidates.numbers(actions), replicate)

    def sd(actions: Integers) -> Floats:
        return noise.sd[nearest(actions, noise)]

    def null(reward: MadeUp) -> dict[str, Any]:
        actions, rewards = _searches(simulate_choices, answers, agent, reward)
        numbers = candidates.numbers(actions)
        full = choice_signs(numbers, rewards)
        return {
            **choice_signs(numbers[:, :prefix], rewards[:, :prefix]),
            **{f"full_{name}": values for name, values in full.items()},
            "collapsed_share": float(np.mean(np.array(full["distinct_share"]) <= SETTLED_SHARE)),
            "example": actions[0].tolist(),
        }

    planted = noise.reward(draws("planted"), signal=candidates.planted)
    return {
        "null_constant": null(noise.reward(draws("constant"))),
        "null_heteroscedastic": null(noise.reward(draws("heteroscedastic"), sd=sd)),
        "planted": _planted_among_choices(answers, agent, planted, candidates, prefix),
    }


def _planted_among_choices(
    answers: Answers, agent: str, reward: MadeUp, candidates: Candidates, prefix: int
) -> dict[str, Any]:
    """Return how often the study's own rule (finalists on fresh noise) finds a planted optimum.

    `answers` and `optimum` are planted rewards. A hit is an answer within `within` of the optimum: the best 1 % of
    the space, or the optimum itself where more candidates than that share it. `chance` is that of a random answer,
    `optimum_share` counts the answers that are the optimum, `signal_sd` is the spread of the planted rewards.
    """
    actions, rewards = _searches(simulate_choices, answers, agent, reward)
    actions, rewards = actions[:, :prefix], rewards[:, :prefix]
    searches = zip(candidates.numbers(actions), actions, rewards, strict=True)
    # Fresh noise comes from one generator, search by search: the order of the runs decides the numbers.
    rule, earliest = answers.study.search, _earliest(answers, agent)
    chosen = [answer(*search, reward, rule, earliest=earliest) for search in searches]
    reached = candidates.planted(actions[np.arange(len(actions)), chosen])
    values = planted_values(candidates.space)
    optimum, least = float(values.max()), hit_value(values)
    return {
        "optimum": optimum,
        "within": optimum - least,
        # `least` is rounded to 12 decimals (`hit_value`), so it may lie just above the value it stands for.
        "hit_share": float(np.mean(reached >= least - 1e-12)),
        "hit_share_fit": None,
        "optimum_share": float(np.mean(reached >= optimum - 1e-12)),
        "chance": float(np.mean(values >= least - 1e-12)),
        "signal_sd": float(values.std()),
        "answers": reached.tolist(),
    }


def _earliest(answers: Answers, agent: str) -> bool:
    return answers.study.agents[agent].answer == "first"


def _searches(
    run: Callable[..., tuple[Any, Floats]], answers: Answers, agent: str, reward: MadeUp
) -> tuple[Any, Floats]:
    """Return actions (runs, episodes, ...) and rewards (runs, episodes) of an agent's searches on a reward."""
    settings, control = answers.study.agents[agent], answers.study.controls
    kind = plugins.load("agents", settings.type).AGENT
    return run(kind, answers.space.at(0), settings, reward, episodes=control.episodes, runs=control.runs)


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
