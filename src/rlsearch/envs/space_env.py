"""Every search space as a Gymnasium environment: one episode builds one candidate, one step takes one decision."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, cast

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray

from rlsearch.envs.conventions import InfoSpec, check_render_mode, option
from rlsearch.envs.limits import Limits, check_extent, check_kind, limits
from rlsearch.errors import ActionError, SettingsError
from rlsearch.plain import plain
from rlsearch.spaces.base import Action, Actions, Choice, Continuous, Decision, Space, Spec, allowed, following

Observation = Literal["prefix", "none", "previous"]
Evaluate = Callable[[Spec, int], tuple[float, Mapping[str, Any]]]
Array = NDArray[np.float32]

START = (1.0, 0.0)
REWARD_RANGE = (-2.0, 10.0)
EMPTY = -1.0


class SpaceEnv(gymnasium.Env[Array, Any]):
    """One search space as an environment for any reinforcement learning library.

    Action: `Discrete(n)`, n the options of the widest choice, or `Box(-1, 1, (1,))` mapped to the decision's range and
    rounded as the space says. Reward: 0 until the candidate is complete, then what `evaluate` returns.
    A forbidden choice ends the episode as `invalid` with `failure_reward`; a reward that is not a finite number is
    replaced by it. Every `info` holds `action_mask` (int8, as `Discrete.sample` takes it; all zeros at the end);
    `action_masks()` returns the same as booleans, which is where MaskablePPO looks. The last `info` of an episode
    also holds `actions`, `spec`, `key` (both empty when invalid) and `status`, with whatever `evaluate` added. A key's
    values are always of one type, so that vectorized environments can join the infos; `evaluate` must keep to that.

    Observation, float32, always finite and inside its bounds:

    - `prefix`: one number for each decision up to the longest candidate: -1 before it is taken, then its value
      scaled to [0, 1].
    - `none`: the constant (1, 0). Only for spaces of one decision: there a search is a bandit without a state.
    - `previous`: (action, reward) of the last episode, clipped to the bounds [low, high] and [-2, 10]. This is what
      the environment of Yaman & Shondhani (2025) declares. It starts at (1, 0), clipped.

    A space that grows stands at the stage of trial n in episode n: the number of episodes finished since the last seed.
    The observation is padded to its last stage.

    Seeds: `reset(seed=...)` fixes everything that follows, and forgets the episodes before. The seeds passed to
    `evaluate` are drawn from the environment's generator, one an episode; a driver with seeds of its own may ignore
    them.

    Args:
        space: what can be chosen; all of its decisions are choices, or all are continuous.
        evaluate: `evaluate(spec, seed) -> (reward, info)`; its info may set `status`. Default: the space's planted
            reward, which costs nothing.
        observation: default `none` for a space of one decision, else `prefix`.
        failure_reward: the reward of an invalid candidate.
        max_decisions, max_options: see `limits`; needed only by large spaces that do not know their extent.
        render_mode: only None; there is nothing to draw.

    Raises:
        SettingsError: a mixed space, an observation that does not fit the space, a space of unknown extent, a render
            mode.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}  # type: ignore[misc]  # gymnasium: on the instance

    def __init__(
        self,
        space: Space,
        evaluate: Evaluate | None = None,
        *,
        observation: Observation | None = None,
        failure_reward: float = REWARD_RANGE[0],
        max_decisions: int | None = None,
        max_options: int | None = None,
        render_mode: str | None = None,
    ) -> None:
        check_render_mode(render_mode, self.metadata)
        self.space, self.evaluate, self.failure_reward = space, evaluate, float(failure_reward)
        self.render_mode = render_mode
        self.limits = limits(space, max_decisions, max_options)
        self.observation = observation or ("none" if self.limits.decisions == 1 else "prefix")
        self._box = _observation_space(space, self.limits, self.observation)
        self.observation_space = cast("gymnasium.Space[Array]", self._box)
        if self.limits.continuous:
            self.action_space = Box(-1.0, 1.0, (1,), np.float32)
        else:
            self.action_space = Discrete(self.limits.options)
        self._stage, self._finished = space, 0
        self._prefix: Actions = ()
        self._slots: list[float] = []
        self._decision: Decision | None = None
        self._previous = START

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """Begin an empty candidate.

        Args:
            seed: restarts the environment's generator and clears its memory; None goes on as it is.
            options: ignored; there are none.
        """
        super().reset(seed=seed)
        if seed is not None:
            self._previous, self._finished = START, 0
        # Between episodes only: a candidate is finished at the stage at which it was begun.
        self._stage = self.space.at(self._finished)
        self._prefix, self._slots = (), []
        self._decision = self._next()
        return self._observe(), {"action_mask": self._mask()}

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """Take one decision.

        Raises:
            ResetNeeded: the episode is over, or none was begun.
            ActionError: a continuous action that is not a number, or an option that is no whole number.
        """
        decision = self._decision
        if decision is None:
            raise ResetNeeded("no candidate is being built: call reset() before step()")
        value = _value(decision, action)
        self._prefix = (*self._prefix, value)
        if not allowed(decision, value):
            return self._end(self.failure_reward, {"spec": InfoSpec(), "key": "", "status": "invalid"})
        self._slots.append(_unit(decision, value, self.limits))
        self._decision = self._next()
        if self._decision is None:
            return self._end(*self._judge())
        return self._observe(), 0.0, False, False, {"action_mask": self._mask()}

    def render(self) -> None:
        """Draw nothing."""

    @property
    def actions(self) -> Actions:
        """The decisions taken in this episode; while `evaluate` runs, those of the complete candidate."""
        return self._prefix

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions are allowed now, shape (options,), or (1,) for continuous decisions."""
        return self._mask().astype(np.bool_)

    def _next(self) -> Decision | None:
        decision = following(self._stage, self._prefix)
        if decision is not None:
            check_kind(self.space, decision, self.limits.continuous)
            check_extent(self.space, decision, len(self._prefix), self.limits)
        return decision

    def _judge(self) -> tuple[float, dict[str, Any]]:
        """Return the reward and the info of the complete candidate."""
        spec = plain(self._stage.decode(self._prefix), f"{type(self.space).__name__}.decode()")
        # Drawn even where nobody asks for it, so that later episodes do not depend on `evaluate`.
        seed = int(self.np_random.integers(2**63))
        reward, extra = (self._stage.planted(self._prefix), {}) if self.evaluate is None else self.evaluate(spec, seed)
        finite = math.isfinite(reward)
        status = "ok" if finite else "diverged"
        info = {"status": status, **extra, "spec": InfoSpec(spec), "key": self._stage.key(spec)}
        return float(reward) if finite else self.failure_reward, info

    def _end(self, reward: float, info: dict[str, Any]) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        self._previous = (float(self._prefix[-1]), reward)
        # No open decision: further steps are refused until a reset.
        self._decision, self._finished = None, self._finished + 1
        return self._observe(), reward, True, False, {**info, "actions": self._prefix, "action_mask": self._mask()}

    def _observe(self) -> Array:
        if self.observation == "prefix":
            values = [*self._slots, *[EMPTY] * (self.limits.decisions - len(self._slots))]
        else:
            values = list(START if self.observation == "none" else self._previous)
        # Rounding to float32 may carry a value past the bound of its box.
        return np.clip(np.asarray(values, np.float32), self._box.low, self._box.high)

    def _mask(self) -> NDArray[np.int8]:
        mask = np.zeros(max(self.limits.options, 1), np.int8)
        if isinstance(self._decision, Choice):
            mask[: len(self._decision.mask)] = self._decision.mask
        elif self._decision is not None:
            mask[:] = 1
        return mask


def _observation_space(space: Space, extent: Limits, observation: Observation) -> Box:
    if observation == "prefix":
        return Box(EMPTY, 1.0, (extent.decisions,), np.float32)
    if observation not in ("none", "previous"):
        raise SettingsError(f"there is no observation {observation!r}", allowed="prefix, none, previous")
    if extent.decisions != 1:
        raise SettingsError(
            f"observation {observation!r} hides the decisions taken so far, of which {type(space).__name__} has up to "
            f"{extent.decisions}",
            allowed="prefix",
        )
    first = space.next(())
    low, high = (first.low, first.high) if isinstance(first, Continuous) else (0.0, max(extent.options - 1.0, 1.0))
    if observation == "none":
        low, high = min(low, START[0]), max(high, START[0])
    return Box(np.asarray([low, REWARD_RANGE[0]], np.float32), np.asarray([high, REWARD_RANGE[1]], np.float32))


def _value(decision: Decision, action: Any) -> Action:
    """Return the space's action for the environment's: an option's index, or a point of the range."""
    if isinstance(decision, Choice):
        return option(action, decision.name)
    position = float(np.asarray(action, np.float64).item())
    if math.isnan(position):
        raise ActionError(f"the action for {decision.name!r} is not a number")
    # Clipped as well: the Gaussian of an algorithm may leave the box.
    return decision.clip(decision.low + (position + 1.0) / 2.0 * (decision.high - decision.low))


def _unit(decision: Decision, value: Action, extent: Limits) -> float:
    """Return a taken action scaled to [0, 1]."""
    if isinstance(decision, Continuous):
        return (value - decision.low) / (decision.high - decision.low)
    # By the widest choice: an option's index is the same number in every decision.
    return value / max(extent.options - 1, 1)
