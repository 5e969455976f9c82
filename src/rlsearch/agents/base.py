"""Who chooses: a policy and an update rule behind ask and tell."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from rlsearch.spaces.base import Actions, Space


@dataclass(frozen=True)
class Proposal:
    """A candidate that an agent wants evaluated.

    `replicate` asks for another child seed of the same candidate; `info` (finite numbers, such as the policy's mean)
    goes into the ledger.
    """

    actions: Actions
    replicate: int = 0
    info: Mapping[str, float] = field(default_factory=dict)


class Agent(ABC):
    """Chooses candidates and learns from their rewards. Runs on the CPU with one thread.

    An agent is a pure function of (space, settings, seed) and of the rewards it was told: asked again in the same
    order it proposes the same, which is what resume rests on.

    Attributes:
        space: the space at its present stage, where an agent keeps one; see `enter`.
        learns: whether rewards change later proposals.
        knows_horizon: whether the number of trials shapes the proposals (then it is part of the search's identity,
            and a longer search is a new one).
        heeds_learning: whether `simulate` and `simulate_choices`, which train many runs at once, heed
            `learning: false`. It speaks for the methods of the class that declares it and of its bases; a subclass
            with such a method of its own declares it again. Twins of all others are simulated run by run.
        tabular: whether what it has learnt is a table (see `learnt`).
    """

    space: Space
    learns: ClassVar[bool] = False
    knows_horizon: ClassVar[bool] = False
    heeds_learning: ClassVar[bool] = False
    tabular: ClassVar[bool] = False
    driver: ClassVar[Literal["ask-tell", "env"]] = "ask-tell"

    def enter(self, space: Space) -> None:
        """Take note of the space from which the next proposals come.

        Called before every ask with `space.at(n)`, n the number of trials proposed so far: the same object until a
        space that grows has reached its next stage. By default it becomes the agent's `space`, if it has one; an
        agent that derives more from its space than that overrides this. A state is loaded at the stage that was
        entered last when it was taken.
        """
        if hasattr(self, "space"):
            self.space = space

    @abstractmethod
    def ask(self, count: int) -> list[Proposal]:
        """Return up to `count` proposals; an empty list means that the agent has nothing more to propose."""

    @abstractmethod
    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Learn from the rewards of the last ask's proposals, in asking order; return finite diagnostics.

        All of them are told, except at the end of a search, whose last batch is cut where the budget ends.
        """

    def watch(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Take note of the rewards without learning, which is all that a never-updated twin does.

        What goes on while nothing is learnt belongs here: a schedule of exploration, or an earlier reward at which the
        policy looks. By default there is no such thing.
        """
        return {}

    @abstractmethod
    def state_dict(self) -> dict[str, Any]:
        """Return all state (generators too) as nested dicts of tensors, arrays as lists, and JSON values."""

    @abstractmethod
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue exactly where `state_dict` was taken."""

    def learnt(self) -> Any:
        """Return what the agent has learnt, as JSON holds it: a search writes it beside its ledger (`learnt.json`).

        None: nothing. Where the agent is `tabular`, the key `q_table` holds `{"columns": [...], "rows": [[...], ...]}`,
        which becomes `q-table.csv`. The columns `state`, `option` and `q` are needed, and `depth` (from 0) for figures
        by decision; `greedy`, with `label`, `reward` and `states`, is shown by `rlsearch q-table`. Asked at the end of
        a search, and never of a never-updated twin.
        """
        return None

    @classmethod
    def tells_learnt(cls) -> bool:
        """Tell whether the class defines `learnt`: its searches then have files of it, whatever it returns."""
        return cls.learnt is not Agent.learnt

    @classmethod
    def supports(cls, space: Space) -> bool:
        """Tell whether the agent can search this space."""
        return True


class LearningAgent(Agent):
    """One that keeps all it has learnt in `learner`, which can be saved and restored."""

    learns: ClassVar[bool] = True
    learner: Any

    def state_dict(self) -> dict[str, Any]:
        """Return the learner's weights, optimizers, generator, baseline and counters."""
        return dict(self.learner.state_dict())

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.learner.load_state_dict(state)


class FixedAgent(Agent):
    """One whose proposals follow from the seed alone, whatever the rewards are."""

    def tell(self, proposals: Sequence[Proposal], rewards: Sequence[float]) -> Mapping[str, float]:
        """Learn nothing."""
        return {}


class CountingAgent(FixedAgent):
    """One whose next proposal follows from the number of those before it."""

    position: int = 0

    def state_dict(self) -> dict[str, Any]:
        """Return the number of proposals so far."""
        return {"position": self.position}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore it."""
        self.position = int(state["position"])
