"""The driver of closed loops: every step of an episode trains a child further, and the next choice may look at it.

Stable-Baselines3 runs the loop. The journal holds every step, so a search that starts again lets the algorithm learn
again, from the same seed, in an environment that answers recorded steps from the journal. An episode under way when the
process was killed is trained again up to where it stood (from a checkpoint where there is one), then goes on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Protocol

from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents._sb3 import diagnostics, learn
from rlsearch.agents.base import Proposal
from rlsearch.errors import RlsearchError, locating
from rlsearch.measures import Measure
from rlsearch.search.driver import Driver
from rlsearch.search.journal import Entry, StepTaken
from rlsearch.search.ledger import level_and_loss
from rlsearch.search.out_of_memory import is_out_of_memory, out_of_memory
from rlsearch.spaces.closed_loop import ClosedLoop, loop_of
from rlsearch.training.outcome import Outcome, Step, UnfitError, outcome_of

if TYPE_CHECKING:
    from rlsearch.envs.closed_loop import Answer
    from rlsearch.training.observation import Weights

log = logging.getLogger(__name__)


class StepwiseChild(Protocol):
    """One child in training, or its record in a table."""

    def catch_up(self, labels: list[str]) -> None:
        """Bring a new child to where these steps lead."""

    def step(self, label: str) -> Step:
        """Train one step."""

    @property
    def out_of_patience(self) -> bool:
        """Whether early stopping ends the run here."""

    def end(self) -> None:
        """Forget what was kept to go on."""


@dataclass(kw_only=True)
class RunControl(Driver):
    """One search of a policy that chooses at every step.

    Args:
        agent: who chooses; space: a closed loop.
        measure: of the task: what its steps are measured by.
        start: makes the child of an episode from its number.
        weights: of the reward; outputs: how many answers the networks choose from.
        step_flops: cost of one step of plain SGD, the unit of the reward's cost.
        optimizers: the labels among which the agent chooses; None = all of the space.
    """

    agent: EnvAgent
    measure: Measure
    start: Callable[[int], StepwiseChild]
    weights: Weights
    outputs: int
    step_flops: int
    optimizers: tuple[str, ...] | None = None

    @cached_property
    def loop(self) -> ClosedLoop:
        """The space, as the closed loop that it is."""
        return loop_of(self.space)

    def run(self) -> list[Entry]:
        """Return all episodes in order; afterwards `learned` holds the frozen policy, unless nothing trained.

        Raises:
            SearchStopped: too many children failed.
            ResumeError: a recorded choice differs from the algorithm's.
            PolicyError: the policy has overflowed.
        """
        from rlsearch.envs.closed_loop import ClosedLoopEnv
        from rlsearch.training.generators import Generators

        self.account = self.limit.account()
        env = ClosedLoopEnv(
            self.loop,
            lambda number, seed: _Journalled(self, self._index),
            optimizers=self.optimizers,
            measure=self.measure,
            weights=self.weights,
            outputs=self.outputs,
            failure_reward=self.reward(Outcome("diverged")),
        )
        self.generators = Generators(self.agent.seed)
        with self.generators:
            self._algorithm = self.agent.start(env, self.agent.seed)
            self.agent.freeze(self._algorithm)  # one that cannot be read is refused before anything is trained
            with locating(self._where):
                # Asked after every step; an episode that was begun is paid for, whatever it chooses.
                learn(self._algorithm, lambda: self.account.open, self._ended, agent=self.agent)
            policy = self.agent.freeze(self._algorithm)
        recorded = self._recorded()
        if any(entry.outcome.status == "ok" for entry in recorded):
            self.learned = self.loop.learned(env.labels, policy.to_json())
        return recorded

    def _ended(self, info: Mapping[str, Any]) -> None:
        with self.generators.outside():
            index = self._index
            entry = self.journal.recorded.trials.get(index)
            if entry is None:
                taken = [self.journal.recorded.steps[index, step] for step in range(len(info["actions"]))]
                outcome = _outcome(taken, None if self.loop.patience is None else self.measure)
                notes = {"return": float(info["return"]), "steps": float(len(taken))}
                seconds = sum(step.seconds for step in taken)
                # Those of the journal, where these win over the algorithm's own (`accept_recorded`).
                actions = self.loop.actions([step.label for step in taken])
                entry = Entry(index, Proposal(actions, info=notes), outcome, seconds, False, index)
                self.journal.trial(entry)
            self._advance(entry)
            # Every episode is a candidate of its own, at one price: that of its costliest choices.
            self.account.book(str(index), None, entry.outcome, self._earned(entry))
            self._told([entry], diagnostics(self._algorithm))


def _outcome(taken: list[StepTaken], best: Measure | None) -> Outcome:
    """Return what an episode's steps amount to.

    As in every search, a child that failed has measured nothing and is not charged by what it took.
    """
    labels = tuple(step.label for step in taken)
    if taken[-1].error is not None:
        return Outcome("failed", error=taken[-1].error, schedule=labels)
    return outcome_of(taken, labels, best)


class _Journalled:
    """The child of one episode: recorded steps are answered from the journal, others trained and recorded."""

    def __init__(self, driver: RunControl, number: int) -> None:
        self.driver, self.number = driver, number
        self.taken: list[StepTaken] = []
        self.child: StepwiseChild | None = None

    def step(self, label: str) -> Answer:
        from rlsearch.envs.closed_loop import Answer

        recorded = self.driver.journal.recorded.steps.get((self.number, len(self.taken)))
        if recorded is None:
            with self.driver.generators.outside():
                recorded = self._train(label)
        elif recorded.label != label:
            if not self.driver.accept_recorded:
                raise self.driver.differs(
                    f"step {recorded.step} of trial {recorded.trial} was recorded as {recorded.label!r}, but the agent "
                    f"now chooses {label!r}"
                )
            self.driver.bit_exact = False
        self.taken.append(recorded)
        level, loss = level_and_loss(self.driver.measure, recorded.metrics)
        return Answer(level, loss, recorded.cost, recorded.diverged, recorded.early)

    def _train(self, label: str) -> StepTaken:
        began = time.perf_counter()
        taken_here = partial(StepTaken, trial=self.number, step=len(self.taken), label=label)
        try:
            child, step = self._answer(label)
        except (MemoryError, OSError, RlsearchError):
            raise  # faults of the machine or of the settings, not of the child
        except Exception as error:  # as in every search, a child that fails is recorded and the search goes on
            log.exception("a child failed: trial %d, step %d (%s)", self.number, len(self.taken), label)
            taken = taken_here(
                metrics={},
                epochs=0,
                samples=0,
                flops=0,
                cost=0.0,
                diverged=True,
                error=error.cause if isinstance(error, UnfitError) else type(error).__name__,
            )
        else:
            taken = taken_here(
                metrics=step.metrics,
                epochs=step.epochs,
                samples=step.samples,
                flops=step.flops,
                cost=step.flops / self.driver.step_flops,
                diverged=step.diverged,
                early=child.out_of_patience,
                seconds=time.perf_counter() - began,
            )
        self.driver.journal.step(taken)
        over = taken.diverged or taken.early or taken.step + 1 == self.driver.loop.steps
        # Only now that the journal has the last step: until then a killed search goes on from the child's checkpoint.
        if self.child is not None and over:
            self.child.end()
        return taken

    def _answer(self, label: str) -> tuple[StepwiseChild, Step]:
        """Return the child and what it answers; one that runs out of memory is built again and tried once more."""
        again = False
        while True:
            try:
                if self.child is None:
                    self.child = self.driver.start(self.number)
                    self.child.catch_up([step.label for step in self.taken])
                return self.child, self.child.step(label)
            except Exception as error:  # torch has no single class for running out of memory; all else is raised again
                if not (isinstance(error, MemoryError) or is_out_of_memory(error)):
                    raise
                if again:
                    raise out_of_memory(error) from error
            log.warning("a child ran out of memory; it is tried once more")
            self.child, again = None, True
