"""Spaces of choices that are small enough to enumerate, and what a controller says about all their candidates."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from rlsearch import seeds
from rlsearch.agents import lstm_actor_critic, lstm_ppo, lstm_reinforce, mlp_reinforce
from rlsearch.agents._controller_learner import Learner
from rlsearch.policies.unroll import Unrolled
from rlsearch.spaces._layered_settings import Depth, LayeredSettings
from rlsearch.spaces.base import Action, Actions, Choice, Decision, Space, Spec
from rlsearch.spaces.layered_cnn import LayeredCNN


class Toy(Space):
    """What the spaces below share: a candidate is its own spec."""

    def decode(self, actions: Actions) -> Spec:
        return {"actions": list(actions)}

    def spread(self, count: int) -> list[Actions]:
        return list(self.enumerate())[:count]

    def planted(self, actions: Actions) -> float:
        return worth(actions)


class Ragged(Toy):
    """Up to three steps of four options. 0 ends; it comes neither first nor after 3. No option comes twice in a row."""

    def next(self, prefix: Actions) -> Decision | None:
        if len(prefix) == 3 or (prefix and prefix[-1] == 0):
            return None
        last = prefix[-1] if prefix else 0
        mask = tuple(option != last and (option != 0 or last != 3) for option in range(4))
        return Choice(f"step {len(prefix) + 1}", ("end", "a", "b", "c"), mask, "step", len(prefix))


class Mixed(Toy):
    """What is asked second depends on the first answer: two widths, two of four depths, or nothing more."""

    def next(self, prefix: Actions) -> Decision | None:
        if not prefix:
            return Choice("form", ("wide", "deep", "none"), (True, True, True))
        if len(prefix) == 1 and prefix[0] == 0:
            return Choice("width", (32, 64), (True, True))
        if len(prefix) == 1 and prefix[0] == 1:
            return Choice("depth", (2, 3, 4, 5), (False, True, True, False))
        if prefix[0] == 2 or len(prefix) == 4:
            return None
        return Choice("tail", ("x", "y"), (True, prefix[0] == 0))


class LateSkip(Toy):
    """Only a candidate that the first walk through the space does not meet is asked what feeds what."""

    def next(self, prefix: Actions) -> Decision | None:
        if not prefix:
            return Choice("form", ("chain", "graph"), (True, True))
        if prefix == (1,):
            return Choice("2 from 1", (0, 1), (True, True), "skip", 1, 0)
        return None


def layered(layers: int = 2, skips: bool = False, grow: bool = False) -> LayeredCNN:
    """Return layers of two kernels and two filters; `grow`: one more layer every 20 trials, up to 4."""
    depth = Depth(step=1, every=20, most=4) if grow else None
    return LayeredCNN(
        LayeredSettings(layers=layers, kernels=(1, 3), filters=(24, 36), strides=(1,), skips=skips, depth=depth)
    )


TOYS: dict[str, Space] = {
    "layered": layered(),
    "skips": layered(3, skips=True),
    "ragged": Ragged(),
    "mixed": Mixed(),
    "late-skip": LateSkip(),
}

MODULES: dict[str, Any] = {
    "lstm-reinforce": lstm_reinforce,
    "lstm-actor-critic": lstm_actor_critic,
    "lstm-ppo": lstm_ppo,
}


PUBLISHED: dict[str, Any] = {
    **{"baseline": "max", "average_first": True, "dead_zone": 0.05, "loss": "untempered"},
    **{"clip": "tensor", "clip_norm": 6.0},
}
"""The rules of the source's controller (`mlp-reinforce`)."""


def settings(agent: str = "lstm-reinforce", **changes: Any) -> Any:
    """Return settings of a small network whose first policy is far from uniform."""
    if agent == "mlp-reinforce":
        return mlp_reinforce.SETTINGS(**{**mlp_reinforce.TEST_SETTINGS, "clip_norm": 5.0, "hidden": 6, **changes})
    return MODULES[agent].SETTINGS(**{"hidden": 6, "embedding": 4, "init_range": 2.0, **changes})


def learner(space: Space, agent: str = "lstm-reinforce", runs: int = 1, seed: int = 1, **changes: Any) -> Learner:
    """Return a learner with the small network."""
    return Learner(space, settings(agent, **changes), runs, seed)


def padded(candidates: list[Actions]) -> tuple[np.ndarray, np.ndarray]:
    """Return actions (1, candidates, longest), padded with 0, and lengths (1, candidates)."""
    longest = max(len(candidate) for candidate in candidates)
    actions = np.zeros((1, len(candidates), longest), np.int64)
    for row, candidate in enumerate(candidates):
        actions[0, row, : len(candidate)] = candidate
    return actions, np.array([[len(candidate) for candidate in candidates]])


def everything(made: Learner, space: Space) -> tuple[list[Actions], Unrolled]:
    """Return all candidates of a space and what a learner of one run says about them."""
    candidates = list(space.enumerate())
    return candidates, made.walk(space, *padded(candidates))


def probabilities(walk: Unrolled) -> torch.Tensor:
    """Return the probability of each followed candidate, (candidates,)."""
    return walk.log_prob.sum(2).exp()[0]


def worth(actions: tuple[Action, ...]) -> float:
    """Return an arbitrary reward in [0, 1) that depends on all actions of a candidate."""
    return float(seeds.generator("test", "worth", *(int(action) for action in actions)).random())
