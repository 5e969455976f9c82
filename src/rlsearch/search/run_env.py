"""The driver of agents whose library runs the loop: every episode of the environment is one trial.

The journal is the only state. A search that starts again lets the algorithm learn again, from the same seed, in an
environment that answers recorded trials from the journal; it therefore passes through the same states as before,
faster. No snapshots are kept: a saved algorithm would lack its generators, its buffers and the episode under way.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
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


class _Refused(BaseException):  # no error, and no Exception, which a library or an own agent might catch
    """The search ends: the candidate of the present episode does not fit into what is left."""


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
        self.account = self.limit.account()
        if self.account.open:
            # Where a candidate is refused, the algorithm is left in the middle of its loop: it has no say any more.
            with suppress(_Refused):
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
                learn(self._algorithm, lambda: self.account.open, agent=self.agent)

    def _answer(self, spec: Spec, seed: int) -> tuple[float, Mapping[str, Any]]:
        """Return the reward of the episode's candidate, recorded or evaluated now; the environment's seed is unused.

        Raises:
            _Refused: the limit does not pay for it.
        """
        with self._generators.outside():
            if not (fitting := self._fitting(self._index, [Proposal(self._env.actions)])):
                raise _Refused
            (entry,) = self._outcomes(self._index, fitting)
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
