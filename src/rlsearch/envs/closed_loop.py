"""Any closed loop as a Gymnasium environment: one episode is one training run, one step some epochs of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, cast

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from rlsearch.envs.conventions import InfoSpec, check_render_mode, option
from rlsearch.errors import ActionError
from rlsearch.measures import ACCURACY, Measure
from rlsearch.spaces.base import planted_option
from rlsearch.spaces.closed_loop import ClosedLoop
from rlsearch.training.observation import LOSS_LIMIT, Measured, Weights, bounds, observe

Array = NDArray[np.float32]

WEIGHTS = Weights(gain=1.0, loss=0.1, cost=0.01, final=1.0)
"""The package's choice of the reward's weights, which the source does not give."""


@dataclass(frozen=True)
class Answer:
    """What a child says after a step.

    Attributes:
        level: on the validation data, in the measure of the environment; loss: there (nats).
        cost: of the step, in steps of plain SGD (2 for SAM, which passes twice).
        diverged: a loss was not finite; early: early stopping triggered before its last step.
    """

    level: float
    loss: float
    cost: float = 1.0
    diverged: bool = False
    early: bool = False


class Child(Protocol):
    """One training run, step by step."""

    def step(self, label: str) -> Answer:
        """Train one step with the option of this label."""


class ClosedLoopEnv(gymnasium.Env[Array, np.int64]):
    """Which option trains the next step of a network, seen its progress so far (Pham 2024: of optimizers).

    Action: `Discrete(options)`. Observation: float32 (5 + options,), finite and inside its bounds (see
    `training.observation`): accuracy, loss / 2, their changes, the share of steps done, the last action one-hot.
    Reward of a step: w_gain x gain in accuracy + w_loss x fall of the loss - w_cost x cost; at the end of the run
    w_final x accuracy on top. Of a task with another measure its merit stands for the accuracy: minus the loss where
    that is the measure. The run ends after the space's steps (`terminated`), when early stopping triggers
    (`truncated`), or when it diverges (`terminated`, status "diverged", the reward is `failure_reward`).

    The last `info` of an episode holds `actions`, `status`, `spec` and `key` of the schedule that was taken (as far as
    it came), and `return`. The child is made at the first step after a reset, so that a library which
    resets once more than it plays trains nothing in vain.

    Args:
        space: options and number of steps.
        start: makes the child of an episode from its number (from 0, counted since the last seed) and a seed drawn
            from the environment's generator. Default: made-up learning curves with a planted best schedule.
        optimizers: the labels among which to choose, in the order of the actions; default: all of the space.
        measure: what the levels of the answers are; weights: of the reward.
        outputs: answers that a network chooses from, for the state before the first step.
        failure_reward: the reward of the step in which a child diverges.
        render_mode: only None; there is nothing to draw.

    Raises:
        ValueError: a label that the space does not have.
        SettingsError: a render mode.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}  # type: ignore[misc]  # gymnasium: on the instance

    def __init__(
        self,
        space: ClosedLoop,
        start: Callable[[int, int], Child] | None = None,
        *,
        optimizers: tuple[str, ...] | None = None,
        measure: Measure = ACCURACY,
        weights: Weights = WEIGHTS,
        outputs: int = 10,
        failure_reward: float = -2.0,
        render_mode: str | None = None,
    ) -> None:
        check_render_mode(render_mode, self.metadata)
        self.space = space
        self.labels = self.space.labels if optimizers is None else tuple(optimizers)
        if unknown := [label for label in self.labels if label not in self.space.labels]:
            raise ValueError(
                f"no {space.option_kind} {unknown[0]!r} in the space; it has {', '.join(self.space.labels)}"
            )
        self.start = start or (lambda number, seed: PlantedChild(self.space, self.labels, seed, self.measure))
        self.measure, self.weights, self.outputs, self.failure_reward = measure, weights, outputs, float(failure_reward)
        self.render_mode = render_mode
        low, high = bounds(measure, len(self.labels))
        self.observation_space = cast("gymnasium.Space[Array]", Box(low, high, dtype=np.float32))
        self.action_space = cast("gymnasium.Space[np.int64]", Discrete(len(self.labels)))
        self._episode, self._seed = 0, 0
        self._child: Child | None = None
        self._seen: list[Measured] = []
        self._actions: list[int] = []
        self._return = 0.0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """Begin a training run.

        Args:
            seed: restarts the environment's generator and the count of episodes; None goes on as it is.
            options: ignored; there are none.
        """
        super().reset(seed=seed)
        # A run that was never begun is begun again: libraries reset more often than they play.
        begun = self._child is not None
        self._episode = 0 if seed is not None else self._episode + begun
        self._seed = int(self.np_random.integers(2**63))
        self._child, self._actions, self._return = None, [], 0.0
        self._seen = [Measured.untrained(self.measure, self.outputs)]
        return self._observe(), self._info()

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Train one step with an option.

        Raises:
            ResetNeeded: the run is over, or none was begun.
            ActionError: the action is none of the options.
        """
        if not self._seen:
            raise ResetNeeded("no network is in training: call reset() before step()")
        place = self._place(action)
        # At the first step, not at the reset: libraries reset once more than they play.
        if self._child is None:
            self._child = self.start(self._episode, self._seed)
        answer = self._child.step(self.labels[place])
        self._actions.append(self.space.labels.index(self.labels[place]))
        now = Measured.of(self.measure, answer.level, answer.loss, len(self._actions), place)
        before, self._seen = self._seen[-1], [self._seen[-1], now]
        over = answer.diverged or len(self._actions) >= self.space.steps
        reward = self.failure_reward
        if not answer.diverged:
            reward = self.weights.earned(before, now, answer.cost, last=over or answer.early)
        self._return += reward
        observation, info = self._observe(), self._info()
        if over or answer.early:
            info |= self._summary("diverged" if answer.diverged else "ok")
            self._seen = []  # refuses further steps until a reset
        # Early stopping at the last step is no cut: the run has ended in any case.
        return observation, float(reward), over, answer.early and not over, info

    def render(self) -> None:
        """Draw nothing."""

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions are allowed, shape (options,): always all, for algorithms that ask."""
        return np.ones(len(self.labels), np.bool_)

    def _place(self, action: Any) -> int:
        place = option(action, self.space.option_kind)
        if not 0 <= place < len(self.labels):
            raise ActionError(f"there is no {self.space.option_kind} {place}", allowed=f"0 to {len(self.labels) - 1}")
        return place

    def _observe(self) -> Array:
        return observe(self.measure, self._seen[0], self._seen[-1], self.space.steps, len(self.labels))

    def _info(self) -> dict[str, Any]:
        return {"action_mask": np.ones(len(self.labels), np.int8)}

    def _summary(self, status: str) -> dict[str, Any]:
        actions = tuple(self._actions)
        spec = self.space.decode(actions)
        return {
            "actions": actions,
            "status": status,
            "spec": InfoSpec(spec),
            "key": self.space.key(spec),
            "return": float(self._return),
        }


@dataclass
class PlantedChild:
    """Made-up learning curves: at step t one option is best, the planted option, and only it makes progress.

    The probability of a right answer starts at chance for ten classes and gains the same with every good choice, up
    to 0.9; the level is that of a network which guesses right so often.
    """

    space: ClosedLoop
    labels: tuple[str, ...]
    seed: int
    measure: Measure = ACCURACY
    done: int = 0
    good: int = 0
    gains: tuple[float, float] = field(default=(0.1, 0.8))

    def step(self, label: str) -> Answer:
        """Return the next point of the curve."""
        # Modulo: a policy over fewer options than the space has still finds one that is best.
        best = planted_option(self.done, self.space.plan[self.done]) % len(self.labels)
        self.good += label == self.labels[best]
        self.done += 1
        right = self.gains[0] + self.gains[1] * self.good / self.space.steps
        return Answer(self.measure.chance(right), min(-math.log(right), LOSS_LIMIT))
