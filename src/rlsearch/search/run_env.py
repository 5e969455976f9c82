"""The driver of agents whose library runs the loop: every episode of the environment is one trial.

The journal is the only state. A search that starts again lets the algorithm learn again, from the same seed, in an
environment that answers recorded trials from the journal; it therefore passes through the same states as before,
faster. No snapshots are kept: a saved algorithm would lack its generators, its buffers and the episode under way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

from rlsearch.agents._env_agent import EnvAgent
from rlsearch.agents._sb3 import diagnostics, learn
from rlsearch.agents.base import Agent, Proposal
from rlsearch.errors import SettingsError, locating
from rlsearch.search.ask_tell import AskTell
from rlsearch.search.driver import Driver, Parts
from rlsearch.search.journal import Entry
from rlsearch.spaces.base import Spec


@dataclass(kw_only=True)
class RunEnv(Driver):
    """One search of an agent that drives an environment.

    With `accept_recorded` the record keeps its proposals and the algorithm hears their rewards, though it learns them
    for the actions that it took itself: such a search is never marked bit-exact.

    Args:
        agent: who chooses.
    """

    agent: EnvAgent

    def run(self) -> list[Entry]:
        """Return all trials in the order in which their episodes ended.

        Raises:
            SearchStopped: too many children failed.
            ResumeError: a recorded proposal differs from the algorithm's.
            RlsearchError: the algorithm took a forbidden action, or its policy has overflowed.
        """
        if self._room() > 0:
            self._learn()
        return self._recorded()

    def _learn(self) -> None:
        from rlsearch.envs.space_env import SpaceEnv
        from rlsearch.training.generators import Generators

        self._env = SpaceEnv(self.space, self._answer)
        self._generators = Generators(self.agent.seed)
        with self._generators:
            self._algorithm = self.agent.start(self._env, self.agent.seed)
            with locating(self._where):
                learn(self._algorithm, lambda: self._room() > 0, agent=self.agent)

    def _answer(self, spec: Spec, seed: int) -> tuple[float, Mapping[str, Any]]:
        """Return the reward of the episode's candidate, recorded or evaluated now; the environment's seed is unused."""
        with self._generators.outside():
            (proposal,) = self._as_recorded(self._index, [Proposal(self._env.actions)])
            (entry,) = self._outcomes(self._index, [proposal])
            self._told([entry], diagnostics(self._algorithm))
            return self._earned(entry), {"status": entry.outcome.status}


def driver_of(agent: Agent | EnvAgent, *, batch: int, **parts: Unpack[Parts]) -> AskTell | RunEnv:
    """Return the driver that an agent needs; `parts` are the arguments that both take.

    Raises:
        SettingsError: a batch for an agent that proposes one candidate after the other.
    """
    if isinstance(agent, EnvAgent):
        if batch != 1:
            raise SettingsError(
                f"{type(agent).__name__} cannot propose {batch} candidates at a time", allowed="batch = 1"
            )
        return RunEnv(agent=agent, **parts)
    return AskTell(agent=agent, batch=batch, **parts)
