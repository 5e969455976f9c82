"""Policies over optimizers, learned many times in memory on a schedule tree, and what each does afterwards.

A policy is judged by what it does when frozen: it plays the trainings that are kept from all searches, choosing by what
their validation values show, and the schedules it takes there are its answer. Beside the real runs stand null runs, in
which every episode shows the progress of a schedule drawn at random, whatever was chosen, and runs on a planted
problem whose best schedule is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rlsearch import seeds
from rlsearch.agents._env_agent import EnvAgent
from rlsearch.config import plugins
from rlsearch.config.base import AgentSettings
from rlsearch.config.models import StepRewardSettings, StudySettings
from rlsearch.envs.optimizer_selection import Answer, Child, OptimizerSelectionEnv
from rlsearch.evidence import courses
from rlsearch.evidence.courses import Course
from rlsearch.evidence.repetitions import FIRST_SEED, Luck
from rlsearch.policies.frozen import FrozenPolicy
from rlsearch.search.ask_tell import FlopLimit
from rlsearch.search.trainees import TableChild, played, step_flops, table_column
from rlsearch.spaces.optimizer_selection import OptimizerSelection
from rlsearch.training.observation import Weights
from rlsearch.truth.table import TruthTable

CONTROL_RUNS = 8
"""Null and planted runs, at most as many as real ones."""


@dataclass
class Learned:
    """One run: the episodes' rows, columns and returns, and the frozen policy after so many of them."""

    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    returns: list[float] = field(default_factory=list)
    policies: dict[int, FrozenPolicy] = field(default_factory=dict)
    random_share: float | None = None

    @property
    def last(self) -> FrozenPolicy:
        """The policy when the budget was spent."""
        return self.policies[max(self.policies)]


@dataclass(frozen=True)
class Problem:
    """What all runs of an agent share."""

    study: StudySettings
    name: str
    label: str
    table: TruthTable
    judge: TruthTable
    limit: FlopLimit
    every: int

    @property
    def space(self) -> OptimizerSelection:
        """The schedules."""
        found = self.table.space
        assert isinstance(found, OptimizerSelection)
        return found

    @property
    def settings(self) -> AgentSettings:
        """The agent's."""
        return self.study.agents[self.label]

    @property
    def weights(self) -> Weights:
        """Of a step's reward."""
        return Weights(**(self.study.reward.steps or StepRewardSettings()).model_dump())

    @property
    def options(self) -> tuple[str, ...]:
        """The optimizers among which the agent chooses."""
        return getattr(self.settings, "optimizers", None) or self.space.labels


class Shuffled:
    """A child whose progress is that of a schedule drawn at random: choices change its cost and nothing else."""

    def __init__(self, table: TruthTable, column: int, rng: np.random.Generator) -> None:
        self.other = TableChild(table, column)
        self.other.actions = [int(action) for action in table.candidates[int(rng.integers(table.networks))]]
        self.taken: list[int] = []

    def step(self, label: str) -> tuple[float, float]:
        """Return (accuracy, loss) after one more step."""
        self.taken.append(self.other.space.labels.index(label))
        return self.other.measured(len(self.taken))


class _Seen:
    """The child as the environment asks for it; it remembers which schedule was taken."""

    def __init__(self, problem: Problem, child: TableChild | Shuffled) -> None:
        self.problem, self.child = problem, child
        self.actions: list[int] = []

    def step(self, label: str) -> Answer:
        self.actions.append(self.problem.space.labels.index(label))
        if isinstance(self.child, TableChild):
            self.child.actions.append(self.actions[-1])
            accuracy, loss = self.child.measured(len(self.actions))
        else:
            accuracy, loss = self.child.step(label)
        return Answer(accuracy, loss, self.problem.space.passes(self.actions[-1]), diverged=accuracy != accuracy)


def block(
    study: StudySettings, name: str, agent: str, table: TruthTable, luck: Luck, limit: FlopLimit
) -> dict[str, Any]:
    """Return the `repetitions` block of an agent that learns a policy (docs/artefacts.md)."""
    control = study.controls.repetitions
    assert control is not None
    judge = TruthTable.load(table.recipe.name, "validation", table.root, judge=True)
    problem = Problem(study, name, agent, table, judge, limit, max(1, control.trials // courses.CHECKPOINTS))
    runs = [_learn(problem, FIRST_SEED + run) for run in range(control.runs)]
    found = courses.block([_course(problem, luck, run) for run in runs], luck, control, study.search, limit.total)
    plays = [{count: play(problem, policy) for count, policy in run.policies.items()} for run in runs]
    points = found["checkpoints"]
    answers = [rows[max(rows)] for rows in plays]
    again = study.search.replicates
    controls = range(min(control.runs, CONTROL_RUNS))
    null = [_learn(problem, FIRST_SEED + run, shuffled=True) for run in controls]
    return {
        **found,
        "answers": [Counter(rows).most_common(1)[0][0] for rows in answers],
        "answer_columns": [[] for _ in runs],
        "answer_rows": answers,
        "incumbent_rows": [[_reached(rows, point) for point in points] for rows in plays],
        "flops": [
            int(cost) + again * int(np.mean(table.flops[rows]))
            for cost, rows in zip((table.flops[run.rows].sum() for run in runs), answers, strict=True)
        ],
        "returns": np.mean([run.returns[: min(len(r.returns) for r in runs)] for run in runs], axis=0).tolist(),
        "random_share": [run.random_share for run in runs],
        "null_answer_rows": [play(problem, run.last) for run in null],
        "planted_shares": [_planted(problem, FIRST_SEED + run) for run in controls],
    }


def play(problem: Problem, policy: FrozenPolicy) -> list[int]:
    """Return the rows that a frozen policy takes in the trainings kept from the searches, column by column."""
    training = problem.space.training(
        {"policy": {"kind": "learned", "optimizers": list(problem.options), "network": policy.to_json()}}
    )["training"]
    found = []
    for column in range(problem.judge.seeds):
        taken = played(problem.judge, column, training, seed=column).schedule
        actions = [problem.space.labels.index(label) for label in taken]
        found.append(problem.table.rank((*actions, *(0,) * (problem.space.steps - len(actions)))))
    return found


def _learn(problem: Problem, seed: int, *, shuffled: bool = False) -> Learned:
    """Learn on the tree until the budget is spent."""
    found, spent = Learned(), [0]
    rng = seeds.generator("null-tree", problem.name, seed)

    def start(number: int, _: int) -> Child:
        column = table_column(problem.table, problem.name, seed, number)
        child = Shuffled(problem.table, column, rng) if shuffled else TableChild(problem.table, column)
        found.columns.append(column)
        return _Seen(problem, child)

    def ended(info: Mapping[str, Any]) -> None:
        actions = tuple(int(action) for action in info["actions"])
        row = problem.table.rank((*actions, *(0,) * (problem.space.steps - len(actions))))
        found.rows.append(row)
        found.returns.append(float(info["return"]))
        spent[0] += int(sum(step_flops(problem.table) * problem.space.passes(action) for action in actions))

    env = OptimizerSelectionEnv(
        problem.space,
        start,
        optimizers=problem.options,
        weights=problem.weights,
        classes=problem.table.classes,
        failure_reward=problem.study.reward.failure,
    )
    _run(problem, seed, env, ended, lambda: problem.limit.remaining(len(found.rows), spent[0]) > 0, found)
    return found


def _run(
    problem: Problem,
    seed: int,
    env: OptimizerSelectionEnv,
    ended: Callable[[Mapping[str, Any]], None],
    more: Callable[[], bool],
    found: Learned,
) -> None:
    """Let the algorithm learn, and freeze its policy at the checkpoints of the curves."""
    from rlsearch.agents._sb3 import diagnostics, learn
    from rlsearch.training.generators import Generators

    kind: type[EnvAgent] = plugins.load("agents", problem.settings.type).AGENT
    made: Callable[..., EnvAgent] = kind
    agent = made(problem.space, problem.settings, seed)
    count = [0]

    def note(info: Mapping[str, Any]) -> None:
        ended(info)
        count[0] += 1
        if count[0] == 1 or count[0] % problem.every == 0 or not more():
            found.policies[count[0]] = agent.freeze(algorithm)

    with Generators(agent.seed):
        algorithm = agent.build(env, agent.seed)
        learn(algorithm, more, note)
        shown = diagnostics(algorithm).get("random_actions")
        found.random_share = None if shown is None else shown / max(1, int(algorithm.num_timesteps))


def _planted(problem: Problem, seed: int) -> float:
    """Return the share of the best possible return that the greedy policy reaches on the planted problem."""
    episodes = problem.limit.remaining(0, 0)
    env = OptimizerSelectionEnv(problem.space, optimizers=problem.options, weights=problem.weights)
    found, done = Learned(), [0]

    def ended(info: Mapping[str, Any]) -> None:
        done[0] += 1

    _run(problem, seed, env, ended, lambda: done[0] < episodes, found)
    return _return(env, found.last.choose) / _best_return(env)


def _return(env: OptimizerSelectionEnv, choose: Callable[[Any], int]) -> float:
    observation, _ = env.reset(seed=0)
    total, over = 0.0, False
    while not over:
        observation, reward, ended, cut, _ = env.step(choose(observation))
        total, over = total + reward, ended or cut
    return total


def _best_return(env: OptimizerSelectionEnv) -> float:
    """Return the return of the planted best choices."""
    from rlsearch.spaces.base import planted_option

    plan, width = env.space.plan, len(env.labels)
    best = iter([planted_option(step, decision) % width for step, decision in enumerate(plan)])
    return _return(env, lambda observation: next(best))


def _course(problem: Problem, luck: Luck, run: Learned) -> Course:
    rows, columns = np.array(run.rows, np.int64), np.array(run.columns[: len(run.rows)], np.int64)
    flops = np.cumsum(problem.table.flops[rows])
    return Course(rows, columns, luck.accuracy[rows, columns], luck.reward[rows, columns], flops)


def _reached(rows: Mapping[int, Sequence[int]], point: int) -> list[int]:
    """Return the rows of the last policy frozen at or before a checkpoint (before the first: that one)."""
    return list(rows[max((count for count in rows if count <= point), default=min(rows))])
