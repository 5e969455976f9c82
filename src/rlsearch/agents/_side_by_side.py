"""Many searches of a library that runs its own loop, in lock step: each waits for its reward while the others catch up.

Every search has a thread of its own, since its loop cannot be left in the middle in any other way. Only one of them
ever runs: it takes over the global generators with the turn, so the order of turns changes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from rlsearch.agents._choices import continuous
from rlsearch.agents._sb3 import learn
from rlsearch.envs.space_env import SpaceEnv
from rlsearch.errors import locating
from rlsearch.spaces._rows import PADDING
from rlsearch.spaces.base import LAST_TRIAL, Actions, Space, Spec
from rlsearch.training.generators import Generators

Rewards = Callable[[NDArray[Any]], NDArray[np.float64]]


class Starter(Protocol):
    """What is asked of an agent here (see `EnvAgent`)."""

    space: Space
    seed: int

    def start(self, env: Any, seed: int) -> Any:
        """Return the algorithm that a search runs."""


def side_by_side(agents: Sequence[Starter], reward: Rewards, episodes: int) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return actions (runs, episodes, decisions) and rewards float64 (runs, episodes) of one search an agent.

    Actions are int64, those of a shorter candidate than the longest end in -1; or float64 in a continuous space.

    Args:
        reward: maps the actions of all runs, (runs, decisions), to rewards (runs,); called once an episode.
    """
    kind = np.float64 if continuous(agents[0].space) else np.int64
    runs = [_Run(agent, episodes) for agent in agents]
    actions, rewards = [], []
    try:
        candidates = [run.turn(None) for run in runs]
        for _ in range(episodes):
            actions.append(_padded(candidates, agents[0].space, kind))
            rewards.append(np.asarray(reward(actions[-1]), dtype=np.float64))
            candidates = [run.turn(float(earned)) for run, earned in zip(runs, rewards[-1], strict=True)]
    finally:
        for run in runs:
            run.end()
    return np.stack(actions, axis=1), np.stack(rewards, axis=1)


def _padded(candidates: Sequence[Actions | None], space: Space, kind: Any) -> NDArray[Any]:
    """Return candidates, of which none is missing, as one array (runs, decisions) of the same width every time."""
    # The environment grows as the space does.
    longest = 0 if continuous(space) else space.at(LAST_TRIAL).longest
    rows = [tuple(actions or ()) for actions in candidates]
    return np.asarray([(*actions, *[PADDING] * (longest - len(actions))) for actions in rows], dtype=kind)


class _Ended(BaseException):
    """Unwinds a loop whose reward will never come; no library catches it."""


class _Run(threading.Thread):
    """One search, which stands still whenever it is not its turn."""

    def __init__(self, agent: Starter, episodes: int) -> None:
        # A daemon: a search that waits for a reward must not keep the process from ending.
        super().__init__(daemon=True)
        self.agent, self.episodes, self.left = agent, episodes, episodes
        self._generators = Generators(agent.seed)
        self._rewards: SimpleQueue[float | _Ended] = SimpleQueue()
        self._proposals: SimpleQueue[Actions | BaseException | None] = SimpleQueue()

    def turn(self, reward: float | None) -> Actions | None:
        """Tell the reward of the last candidate (None at first) and return the next one; None after the last."""
        # The global generators belong to the process, so the thread draws from those that are put in place here.
        with self._generators:
            if reward is None:
                self.start()
            else:
                self._rewards.put(reward)
            proposal = self._proposals.get()
        if isinstance(proposal, BaseException):
            raise proposal
        return proposal

    def end(self) -> None:
        """Stop the thread if it is still waiting for a reward."""
        if self.is_alive():
            self._rewards.put(_Ended())
            self.join()

    def run(self) -> None:
        """Let the algorithm learn; whatever it raises is raised again by `turn`."""
        torch.set_num_threads(1)  # a setting of each thread
        try:
            self._env = SpaceEnv(self.agent.space, self._evaluate)
            with locating(lambda: f"trial {self.episodes - self.left}"):
                learn(self.agent.start(self._env, self.agent.seed), lambda: self.left > 0, agent=self.agent)
        except _Ended:
            return
        except BaseException as error:  # raised again where the caller can see it
            self._proposals.put(error)
        else:
            self._proposals.put(None)

    def _evaluate(self, spec: Spec, seed: int) -> tuple[float, dict[str, Any]]:
        self.left -= 1
        self._proposals.put(self._env.actions)
        reward = self._rewards.get()
        if isinstance(reward, _Ended):
            raise reward
        return reward, {}
