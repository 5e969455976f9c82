"""The controls phase: what would this agent have shown if there were nothing to find, and would it find an optimum?

Null: the reward is noise, measured on real children at fixed candidates, either the same everywhere or growing and
shrinking with the action around a flat mean; and one real search on permuted labels. Power: an optimum is planted into
the same noise at the same reward level. A ledger's spread is no measure of noise, since it contains the signal.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rlsearch import provenance, seeds
from rlsearch.config import artefacts, plugins
from rlsearch.config.models import Params
from rlsearch.data.digest import data_digest
from rlsearch.errors import RlsearchError
from rlsearch.evidence.fit import quadratic
from rlsearch.evidence.signs import SETTLED_SD
from rlsearch.evidence.simulate import Floats, RewardFunction, signs, simulate
from rlsearch.files import digest, pretty_json, write_atomic
from rlsearch.search import finalists
from rlsearch.search.identity import search_identity
from rlsearch.search.lock import exclusive
from rlsearch.search.phase import Setup, drive, setup
from rlsearch.search.store import WORK
from rlsearch.spaces.base import Continuous

MOST_LEVELS = 100_000

WITHIN_SHARE = 1 / 14
"""An answer this close to the optimum, as a share of the range, is a hit (0.1 on [0.3, 1.7])."""


class Draws:
    """Standard normal noise as a search meets it: frozen for each candidate of a run, fresh for another replicate.

    A child's seed depends on the candidate, so a scale that is proposed twice earns the same reward twice, and an agent
    can climb noise that stands still. A null with fresh noise at every proposal would look too innocent.
    """

    def __init__(self, decision: Continuous, runs: int, name: str) -> None:
        # Not named after the agent: all agents meet the same noise, so their controls can be compared.
        self.decision, self.rng = decision, seeds.generator("controls", name)
        if decision.levels > MOST_LEVELS:
            raise RlsearchError(
                f"{decision.levels} values of {decision.name} are too many for the controls' table of noise",
                where="space.digits",
                allowed=f"at most {MOST_LEVELS} distinct values",
                remedy="round to fewer digits",
            )
        self.table = self.rng.standard_normal((runs, decision.levels))

    def __call__(self, actions: Floats, replicate: int) -> Floats:
        """Return the noise of all runs (runs,) at these actions."""
        if replicate > 0:
            return self.rng.standard_normal(len(actions))
        level = np.rint((actions - self.decision.low) * 10.0**self.decision.digits).astype(int)
        return np.asarray(self.table[np.arange(len(actions)), level])


@dataclass(frozen=True)
class Noise:
    """Replicate noise at fixed candidates. `positions` are their actions, `rewards` one list of replicates each."""

    positions: Floats
    specs: list[Mapping[str, Any]]
    labels: list[str]
    rewards: list[list[float]]

    @property
    def sd(self) -> Floats:
        """Standard deviation at each candidate."""
        return np.array([statistics.stdev(values) for values in self.rewards])

    @property
    def pooled_sd(self) -> float:
        """Root mean square of the standard deviations."""
        return float(np.sqrt(np.mean(self.sd**2)))

    @property
    def pooled_mean(self) -> float:
        """Mean reward over all replicates: the level at which an agent without baseline has to work."""
        return float(np.mean(self.rewards))

    def constant(self, draws: Draws) -> RewardFunction:
        """Return a reward that does not depend on the action."""
        return lambda actions, replicate: self.pooled_mean + self.pooled_sd * draws(actions, replicate)

    def heteroscedastic(self, draws: Draws) -> RewardFunction:
        """Return a reward whose noise depends on the action while its mean is flat."""

        def reward(actions: Floats, replicate: int) -> Floats:
            sd = np.interp(actions, self.positions, self.sd)
            return np.asarray(self.pooled_mean + sd * draws(actions, replicate))

        return reward


def run(params: Params, study: str, agent: str, root: Path = Path(".")) -> None:
    """Measure the noise, simulate the controls of one agent and write results/controls/<study>/<agent>.json."""
    made = setup(params, study, root)
    control, chosen = made.study.controls, made.study.agents[agent]
    kind = plugins.load("agents", chosen.type).AGENT
    noise = _noise(study, made)
    prefix = min(made.study.search.trials, control.episodes)
    identity = search_identity(params, study, agent, 0, made.task_digest)
    result = {
        "study": study,
        "agent": agent,
        "learns": kind.learns,
        "episodes": control.episodes,
        "runs": control.runs,
        "prefix": prefix,
        "noise": _noise_block(noise, control.replicates),
        "null_constant": _null(made, agent, noise.constant(_draws(made, "constant")), prefix),
        "null_heteroscedastic": _null(made, agent, noise.heteroscedastic(_draws(made, "heteroscedastic")), prefix),
        "planted": _planted(made, agent, noise, prefix),
        "permuted_labels": None,
        "provenance": provenance.record(
            params,
            data=data_digest(made.data),
            code=identity["code"],
            settings=digest([identity, control.model_dump(mode="json")]),
        ),
    }
    if control.permuted_labels and kind.learns:
        result["permuted_labels"] = _permuted(params, study, agent, root)
    write_atomic(root / artefacts.controls_file(study, agent), pretty_json(result))


def _draws(made: Setup, name: str) -> Draws:
    return Draws(_decision(made), made.study.controls.runs, name)


def _decision(made: Setup) -> Continuous:
    decision = made.space.next(())
    if not isinstance(decision, Continuous):
        raise RlsearchError(
            "these controls are for a space of one continuous decision",
            where=f"space.type = {made.study.space.type}",
        )
    return decision


def _noise(study: str, made: Setup) -> Noise:
    control = made.study.controls
    actions = made.space.spread(control.actions)
    specs = [made.space.decode(one) for one in actions]
    chosen = [(made.space.key(spec), spec, 0.0) for spec in specs]
    with made.evaluator(study, 0, 1) as evaluator:
        measured = finalists.evaluate_again(chosen, evaluator, made.reward, control.replicates, "replicate")
    positions = np.array([float(one[0]) for one in actions])
    labels = [made.space.describe(spec) for spec in specs]
    return Noise(positions, [dict(spec) for spec in specs], labels, [list(one.rewards) for one in measured])


def _noise_block(noise: Noise, replicates: int) -> dict[str, Any]:
    return {
        "actions": noise.specs,
        "labels": noise.labels,
        "mean": [statistics.fmean(values) for values in noise.rewards],
        "sd": noise.sd.tolist(),
        "replicates": replicates,
        "pooled_sd": noise.pooled_sd,
        "pooled_mean": noise.pooled_mean,
    }


def _simulate(made: Setup, agent: str, reward: RewardFunction) -> tuple[Floats, Floats]:
    chosen, control = made.study.agents[agent], made.study.controls
    kind = plugins.load("agents", chosen.type).AGENT
    return simulate(kind, made.space, chosen, reward, episodes=control.episodes, runs=control.runs)


def _null(made: Setup, agent: str, reward: RewardFunction, prefix: int) -> dict[str, Any]:
    """Return the signs at the real searches' length, which an agent that ignores its horizon passes on its way."""
    actions, rewards = _simulate(made, agent, reward)
    full = signs(actions, rewards)
    collapsed = float(np.mean(np.array(full["last_sd"]) < SETTLED_SD))
    return {
        **signs(actions[:, :prefix], rewards[:, :prefix]),
        **{f"full_{name}": values for name, values in full.items()},
        "collapsed_share": collapsed,
        "example": actions[0].tolist(),
    }


def _planted(made: Setup, agent: str, noise: Noise, prefix: int) -> dict[str, Any] | None:
    """Return how often the study's own rule (finalists on fresh noise) and a quadratic fit find a planted optimum."""
    decision, draws = _decision(made), _draws(made, "planted")
    optimum = getattr(made.space, "planted_optimum", None)
    if optimum is None:
        return None

    def reward(actions: Floats, replicate: int) -> Floats:
        shape = np.array([made.space.planted((float(action),)) for action in actions])
        return np.asarray(noise.pooled_mean + shape + noise.pooled_sd * draws(actions, replicate))

    actions, rewards = _simulate(made, agent, reward)
    actions, rewards = actions[:, :prefix], rewards[:, :prefix]
    search = made.study.search
    searches = list(zip(actions, rewards, strict=True))
    answers = [_best_again(a, r, reward, search.finalists, search.replicates) for a, r in searches]
    fitted = [_vertex(a, r, decision) for a, r in searches]
    width = decision.high - decision.low
    within = WITHIN_SHARE * width
    return {
        "optimum": optimum,
        "within": within,
        "hit_share": _hits(answers, optimum, within),
        "hit_share_fit": _hits(fitted, optimum, within),
        "chance": min(1.0, 2 * within / width),
        "answers": answers,
    }


def _best_again(actions: Floats, rewards: Floats, reward: RewardFunction, count: int, replicates: int) -> float:
    """Return a simulated search's answer by the rule of `finalists.candidates`: repeated candidates are averaged."""
    candidates, position = np.unique(actions, return_inverse=True)
    means = np.bincount(position, rewards) / np.bincount(position)
    best = candidates[np.argsort(-means, kind="stable")[:count]]
    again = [float(reward(np.repeat(action, replicates), 1).mean()) for action in best]
    return float(best[int(np.argmax(again))])


def _vertex(actions: Floats, rewards: Floats, decision: Continuous) -> float | None:
    fit = quadratic(actions, rewards, decision.low, decision.high)
    return None if fit is None else fit.vertex


def _hits(answers: Sequence[float | None], optimum: float, within: float) -> float:
    return float(np.mean([answer is not None and abs(answer - optimum) <= within for answer in answers]))


def _permuted(params: Params, study: str, agent: str, root: Path) -> dict[str, Any]:
    """Run one real search whose labels are shuffled: any rise in reward is an artefact of the agent."""
    made = setup(params, study, root, permuted=True)
    identity = search_identity(params, study, agent, 0, made.task_digest)
    work = root / WORK / "controls" / study / agent / digest(identity)[:16]
    with exclusive(work), made.evaluator(study, 0, params.runtime.workers) as evaluator:
        _, trials = drive(params, made, identity, work, evaluator)
    actions = np.array([[float(trial.actions[0]) for trial in trials]])
    rewards = np.array([[trial.reward for trial in trials]])
    shown = {name: values[0] for name, values in signs(actions, rewards).items()}
    return {**shown, "actions": actions[0].tolist(), "rewards": rewards[0].tolist()}
