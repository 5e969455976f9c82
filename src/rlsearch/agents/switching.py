"""Schedules that switch seldom, tried one after the other: what a sweep of the best switch finds without learning."""

from __future__ import annotations

from collections.abc import Mapping
from math import comb
from typing import Annotated, Any, Literal

from pydantic import Field

from rlsearch import seeds
from rlsearch.agents.base import FixedAgent, Proposal
from rlsearch.config.base import AgentSettings
from rlsearch.spaces.base import Actions, Choice, Space, decisions

MOST_SCHEDULES = 20_000


class Settings(AgentSettings):
    """`switches`: how often a schedule may change its optimizer: 0 tries each optimizer alone, 1 also one switch."""

    type: Literal["switching"] = "switching"
    switches: Annotated[int, Field(ge=0, le=3)] = 1


class Switching(FixedAgent):
    """Proposes all schedules with few switches in random order, then all of them again on fresh seeds, and so on.

    The search re-evaluates the best on further seeds, so the switch it answers is scored on others than those that
    chose it.

    >>> from rlsearch.spaces.optimizer_selection import OptimizerSelection
    >>> agent = Switching(OptimizerSelection(), Settings(switches=0), seed=0)
    >>> sorted(proposal.actions for proposal in agent.ask(3))
    [(0, 0, 0, 0), (1, 1, 1, 1), (2, 2, 2, 2)]
    """

    def __init__(self, space: Space, settings: Settings, seed: int) -> None:
        self.space = space
        self.schedules = schedules(space, settings.switches)
        self.rng = seeds.generator("agent", "switching", seed)
        self.order: list[int] = []
        self.round = -1

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the space is one of schedules: the same choice at every step."""
        return space.closed_loop

    @classmethod
    def misfit(cls, space: Space, settings: Settings) -> tuple[str, str] | None:
        """Return the key and what is wrong with it where there are too many schedules to try."""
        steps, options = space.extent() or (1, 1)
        # k of the steps - 1 places switch; each stretch after the first takes one of the other options.
        count = sum(comb(steps - 1, k) * options * (options - 1) ** k for k in range(settings.switches + 1))
        if count <= MOST_SCHEDULES:
            return None
        return "switches", f"makes {count:,} schedules of {steps} steps, more than {MOST_SCHEDULES:,}; lower it"

    def ask(self, count: int) -> list[Proposal]:
        """Return the next `count` schedules; a new round asks for the next replicate of each."""
        proposals = []
        for _ in range(count):
            if not self.order:
                self.round += 1
                # A permutation in each round: every schedule is tried before any is tried again.
                self.order = [int(place) for place in self.rng.permutation(len(self.schedules))]
            proposals.append(Proposal(self.schedules[self.order.pop()], self.round))
        return proposals

    def state_dict(self) -> dict[str, Any]:
        """Return the generator's state, the round and what is left of it."""
        return {"rng": self.rng.bit_generator.state, "round": self.round, "order": list(self.order)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore them."""
        self.rng.bit_generator.state = state["rng"]
        self.round, self.order = int(state["round"]), [int(place) for place in state["order"]]


def schedules(space: Space, switches: int) -> list[Actions]:
    """Return all schedules with at most so many changes, in the order of their options.

    Raises:
        ValueError: there are more than 20,000.
    """
    first = space.next(())
    assert isinstance(first, Choice)
    steps = len(decisions(space, space.spread(1)[0]))
    open_ends: list[tuple[Actions, int]] = [((option,), 0) for option in range(len(first.options))]
    for _ in range(steps - 1):
        open_ends = [
            ((*prefix, option), changes + (option != prefix[-1]))
            for prefix, changes in open_ends
            for option in range(len(first.options))
            if changes + (option != prefix[-1]) <= switches
        ]
        if len(open_ends) > MOST_SCHEDULES:
            raise ValueError(
                f"there are more than {MOST_SCHEDULES} schedules of {steps} steps with {switches} switches"
            )
    return [prefix for prefix, _ in open_ends]


SETTINGS, AGENT = Settings, Switching
