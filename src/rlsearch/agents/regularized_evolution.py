"""Regularized evolution: tournaments in a population whose oldest member dies, not its worst (Real et al. 2019)."""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from rlsearch import seeds
from rlsearch.agents.base import Agent, Proposal
from rlsearch.config.base import MOST, Count, LearnerSettings
from rlsearch.spaces.base import Action, Actions, Choice, Continuous, Decision, Space, allowed, following, uniform


class Settings(LearnerSettings):
    """`population` candidates are alive; the best of `sample` drawn from them (with replacement) is the parent."""

    type: Literal["regularized-evolution"] = "regularized-evolution"
    population: Annotated[int, Field(ge=2, le=MOST)] = 20
    sample: Count = 5

    @model_validator(mode="after")
    def _tournament_fits(self) -> Settings:
        if self.sample > self.population:
            raise ValueError(f"sample {self.sample} must be at most population {self.population}")
        return self


class RegularizedEvolution(Agent):
    """Algorithm 1 of the paper: random until `population` are proposed, then one mutation of a tournament's winner.

    All proposals of one ask see the population as the last tell left it, so a batch larger than what has been told is
    random as long as nothing is alive.
    """

    learns: ClassVar[bool] = True

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        self.space, self.settings = space, settings
        self.rng = seeds.generator("agent", "regularized-evolution", seed)
        # A full deque drops its oldest member, not its worst: what regularizes the evolution.
        self.alive: deque[tuple[Actions, float]] = deque(maxlen=settings.population)
        self.told = 0

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether candidates have several decisions: to draw the only one again is to search at random."""
        return len(space.spread(1)[0]) > 1

    def ask(self, count: int) -> list[Proposal]:
        """Return `count` candidates."""
        return [Proposal(self._candidate(self.told + offset)) for offset in range(count)]

    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Add the candidates to the population; the oldest make room. Return the mean reward of those alive."""
        evaluated = zip(proposals, rewards, strict=True)
        self.alive.extend((proposal.actions, float(reward)) for proposal, reward in evaluated)
        self.told += len(proposals)
        return {"population_reward": statistics.fmean(reward for _, reward in self.alive)} if self.alive else {}

    def state_dict(self) -> dict[str, Any]:
        """Return the generator's state and the population, oldest first."""
        alive = [[list(actions), reward] for actions, reward in self.alive]
        return {"rng": self.rng.bit_generator.state, "alive": alive, "told": self.told}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore both."""
        self.rng.bit_generator.state = state["rng"]
        self.alive.clear()
        self.alive.extend((tuple(actions), float(reward)) for actions, reward in state["alive"])
        self.told = int(state["told"])

    def _candidate(self, index: int) -> Actions:
        # Counted by proposals: those of the same ask are members to come.
        if index < self.settings.population or not self.alive:
            return self.space.sample(self.rng)
        drawn = [self.alive[i] for i in self.rng.integers(len(self.alive), size=self.settings.sample).tolist()]
        parent, _ = max(drawn, key=lambda member: member[1])
        return mutate(self.space, parent, self.rng)


def mutate(space: Space, parent: Actions, rng: np.random.Generator) -> Actions:
    """Return the parent with one decision drawn again: among the other allowed options, or from a continuous range.

    Later decisions keep their actions as far as these are still allowed, and are drawn again otherwise. A parent from
    an earlier stage of a space that grows is first completed at random.
    """
    actions, taken = _follow(space, parent, rng)
    others = [_others(decision, action) for decision, action in zip(taken, actions, strict=True)]
    # A choice with one allowed option cannot change, and drawing it would waste the mutation.
    places = [place for place, options in enumerate(others) if options is None or options]
    if not places:
        return actions
    place = places[int(rng.integers(len(places)))]
    changed = _draw(taken[place], others[place], rng)
    return _follow(space, (*actions[:place], changed, *actions[place + 1 :]), rng)[0]


def _follow(space: Space, wanted: Actions, rng: np.random.Generator) -> tuple[Actions, list[Decision]]:
    """Return the candidate that takes the wanted actions where it can and random ones elsewhere, and its decisions."""
    actions: Actions = ()
    taken: list[Decision] = []
    while (decision := following(space, actions)) is not None:
        place = len(actions)
        keep = place < len(wanted) and _answers(decision, wanted[place])
        actions = (*actions, wanted[place] if keep else uniform(decision, rng))
        taken.append(decision)
    return actions, taken


def _answers(decision: Decision, action: Action) -> bool:
    """Tell whether an action of another candidate can be kept; an option's index is no value of a continuous range."""
    return allowed(decision, action) and isinstance(action, float) == isinstance(decision, Continuous)


def _others(decision: Decision, action: Action) -> list[int] | None:
    """Return the other allowed options of a choice; None for a continuous decision, which always has others."""
    if not isinstance(decision, Choice):
        return None
    return [option for option in decision.free if option != action]


def _draw(decision: Decision, others: list[int] | None, rng: np.random.Generator) -> Action:
    return uniform(decision, rng) if others is None else others[int(rng.integers(len(others)))]


SETTINGS, AGENT = Settings, RegularizedEvolution
