"""One policy over optimizers, learned in memory on a schedule tree, and the environment in which it learns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rlsearch import seeds
from rlsearch.agents._env_agent import EnvAgent
from rlsearch.config import plugins
from rlsearch.config.base import AgentSettings
from rlsearch.config.models import StudySettings
from rlsearch.config.twins import arms
from rlsearch.envs.closed_loop import Answer, Child, ClosedLoopEnv
from rlsearch.errors import locating
from rlsearch.policies.frozen import FrozenPolicy
from rlsearch.search.budget import FlopLimit
from rlsearch.search.stepwise import TableChild, step_flops, table_column
from rlsearch.spaces.closed_loop import ClosedLoop, loop_of
from rlsearch.training.observation import Weights
from rlsearch.truth.table import TruthTable


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
    def space(self) -> ClosedLoop:
        """The schedules."""
        return loop_of(self.table.space)

    @property
    def settings(self) -> AgentSettings:
        """The agent's."""
        return arms(self.study)[self.label]

    @property
    def weights(self) -> Weights:
        """Of a step's reward."""
        return Weights(**self.study.reward.of_steps.model_dump())

    @property
    def options(self) -> tuple[str, ...]:
        """The optimizers among which the agent chooses."""
        return getattr(self.settings, "optimizers", None) or self.space.labels


class _Seen:
    """A child of the tree as the environment asks for it.

    `shown` is a schedule whose progress it shows whatever is chosen, so that choices change its cost and nothing else;
    None: it shows that of its own.
    """

    def __init__(self, problem: Problem, column: int, shown: list[int] | None) -> None:
        self.problem, self.shown, self.child = problem, shown, TableChild(problem.table, column)
        self.taken: list[int] = []

    def step(self, label: str) -> Answer:
        self.taken.append(self.problem.space.labels.index(label))
        self.child.actions = self.taken if self.shown is None else self.shown
        metrics = self.child.measured(len(self.taken))
        # A diverged training stands in the table as NaN, the only number that differs from itself.
        level, passes = self.problem.table.measure.of(metrics), self.problem.space.passes(self.taken[-1])
        return Answer(level, metrics["loss"], passes, diverged=level != level)


def learn(problem: Problem, seed: int, *, shuffled: bool = False) -> Learned:
    """Learn on the tree until the budget is spent; `shuffled`: each episode shows a schedule drawn at random."""
    learned, account = Learned(), problem.limit.account()
    rng = seeds.generator("null-tree", problem.name, seed)

    def start(number: int, _: int) -> Child:
        column = table_column(problem.table, problem.name, seed, number)
        learned.columns.append(column)
        shown = problem.table.candidates[int(rng.integers(problem.table.networks))] if shuffled else None
        return _Seen(problem, column, None if shown is None else [int(action) for action in shown])

    def ended(info: Mapping[str, Any]) -> None:
        actions = tuple(int(action) for action in info["actions"])
        learned.rows.append(problem.table.row_of(problem.space.completed(actions)))
        # Every episode is a candidate of its own, as in a real search; its reward decides nothing here.
        flops = step_flops(problem.table) * problem.space.price(actions)
        account.settle(len(learned.rows), None, 0.0, flops, trained=False)

    env = ClosedLoopEnv(
        problem.space,
        start,
        optimizers=problem.options,
        measure=problem.table.measure,
        weights=problem.weights,
        outputs=problem.table.outputs,
        failure_reward=problem.study.reward.failure,
    )
    drive(problem, seed, env, ended, lambda: account.open, learned)
    return learned


def drive(
    problem: Problem,
    seed: int,
    env: ClosedLoopEnv,
    ended: Callable[[Mapping[str, Any]], None],
    more: Callable[[], bool],
    learned: Learned,
) -> None:
    """Let the algorithm learn, and freeze its policy at the checkpoints of the curves."""
    # Here, not above: they import torch and Stable-Baselines3, which takes seconds.
    from rlsearch.agents._sb3 import diagnostics, learn
    from rlsearch.training.generators import Generators

    kind: type[EnvAgent] = plugins.load("agents", problem.settings.type).AGENT
    agent = kind(problem.space, problem.settings, seed)

    def note(info: Mapping[str, Any]) -> None:
        learned.returns.append(float(info["return"]))
        ended(info)
        count = len(learned.returns)
        # After `ended`, which books the episode: `more` then knows whether it was the last, whose policy is kept.
        if count == 1 or count % problem.every == 0 or not more():
            learned.policies[count] = agent.freeze(algorithm)

    # Stable-Baselines3 draws from the global generators of Python, NumPy and torch.
    with Generators(agent.seed):
        algorithm = agent.start(env, agent.seed)
        with locating(lambda: f"trial {len(learned.returns)}"):
            learn(algorithm, more, note, agent=agent)
        random_actions = diagnostics(algorithm).get("random_actions")
        learned.random_share = None if random_actions is None else random_actions / max(1, int(algorithm.num_timesteps))
